"""Keep a run's record in step with its summaries: what it was written with, and its status once it ends."""

from django.db import transaction
from django.utils import timezone

from models_runner.adapters.prompts import prompt_layout
from models_runner.adapters.protocol import SystemAdapter
from models_runner.models import Run, Summary
from models_runner.runs import lifecycle, signals
from models_runner.runs.machine.record import machine_record
from models_runner.runs.requests import adapter_spec


def note_start(run: Run, adapter: SystemAdapter) -> None:
    record = {
        "system": run.system.spec(),
        "adapter": adapter.environment(),
        "weights": adapter.revision,
        "instruction": {"kind": run.instruction, "version": run.instruction_version},
        "prompt_layout": prompt_layout(adapter_spec(run.system)),
        "machine": machine_record(),
    }
    Run.objects.filter(pk=run.pk, status=Run.Status.PENDING).update(status=Run.Status.RUNNING)
    Run.objects.filter(pk=run.pk, started_at=None).update(started_at=timezone.now())
    Run.objects.filter(pk=run.pk, environment={}).update(environment=record)


def note_learnt(run: Run, environment: dict[str, object]) -> None:
    """Record what the adapter has learnt since the run started, such as fields that an endpoint refuses."""
    with transaction.atomic():
        locked = lifecycle.lock_run(run.pk)
        locked.environment["adapter"] = environment
        locked.save(update_fields=["environment"])


def finish_if_complete(run: Run) -> bool:
    """Give the run its final status once no summary waits or is being written, then request its scores.

    Returns whether the run was finished by this call.
    """
    with transaction.atomic():
        if not Run.objects.open().filter(pk=run.pk).select_for_update().exists():
            return False
        counts = run.counts()
        if counts["pending"] or counts["running"]:
            return False
        status, reason = _final_status(run, counts)
        Run.objects.filter(pk=run.pk).update(status=status, failure_reason=reason, finished_at=timezone.now())
        if counts["done"]:
            lifecycle.request_scores(run)
    if counts["done"]:
        signals.summaries_saved.send(sender=Run, run=run)
    return True


def _final_status(run: Run, counts: dict[str, int]) -> tuple[str, str]:
    if counts["failed"]:
        failed = run.summaries.filter(status=Summary.Status.FAILED).order_by("pk")
        first = failed.values_list("failure_reason", flat=True)[0]
        return (
            Run.Status.FAILED,
            f"{counts['failed']:,} of {counts['total']:,} summaries failed. First reason: {first}",
        )
    if counts["cancelled"]:
        return Run.Status.CANCELLED, "cancelled by a researcher"
    return Run.Status.DONE, ""
