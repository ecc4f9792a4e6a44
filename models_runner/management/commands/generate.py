from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from jobs.workers.processes import WorkerEndedError, wait_with_bar
from models_runner.datasets.lookup import UnknownDatasetError, find_dataset
from models_runner.models import InstructionKind, Run, Summary
from models_runner.runs import lifecycle
from models_runner.systems.catalog import UnknownSystemError, ensure_system
from models_runner.systems.leakage import LeakageError
from models_runner.systems.readiness import NotReadyError

ALL = "all"
LENGTHS = (InstructionKind.LONG, InstructionKind.MEDIUM, InstructionKind.SHORT)
REFUSALS = (NotReadyError, LeakageError, lifecycle.NothingToRunError)
FINISHED = (Run.Status.DONE, Run.Status.FAILED, Run.Status.CANCELLED)


class Command(BaseCommand):
    help = "Write summaries of a dataset's documents with one system, in background workers."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dataset", required=True)
        parser.add_argument("--system", required=True, help="A system's name, for example lexrank.")
        parser.add_argument(
            "--instruction",
            choices=[*InstructionKind.values, ALL],
            default=InstructionKind.MEDIUM,
            help="all: long, medium and short, a run each; every transcript is read once where the engine can.",
        )
        parser.add_argument("--split", default="", help="Only documents of this split.")
        parser.add_argument("--limit", type=int, help="Only the first N documents.")
        parser.add_argument(
            "--force", action="store_true", help="Also documents the system was trained on; marked on every board."
        )
        parser.add_argument("--wait", action="store_true", help="Stay until the work is done.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["limit"] is not None and options["limit"] < 1:
            raise CommandError(f"--limit is {options['limit']}; expected 1 or more documents.")
        try:
            dataset, system = find_dataset(options["dataset"]), ensure_system(options["system"])
            chosen = {name: options[name] for name in ("split", "limit", "force")}
            runs = [
                lifecycle.start_run(system, dataset, instruction=kind, **chosen)
                for kind in (LENGTHS if options["instruction"] == ALL else [options["instruction"]])
            ]
        except (UnknownDatasetError, UnknownSystemError, *REFUSALS) as error:
            raise CommandError(str(error)) from error
        if options["wait"]:
            self._wait(runs)
        for run in runs:
            counts = run.counts()
            left = counts["pending"] + counts["running"]
            self.stdout.write(
                f"Run {run.pk}, {run}: {counts['done']} of {counts['total']} summaries done, {left} to do."
            )

    def _wait(self, runs: list[Run]) -> None:
        def finished() -> bool:
            for run in runs:
                run.refresh_from_db()
            return all(run.status in FINISHED for run in runs)

        summaries = Summary.objects.filter(run__in=runs)
        what = ", ".join(str(run) for run in runs)
        try:
            wait_with_bar("generation", what, summaries.count(), lambda: summaries.done().count(), finished)
        except WorkerEndedError as error:
            raise CommandError(str(error)) from error
        if failed := [f"Run {run.pk}: {run.failure_reason}" for run in runs if run.status == Run.Status.FAILED]:
            raise CommandError(" ".join(failed))
