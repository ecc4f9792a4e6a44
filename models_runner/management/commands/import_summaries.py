from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from models_runner.datasets.lookup import UnknownDatasetError, find_dataset
from models_runner.importing.records import DatasetImportError
from models_runner.importing.summaries import Defaults, import_summaries
from models_runner.models import InstructionKind, Regime


class Command(BaseCommand):
    help = (
        "Import summaries that were made elsewhere. A wrong record imports nothing; the same file twice adds nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="JSON Lines, CSV or Parquet with document_id, system and summary.")
        parser.add_argument("--dataset", required=True)
        parser.add_argument("--system", default="", help="Of lines that do not name one.")
        parser.add_argument(
            "--instruction",
            choices=InstructionKind.values,
            default=InstructionKind.MEDIUM,
            help="Of lines that do not name one.",
        )
        parser.add_argument(
            "--regime", choices=Regime.values, default=Regime.ZERO_SHOT, help="Of systems nobody knows yet."
        )

    def handle(self, *args: Any, path: Path, **options: Any) -> None:
        defaults = Defaults(options["system"], options["instruction"], options["regime"])
        try:
            runs = import_summaries(path, find_dataset(options["dataset"]), defaults)
        except (UnknownDatasetError, DatasetImportError) as error:
            raise CommandError(str(error)) from error
        for done in runs:
            self.stdout.write(
                f"Run {done.run.pk}, {done.run}: {done.added} summaries added, {done.unchanged} already there."
            )
            if done.withheld:
                self.stdout.write(f"{done.withheld} more are withheld in the release, and were left out.")
