"""Compute a cheap key of what a snapshot depends on; if it differs, the snapshot may be stale.

Reading all votes would be certain, but takes seconds in a large study at every view. This reads the ends of histories
that only grow, and rows of which there are few, so it costs the same after a million votes:

- The newest answer to each question of the study (JudgementRevision): one given, corrected or withdrawn. Not to the
  board's own alone: a pair that lapsed half answered is taken up again by an answer to another question, and all of its
  answers count again.
- The study's history (AuditEntry): annotators excluded or included, imports, erasures, settings. The number of its
  entries is read too: an import takes minutes, and its entry may appear after a newer one.
- Pairs answered in part and held now: their answers stop counting when the lease runs out. Where a comment is required,
  an answered pair can be taken up again without an answer, so the newest remark is read.
- Runs and scoring jobs, by status and time. While one is running, the key changes every OPEN_SECONDS.
- Names, sizes and prices of the systems, and names of the study and the question. Which systems the study asks about
  is a setting, so it is in the study's history.

- For what is computed from marks: the newest mark, reading and withdrawal.

Without flagged annotators it depends on what flags them: answers to all questions, gold included.

annotations.studies.change_marker reads what concerns votes alone.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max

from annotations.models import Criterion, Study
from annotations.quality.snapshots import quality_key
from annotations.studies.change_marker import end_of_history, held_in_part, marker_of, newest_answers, newest_remark
from judges.models import Verdict
from leaderboards.data.filters import Filters
from marks.report.changes import newest_marks
from models_runner.models import Run, ScoringJob

OPEN_SECONDS = 30
OPEN = {"pending", "running"}


@dataclass(frozen=True)
class StalenessKey:
    """What a snapshot depends on.

    Attributes:
        text: SHA-256 of everything that was read.
        revision: The newest answer on the criterion, 0 without one.
    """

    text: str
    revision: int


def staleness_key(
    study: Study, criterion: Criterion, filters: Filters, now: datetime, *, marks: bool = False
) -> StalenessKey:
    """Read the key in seven queries, more with flagged=out, with raters=unflagged and where comments are required.

    marks: Whether the snapshot depends on the study's marks.
    """
    newest = newest_answers(study, now)
    parts = [
        filters.key,
        [[question, asdict(answer)] for question, answer in newest.items()],
        end_of_history(study),
        held_in_part(study),
        newest_remark(study),
        _work(study, now),
        _names(study, criterion),
        _flagged(study) if filters.flagged == "out" else None,
        *([quality_key(study, now)] if filters.raters == "unflagged" else []),
        *([newest_marks(study)] if marks else []),
        *([_verdicts(criterion, judge)] if (judge := filters.judge or filters.helped) else []),
    ]
    text = marker_of(parts)
    return StalenessKey(text, newest[criterion.pk].revision)


def _work(study: Study, now: datetime) -> list[Any]:
    runs = Run.objects.filter(dataset=study.dataset_id, instruction=study.instruction, system__studies=study)
    rows: list[tuple[Any, ...]] = list(runs.order_by("pk").values_list("pk", "status", "finished_at"))
    jobs = ScoringJob.objects.filter(run__in=runs)
    rows += jobs.order_by("pk").values_list("pk", "status", "announced_at")
    at_work = any(status in OPEN for _, status, _ in rows)
    return [rows, int(now.timestamp()) // OPEN_SECONDS if at_work else None]


def _names(study: Study, criterion: Criterion) -> list[Any]:
    systems = study.systems.order_by("slug").values_list("slug", "name", "regime", "parameters", "price")
    return [
        study.slug,
        study.title,
        study.dataset.name,
        study.instruction,
        criterion.key,
        criterion.question,
        list(systems),
    ]


def _verdicts(criterion: Criterion, judge: str) -> dict[str, object]:
    rows = Verdict.objects.done().filter(criterion=criterion, judge__name=judge).order_by()
    return rows.aggregate(n=Count("pk"), last=Max("pk"), at=Max("answered_at"))


def _flagged(study: Study) -> dict[str, int]:
    return study.giveaway_checks.filter(flagged=True).order_by().aggregate(n=Count("pk"), last=Max("pk"))
