from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.imports.ratings_import import import_ratings
from leaderboards.data.lookup import UnknownStudyError, find_study
from models_runner.importing.records import DatasetImportError


class Command(BaseCommand):
    help = (
        "Put votes that were given elsewhere into a study. "
        "A wrong line imports nothing; the same file twice adds nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="A file of export_ratings, or of the same form.")
        parser.add_argument("--study", required=True)

    def handle(self, *args: Any, path: Path, **options: Any) -> None:
        try:
            done = import_ratings(path, find_study(options["study"]))
        except (UnknownStudyError, DatasetImportError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{done.added} votes of {done.judges} judges added, {done.unchanged} already there.")
