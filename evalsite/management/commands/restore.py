from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from evalsite.backup.archive import RestoreError, restore_backup
from evalsite.backup.rows import DamagedBackupError
from lib.storage.bucket import StorageError


class Command(BaseCommand):
    help = "Restore a backup into an empty database and data folder, of either kind of database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        try:
            restored = restore_backup(file)
        except (RestoreError, DamagedBackupError) as error:
            raise CommandError(str(error)) from error
        except StorageError as error:
            told = "Rows are restored, and files only into DATA_DIR. Once the storage answers: manage.py storage upload"
            raise CommandError(f"{error}. {told}") from error
        self.stdout.write(f"{restored.rows} rows and {restored.files} files are restored.")
        if not restored.own_key:
            self.stdout.write("SECRET_KEY is the one of the site that was backed up.")
