from argparse import ArgumentParser
from dataclasses import fields
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from jobs.workers.processes import WorkerEndedError, wait_with_bar
from models_runner.datasets.lookup import UnknownDatasetError, find_dataset
from models_runner.finetune.lifecycle import FineTuningError, resume_finetuning, start_finetuning
from models_runner.finetune.options import Settings
from models_runner.models import FineTuning
from models_runner.systems.catalog import UnknownSystemError, ensure_system
from models_runner.systems.readiness import NotReadyError

SETTINGS = fields(Settings)
STOPPED = (FineTuning.Status.FAILED, FineTuning.Status.CANCELLED)


class Command(BaseCommand):
    help = "Fine-tune a compact system on a dataset's references, in a background worker; the result is a new system."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--base", required=True, help="The system to start from.")
        parser.add_argument("--dataset", required=True)
        parser.add_argument("--split", default="", help="Documents to learn from; without it, those of every split.")
        parser.add_argument(
            "--validation-split", default="", help="Documents to watch; without it a tenth of the split, held out."
        )
        parser.add_argument("--name", required=True, help="The new system's name.")
        parser.add_argument("--method", choices=FineTuning.Method.values, default=FineTuning.Method.LORA)
        parser.add_argument(
            "--instruction",
            choices=FineTuning.Lengths.values,
            default=FineTuning.Lengths.ALL,
            help="What is asked for.",
        )
        for setting in SETTINGS:
            option = f"--{setting.name.replace('_', '-')}"
            kind = type(setting.default)
            parser.add_argument(option, type=kind, help=f"{setting.default} if not given; see docs/finetuning.md.")
        parser.add_argument("--resume", action="store_true", help="Go on with the fine-tuning of this name.")
        parser.add_argument("--wait", action="store_true", help="Stay until the work is done.")

    def handle(self, *args: Any, **options: Any) -> None:
        job = self._resumed(options["name"]) if options["resume"] else self._started(options)
        if options["wait"]:
            self._wait(job)
        job.refresh_from_db()
        self.stdout.write(f"Fine-tuning {job.name}: {job.get_status_display().lower()}, step {job.step}.")

    def _resumed(self, name: str) -> FineTuning:
        job = FineTuning.objects.filter(name=name).first()
        if job is None:
            raise CommandError(f"There is no fine-tuning {name!r} to resume. Start it without --resume.")
        resume_finetuning(job)
        return job

    def _started(self, options: dict[str, Any]) -> FineTuning:
        given = {s.name: options[s.name] for s in SETTINGS if options[s.name] is not None}
        chosen = {key: options[key] for key in ("split", "validation_split", "instruction", "method")}
        try:
            dataset, base = find_dataset(options["dataset"]), ensure_system(options["base"])
            return start_finetuning(options["name"], base, dataset, **chosen, settings=given)
        except (UnknownDatasetError, UnknownSystemError, NotReadyError, FineTuningError) as error:
            raise CommandError(str(error)) from error

    def _wait(self, job: FineTuning) -> None:
        def step() -> int:
            job.refresh_from_db()
            return job.step

        try:
            # The number of steps is known once a worker has read the documents.
            wait_with_bar("generation", job.name, None, step, lambda: not job.is_open, lambda: job.total_steps)
        except WorkerEndedError as error:
            raise CommandError(str(error)) from error
        if job.status in STOPPED:
            raise CommandError(f"Fine-tuning {job.name}: {job.failure_reason}")
