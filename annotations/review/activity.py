"""What each annotator has done, for those who pay them: pairs, time of work, known answers."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, QuerySet

from annotations.gold.results import gold_by_annotator, no_gold_yet
from annotations.models import Annotator, Assignment, Purpose, Study
from annotations.review.remaining import pairs_left
from lib.csv_cells import csv_line

CHUNK = 10_000
MS_A_MINUTE = 60_000
COLUMNS = (
    *("annotator", "account", "platform_id", "invitation", "joined_at", "stopped_at", "last_rated_at"),
    *("pairs_rated", "known_pairs_answered", "pairs_skipped", "minutes", "pairs_left", "completion_code"),
    *("gold_answered", "gold_as_expected", "votes_count", "reason_left_out"),
)


@dataclass(frozen=True)
class Work:
    """rated, skipped: pairs, gold and training left out. known: gold and training pairs answered.

    minutes: of work on all pairs answered, without times of no activity; None where nobody measured.
    """

    rated: int
    skipped: int
    known: int
    minutes: float | None
    last_rated_at: datetime | None


def work_of(annotators: Sequence[Annotator]) -> dict[int, Work]:
    """By annotator; two queries, however many they are."""
    theirs = Assignment.objects.filter(annotator__in=[one.pk for one in annotators]).order_by()
    counts: dict[int, Counter[tuple[str, bool]]] = defaultdict(Counter)
    lasts: dict[int, list[datetime]] = defaultdict(list)
    by_state = theirs.values_list("annotator", "state", "comparison__purpose")
    for who, state, purpose, n, last in by_state.annotate(n=Count("pk"), last=Max("completed_at")):
        counts[who][(state, purpose == Purpose.RATING)] += n
        if last is not None:
            lasts[who].append(last)
    minutes = _minutes(theirs)
    done, skipped = Assignment.State.DONE.value, Assignment.State.SKIPPED.value
    return {
        one.pk: Work(
            rated=counts[one.pk][(done, True)],
            skipped=counts[one.pk][(skipped, True)],
            known=counts[one.pk][(done, False)],
            minutes=minutes.get(one.pk),
            last_rated_at=max(lasts[one.pk], default=None),
        )
        for one in annotators
    }


def _minutes(assignments: QuerySet[Assignment]) -> dict[int, float]:
    """By annotator; the last answer of a pair comes after all the work on it."""
    done = assignments.filter(state=Assignment.State.DONE).values_list("pk", "annotator")
    found: dict[int, float] = defaultdict(float)
    for _, who, ms in done.annotate(ms=Max("judgements__active_ms")).iterator(CHUNK):
        if ms is not None:
            found[who] += ms / MS_A_MINUTE
    return found


def work_lines(study: Study) -> Iterator[str]:
    """A line of CSV for each annotator: who they are, and what they did. Personal data: for owners."""
    annotators = list(study.annotators.select_related("user", "invitation"))
    work, gold, left = work_of(annotators), gold_by_annotator(study), pairs_left(study, annotators)
    yield csv_line(COLUMNS)
    for one in annotators:
        check = (gold.get(one.pk) or no_gold_yet()).accuracy
        did = work[one.pk]
        yield csv_line(
            [
                *(one.pseudonym, one.user.get_username() if one.user else "", one.external_id, _came_by(one)),
                *map(_moment, (one.joined_at, one.left_at, did.last_rated_at)),
                *(did.rated, did.known, did.skipped, None if did.minutes is None else round(did.minutes, 1)),
                *(left.get(one.pk), study.completion_code if left.get(one.pk) == 0 else ""),
                *(check.n, check.hits, "yes" if one.is_included else "no", one.exclusion_reason),
            ]
        )


def _came_by(annotator: Annotator) -> str:
    if annotator.imported:
        return "rated elsewhere"
    invitation = annotator.invitation
    return "open link" if invitation is None else invitation.label or invitation.get_kind_display()


def _moment(value: datetime | None) -> str:
    return "" if value is None else value.isoformat(timespec="seconds")
