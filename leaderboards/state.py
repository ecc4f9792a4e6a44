"""How a study stands, as a short text that is cheap to make: another text, and what was computed may be out of date.

Looking at all votes would tell for sure, and take seconds in a large study at every view. This reads the ends of
histories that only grow, and rows of which there are few, so it costs the same after a million votes:

- The newest answer on the criterion (JudgementRevision): one given, corrected or withdrawn.
- The study's history (AuditEntry): annotators left out or taken in, imports, erasures, settings. Its number counts too:
  an import takes minutes, and its entry may appear after a newer one.
- Pairs answered in part and held at the moment: their answers stop counting when the lease runs out. Where a comment is
  required, an answered pair can be taken up again without an answer, so the newest remark is looked at.
- Runs and scoring jobs, by state and time. While one is at work things count as changed every OPEN_SECONDS.
- What names and sizes the systems have, and what the study and the question are called.

Votes at the same moment are stored in another order than they are numbered. So a newest answer of the last
SETTLE_SECONDS is marked as such: what was computed then is looked through once more when it has settled.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef

from annotations.models import Assignment, Criterion, Judgement, JudgementRevision, Remark, Study, Wanted
from leaderboards.filters import Filters
from models_runner.models import Run, ScoringJob

SETTLE_SECONDS = 10
OPEN_SECONDS = 30
OPEN = {"pending", "running"}


@dataclass(frozen=True)
class State:
    """text: SHA-256 of everything looked at. revision: the newest answer on the criterion, 0 without any."""

    text: str
    revision: int


def state_of(study: Study, criterion: Criterion, filters: Filters, now: datetime) -> State:
    """Seven queries, one more with flagged=out and one where comments are required."""
    newest = (
        JudgementRevision.objects.filter(criterion=criterion).order_by("-pk").values_list("pk", "created_at").first()
    )
    revision, at = newest or (0, None)
    parts = [
        filters.key,
        revision,
        at is None or now - at > timedelta(seconds=SETTLE_SECONDS),
        study.audit_entries.order_by().aggregate(n=Count("pk"), last=Max("pk")),
        _held_in_part(study),
        _newest_remark(study),
        _work(study, now),
        _names(study, criterion),
        _flagged(study) if filters.flagged == "out" else None,
    ]
    return State(hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest(), revision)


def _held_in_part(study: Study) -> list[int]:
    """Leased pairs with answers: as many as people who rate at this moment, at most."""
    answered = Exists(Judgement.objects.filter(assignment=OuterRef("pk")))
    leased = Assignment.objects.filter(answered, state=Assignment.State.LEASED, annotator__study=study)
    return list(leased.order_by("pk").values_list("pk", flat=True))


def _newest_remark(study: Study) -> int | None:
    return Remark.objects.aggregate(last=Max("pk"))["last"] if study.comments == Wanted.REQUIRED else None


def _work(study: Study, now: datetime) -> list[Any]:
    runs = Run.objects.filter(dataset=study.dataset_id, instruction=study.instruction, system__studies=study)
    found: list[tuple[Any, ...]] = list(runs.order_by("pk").values_list("pk", "status", "finished_at"))
    jobs = ScoringJob.objects.filter(run__in=runs)
    found += jobs.order_by("pk").values_list("pk", "status", "announced_at")
    at_work = any(status in OPEN for _, status, _ in found)
    return [found, int(now.timestamp()) // OPEN_SECONDS if at_work else None]


def _names(study: Study, criterion: Criterion) -> list[Any]:
    systems = study.systems.order_by("slug").values_list("slug", "name", "regime", "parameters")
    return [
        study.slug,
        study.title,
        study.dataset.name,
        study.instruction,
        criterion.key,
        criterion.question,
        list(systems),
    ]


def _flagged(study: Study) -> dict[str, int]:
    return study.giveaway_checks.filter(flagged=True).order_by().aggregate(n=Count("pk"), last=Max("pk"))
