"""Figures of a large study and its disagreements: made by a worker, while pages show the last ones and say so.

In a small study pages compute what they show, as it is now. In a large one that takes seconds: each annotator's pairs
and minutes lie all over the tables.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max
from django.utils import timezone

from annotations.evidence.work import EvidenceProgress, evidence_progress
from annotations.models import Annotator, Assignment, Criterion, Judgement, Study, StudyReport
from annotations.review.disagreements import Split, disagreements
from annotations.review.remaining import pairs_left
from annotations.review.work_done import AnnotatorActivity, activity_of
from annotations.studies.change_marker import end_of_history, held_in_part, marker_of, newest_answers
from annotations.studies.progress import counted_votes
from jobs.kept import Kept, KeptReport
from lib.sql import has_at_most

# Of the figures; raise it where they are computed in another way, so that those that are kept are made anew.
RULES = 1
# In a study of more pairs, or more votes than BOARD_IN_REQUEST_VOTES, no page counts them all.
MOST_PAIRS = 100_000
# So many disagreements are kept, the most even ones: they are read one by one.
MOST_SPLITS = 5_000
# While people rate, figures are never of now. A file of them may be so old.
FRESH = timedelta(minutes=10)
Served = Kept[StudyReport]


@dataclass(frozen=True)
class StudyFigures:
    """What pages say of a large study's people and votes.

    Attributes:
        activity: By annotator; of those who were there when it was computed.
        left: Pairs left by annotator, as pairs_left counts them.
        votes: Votes that count, by question.
        evidence: How far the search for evidence is.
    """

    activity: dict[int, AnnotatorActivity]
    left: dict[int, int]
    votes: dict[int, int]
    evidence: EvidenceProgress


def is_large(study: Study) -> bool:
    """Tell whether a worker computes the figures."""
    few_votes = Judgement.objects.filter(criterion__study=study).are_few()
    return not (few_votes and has_at_most(study.comparisons.all(), MOST_PAIRS))


def served_figures(study: Study) -> Served | None:
    """Return the newest report of a large study, and ask for a newer one where it is stale; None for a small study."""
    return _serve(study, None) if is_large(study) else None


def figures_in(served: Served) -> StudyFigures | None:
    """Read the figures of a report; None before the first one is made."""
    report = served.report
    if report is None:
        return None
    people = {int(pk): values for pk, values in report["people"].items()}
    return StudyFigures(
        activity={pk: _activity(*values) for pk, (values, _) in people.items()},
        left={pk: left for pk, (_, left) in people.items() if left is not None},
        votes={int(pk): votes for pk, votes in report["votes"].items()},
        evidence=EvidenceProgress(**report["evidence"]),
    )


def is_fresh(served: Served) -> bool:
    """Return whether a file may be made of it."""
    at = served.job.computed_at
    return served.current or (at is not None and at > timezone.now() - FRESH)


def served_disagreements(criterion: Criterion) -> Served | None:
    """Return the newest report of a large study's disagreements; None for a small study."""
    return _serve(criterion.study, criterion) if is_large(criterion.study) else None


def splits_in(served: Served) -> tuple[list[Split], int]:
    """Read the most even disagreements of a report, and how many there are in all."""
    report = served.report or {"pairs": [], "all": 0}
    return [Split(*pair) for pair in report["pairs"]], report["all"]


def work_on_report(pk: int, *, owner: str) -> str:
    """Compute one report; return a line for the log. Calling it twice is harmless."""
    return _REPORTS.work(pk, owner=owner)


def _serve(study: Study, criterion: Criterion | None) -> Served:
    return _REPORTS.serve(study=study, criterion=criterion)


def _make(job: StudyReport) -> dict[str, Any]:
    if job.criterion is not None:
        splits = disagreements(job.criterion)
        pairs = [[split.comparison, split.for_a, split.for_b] for split in splits[:MOST_SPLITS]]
        return {"pairs": pairs, "all": len(splits)}
    return {
        "people": _people(job.study),
        "votes": dict(counted_votes([job.study])),
        "evidence": asdict(evidence_progress(job.study)),
    }


def _people(study: Study) -> dict[int, tuple[list[Any], int | None]]:
    annotators = list(study.annotators.all())
    activities, left = activity_of(annotators), pairs_left(study, annotators)
    return {pk: (_values(activity), left.get(pk)) for pk, activity in activities.items()}


def _values(activity: AnnotatorActivity) -> list[Any]:
    last = activity.last_rated_at
    return [activity.rated, activity.skipped, activity.known, activity.minutes, last and last.isoformat()]


def _activity(rated: int, skipped: int, known: int, minutes: float | None, last: str | None) -> AnnotatorActivity:
    return AnnotatorActivity(rated, skipped, known, minutes, datetime.fromisoformat(last) if last else None)


def _state(job: StudyReport, now: datetime) -> str:
    """Return a short text of what a report depends on, by the ends of what only grows."""
    study = job.study
    parts: list[Any] = [
        RULES,
        {question: asdict(newest) for question, newest in newest_answers(study, now).items()},
        end_of_history(study),
        held_in_part(study),
        job.additions,
        Annotator.objects.filter(study=study).aggregate(n=Count("pk"), last=Max("pk")),
        # What is skipped, or not skipped after all, has no history. An index has these.
        Assignment.objects.filter(state=Assignment.State.SKIPPED, annotator__study=study).count(),
    ]
    return marker_of(parts)


_REPORTS = KeptReport(
    StudyReport.objects.select_related("study", "criterion__study"), _state, _make, is_small=lambda job: False
)
