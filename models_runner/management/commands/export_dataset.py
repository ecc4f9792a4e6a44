from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from models_runner.datasets.exports import export_documents
from models_runner.datasets.lookup import UnknownDatasetError, find_dataset


class Command(BaseCommand):
    help = "Write a dataset's documents as JSON Lines, which import_dataset reads as they are."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dataset", required=True)
        parser.add_argument("--output", required=True, type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = export_documents(find_dataset(options["dataset"]), options["output"])
        except UnknownDatasetError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(
                f"Cannot write {options['output']}: {error.strerror}. Choose a folder you may write to."
            ) from error
        self.stdout.write(f"{count} documents written to {options['output']}.")
