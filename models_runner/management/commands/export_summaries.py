from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from models_runner.datasets.lookup import UnknownDatasetError, find_dataset
from models_runner.runs.exports import export_summaries


class Command(BaseCommand):
    help = "Write a dataset's finished summaries with references and scores as JSON Lines."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dataset", required=True)
        parser.add_argument("--output", required=True, type=Path)
        parser.add_argument(
            "--thoughts", action="store_true", help="Add what models thought before they wrote, in a field of its own."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            dataset = find_dataset(options["dataset"])
            count = export_summaries(dataset, options["output"], thoughts=options["thoughts"])
        except UnknownDatasetError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(
                f"Cannot write {options['output']}: {error.strerror}. Choose a folder you may write to."
            ) from error
        self.stdout.write(f"{count} summaries written to {options['output']}.")
