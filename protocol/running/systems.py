"""Steps that store systems and fine-tune new ones."""

from dataclasses import dataclass

from django.db import transaction

from jobs.workers.processes import WorkerEndedError, wait_with_bar
from models_runner.finetune.lifecycle import FineTuningError, resume_finetuning, start_finetuning
from models_runner.models import Dataset, FineTuning, System
from models_runner.systems.catalog import UnknownSystemError, ensure_system
from models_runner.systems.readiness import NotReadyError
from protocol.file.schema import FineTuningPart, SystemPart
from protocol.file.writing import shown_fields
from protocol.running.work import Step, StepError, Work
from protocol.study.parts import finetuning_part, system_part

STOPPED = (FineTuning.Status.FAILED, FineTuning.Status.CANCELLED)


@dataclass(frozen=True)
class AddSystem(Step):
    slug: str
    part: SystemPart

    @property
    def title(self) -> str:
        return f"system {self.slug}"

    def is_done(self, work: Work) -> bool:
        """Whether it is stored. Raises StepError if another system is stored under its name."""
        system = System.objects.filter(slug=self.slug).select_related("base").first()
        if system is None:
            return False
        if not work.keep and (stored := system_part(system)) != self.part:
            raise StepError(
                f"Another system is named {self.slug} here: {shown_fields(self.part, stored)}. Rename it in the file, "
                "or write what is stored."
            )
        return True

    def do(self, work: Work) -> str:
        values = self.part.model_dump(exclude={"base"})
        try:
            base = ensure_system(self.part.base) if self.part.base else None
        except UnknownSystemError as error:
            raise StepError(f"System {self.slug}: {error}") from error
        System.objects.get_or_create(slug=self.slug, defaults=values | {"base": base})
        return "stored"


@dataclass(frozen=True)
class FineTune(Step):
    name: str
    part: FineTuningPart

    @property
    def title(self) -> str:
        return f"fine-tuning {self.name}"

    def job(self) -> FineTuning | None:
        return FineTuning.objects.filter(name=self.name).select_related("base", "dataset").first()

    def is_done(self, work: Work) -> bool:
        """Whether the system is there. Raises StepError if the name is another fine-tuning's."""
        job = self.job()
        if job is None:
            if System.objects.filter(slug=self.name).exists() and not work.keep:
                raise StepError(f"{self.name} is a system that was not fine-tuned here. Rename the fine-tuning.")
            return False
        if not work.keep and (stored := finetuning_part(job)) != self.part:
            raise StepError(f"Another fine-tuning is named {self.name} here: {shown_fields(self.part, stored)}.")
        return job.status == FineTuning.Status.DONE

    def blocked(self, work: Work) -> str:
        by_command = f"Fine-tuning {self.name} is started by the command: python manage.py protocol run FILE"
        return by_command if work.folder is None else ""

    def do(self, work: Work) -> str:
        if reason := self.blocked(work):
            raise StepError(reason)
        job = self.job() or self._start()
        if job.status in STOPPED:
            if not work.retry:
                raise StepError(f"Fine-tuning {self.name}: {job.failure_reason} Run again with --retry to go on.")
            resume_finetuning(job)
        _wait(job)
        return f"done after {job.step} steps"

    @transaction.atomic
    def _start(self) -> FineTuning:
        part = self.part
        chosen = {name: getattr(part, name) for name in ("split", "validation_split", "instruction", "method")}
        try:
            base, dataset = ensure_system(part.base), Dataset.objects.get(name=part.dataset)
            return start_finetuning(self.name, base, dataset, **chosen, settings=part.settings)
        except (UnknownSystemError, FineTuningError, NotReadyError) as error:
            raise StepError(f"Fine-tuning {self.name}: {error}") from error


def _wait(job: FineTuning) -> None:
    def step() -> int:
        job.refresh_from_db()
        return job.step

    try:
        wait_with_bar("generation", job.name, None, step, lambda: not job.is_open, lambda: job.total_steps)
    except WorkerEndedError as error:
        raise StepError(str(error)) from error
    if job.status in STOPPED:
        raise StepError(f"Fine-tuning {job.name}: {job.failure_reason} Run again with --retry to go on.")
