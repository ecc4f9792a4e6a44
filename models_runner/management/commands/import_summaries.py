from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from models_runner.catalog import UnknownSystemError, ensure_system
from models_runner.importing.records import DatasetImportError
from models_runner.importing.summaries import import_summaries
from models_runner.lookup import UnknownDatasetError, find_dataset
from models_runner.models import InstructionKind

ADAPTER = "imported"


class Command(BaseCommand):
    help = (
        "Import summaries that were made elsewhere. A wrong record imports nothing; the same file twice adds nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="JSON Lines or CSV with document_id and summary.")
        parser.add_argument("--dataset", required=True)
        parser.add_argument("--system", required=True, help="A system whose adapter is imported; see systems --add.")
        parser.add_argument("--instruction", choices=InstructionKind.values, default=InstructionKind.MEDIUM)

    def handle(self, *args: Any, path: Path, **options: Any) -> None:
        try:
            dataset, system = find_dataset(options["dataset"]), ensure_system(options["system"])
            if system.adapter != ADAPTER:
                raise CommandError(
                    f"System {system.slug} writes its summaries here (adapter {system.adapter}). "
                    "Add one with adapter imported for summaries made elsewhere."
                )
            done = import_summaries(path, dataset, system, options["instruction"])
        except (UnknownDatasetError, UnknownSystemError, DatasetImportError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Run {done.run.pk}, {done.run}: {done.added} summaries added, {done.unchanged} already there."
        )
