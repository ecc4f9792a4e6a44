"""Count the rows of background work: what waits, since when, what is held, and what has failed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.apps import apps
from django.conf import settings
from django.db.models import Count, Min
from django.utils.translation import gettext_noop as _

from jobs.models import Announced, Leased

# Where rows of work have no time of their own: the time since which their job waits.
WAITING_SINCE = {"Summary": "run__queued_at", "Verdict": "job__queued_at"}
# As pages call them.
LABELS = {
    "Summary": _("Summaries"),
    "Verdict": _("Verdicts of judges"),
    "EvidenceJob": _("Evidence"),
    "ScoringJob": _("Scores"),
    "FineTuning": _("Fine-tunings"),
    "ProviderBatch": _("Batches at providers"),
    "Trial": _("Trials of systems"),
    "ImportJob": _("Imports"),
    "QualitySnapshot": _("Quality pages"),
    "StudyReport": _("Figures of large studies"),
    "SnapshotJob": _("Boards"),
    "ReportJob": _("Reports on judges"),
    "MarkReportJob": _("Reports on marks"),
    "Release": _("Releases"),
    "ExportJob": _("Exports"),
    "Delivery": _("Messages of webhooks"),
}
MOST_REASONS = 200
TIMES = ("queued_at", "asked_at", "created_at")
# Rows that are announced as part of something else, or found by the sweep.
TASKS = {
    "Summary": "models_runner.tasks.generate_summaries",
    "Verdict": "judges.tasks.ask_judge",
    "EvidenceJob": "annotations.tasks.find_evidence",
}


@dataclass(frozen=True)
class WorkState:
    """The rows of one kind of background work.

    Attributes:
        kind: What they are called, such as "scoring job".
        label: What pages call them.
        queue: Whose workers do it.
        waiting, running, failed: How many rows have that status.
        lapsed: How many of those that run have a lease that has ended; a sweep frees them.
        failures: How many rows failed for a reason, of the MOST_REASONS commonest reasons.
        waiting_since: When the oldest row that waits began to; None if none waits, or its kind stores no such time.
    """

    kind: str
    label: str
    queue: str
    waiting: int
    running: int
    failed: int
    lapsed: int
    failures: dict[str, int]
    waiting_since: datetime | None

    @property
    def is_empty(self) -> bool:
        return not (self.waiting or self.running or self.failed)


def work_states(now: datetime) -> list[WorkState]:
    """Return the state of every kind of leased work of the installed apps, by queue and kind."""
    states = [_state(model, now) for model in apps.get_models() if issubclass(model, Leased)]
    return sorted(states, key=lambda state: (state.queue, state.kind))


def _state(model: type[Leased], now: datetime) -> WorkState:
    rows = model._default_manager.order_by()
    running = model.Status.RUNNING.value
    counted = dict(rows.values_list("status").annotate(n=Count("pk")))
    since = _waiting_since(model)
    waits = rows.filter(status="pending")
    return WorkState(
        str(model._meta.verbose_name),
        LABELS[model.__name__],
        queue_of(model),
        waiting=counted.get("pending", 0),
        running=counted.get(running, 0),
        failed=counted.get("failed", 0),
        lapsed=rows.filter(status=running, lease_until__lt=now).count(),
        failures=_failures(model) if counted.get("failed") else {},
        waiting_since=waits.aggregate(since=Min(since))["since"] if since and counted.get("pending") else None,
    )


def _failures(model: type[Leased]) -> dict[str, int]:
    rows = model._default_manager.filter(status="failed").order_by()
    counted = rows.values_list("failure_reason").annotate(n=Count("pk")).order_by("-n", "failure_reason")
    return dict(counted[:MOST_REASONS])


def _waiting_since(model: type[Leased]) -> str | None:
    fields = {field.name for field in model._meta.get_fields()}
    return WAITING_SINCE.get(model.__name__) or next((name for name in TIMES if name in fields), None)


def queue_of(model: type[Leased]) -> str:
    """Return the queue that the model's task is sent to."""
    task = model.TASK if issubclass(model, Announced) else TASKS[model.__name__]
    routes: Mapping[str, Mapping[str, str]] = settings.CELERY_TASK_ROUTES
    return routes.get(task, {}).get("queue", settings.CELERY_TASK_DEFAULT_QUEUE)
