from argparse import ArgumentParser, BooleanOptionalAction
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from models_runner.importing.documents import FORMATS, import_path
from models_runner.importing.records import DatasetImportError, Terms


class Command(BaseCommand):
    help = "Import meetings into a dataset. A wrong record imports nothing; the same file twice adds nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="A file, or a folder of files.")
        parser.add_argument("--name", required=True, help="The dataset; it is made if it is new.")
        parser.add_argument("--format", required=True, choices=list(FORMATS))
        parser.add_argument("--split", default="", help="For example train, val or test.")
        parser.add_argument("--language", default="en", help="Of documents that name none.")
        parser.add_argument("--licence", default="", help="Of documents that name none, for example CC-BY-4.0.")
        parser.add_argument(
            "--redistributable",
            action=BooleanOptionalAction,
            default=None,
            help="Whether releases may hold the texts of documents that do not say; they may not if nobody says.",
        )

    def handle(self, *args: Any, path: Path, **options: Any) -> None:
        terms = Terms(options["licence"].strip(), options["redistributable"])
        about = {"split": options["split"], "language": options["language"], "terms": terms}
        try:
            result = import_path(options["name"], path, options["format"], **about)
        except DatasetImportError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Dataset {result.dataset.name}: {result.added} documents added, {result.unchanged} already there."
        )
        if result.new_terms:
            self.stdout.write(
                f"{result.new_terms} of them have another licence, or another leave to be passed on, now."
            )
        if result.without_reference:
            self.stdout.write(
                f"{result.without_reference} of them have no reference; metrics that need one will say so."
            )
