from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from evalsite.backup.archive import write_backup


class Command(BaseCommand):
    help = "Write everything that cannot be made again into one file; people may go on rating meanwhile."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--output", type=Path, required=True, help="A name that ends with .tar or .tar.gz.")
        parser.add_argument("--weights", action="store_true", help="Also the weights of fine-tuned systems.")

    def handle(self, *args: Any, output: Path, weights: bool, **options: Any) -> None:
        if not output.name.endswith((".tar", ".tar.gz")):
            raise CommandError(f"{output} ends with neither .tar nor .tar.gz.")
        try:
            written = write_backup(output.resolve(), weights=weights)
        except OSError as error:
            raise CommandError(f"The backup could not be written: {error}") from error
        self.stdout.write(f"{output}: {written.rows} rows and {written.files} files.")
        if not written.own_key:
            self.stdout.write("SECRET_KEY comes from the environment and is not in it: keep it as well.")
