from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from models_runner.importing.records import DatasetImportError
from models_runner.importing.service import FORMATS, import_path


class Command(BaseCommand):
    help = "Import meetings into a dataset. A wrong record imports nothing; the same file twice adds nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="A file, or a folder of files.")
        parser.add_argument("--name", required=True, help="The dataset; it is made if it is new.")
        parser.add_argument("--format", required=True, choices=list(FORMATS))
        parser.add_argument("--split", default="", help="For example train, val or test.")
        parser.add_argument("--language", default="en", help="Of documents that name none.")

    def handle(self, *args: Any, path: Path, **options: Any) -> None:
        try:
            result = import_path(
                options["name"], path, options["format"], split=options["split"], language=options["language"]
            )
        except DatasetImportError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Dataset {result.dataset.name}: {result.added} documents added, {result.unchanged} already there."
        )
        if result.without_reference:
            self.stdout.write(
                f"{result.without_reference} of them have no reference; metrics that need one will say so."
            )
