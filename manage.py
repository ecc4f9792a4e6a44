#!/usr/bin/env python
"""Django's command line for Punchweight."""

import os
import sys

NO_TABLES = ("no such table", "does not exist")  # as SQLite and PostgreSQL say it


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evalsite.settings")
    from django.core.management import execute_from_command_line
    from django.db import OperationalError, ProgrammingError

    try:
        execute_from_command_line(sys.argv)
    except (OperationalError, ProgrammingError) as error:
        if not any(said in str(error) for said in NO_TABLES):
            raise
        reason = str(error).splitlines()[0]
        sys.exit(f"The database lacks a table ({reason}). Bring it up to date first: python manage.py migrate")


if __name__ == "__main__":
    main()
