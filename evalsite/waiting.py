"""Let the web server of `make run` load while the launcher makes tables and static files."""

import os
from importlib import import_module

# The pipe whose other end the launcher closes once everything is prepared.
WAITS_FOR = "PUNCHWEIGHT_WAITS_FOR"


def wait_until_prepared() -> None:
    """Load what needs neither tables nor static files, and wait, if a launcher started this process for it."""
    pipe = os.environ.pop(WAITS_FOR, "")
    if not pipe:
        return
    import django
    from django.conf import settings

    django.setup()
    import_module(settings.ROOT_URLCONF)
    os.read(int(pipe), 1)
    os.close(int(pipe))
