"""Activity of each annotator, as a table and a file for whoever pays them: pairs, minutes, gold."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max

from annotations.gold.results import gold_by_annotator, no_gold_yet
from annotations.models import Annotator, Assignment, Purpose, Study
from annotations.review.remaining import pairs_left
from annotations.studies.progress import minutes_worked
from lib.csv_cells import csv_line

COLUMNS = (
    *("annotator", "account", "platform_id", "invitation", "joined_at", "stopped_at", "last_rated_at"),
    *("pairs_rated", "known_pairs_answered", "pairs_skipped", "minutes", "pairs_left", "completion_code"),
    *("gold_answered", "gold_as_expected", "votes_count", "reason_left_out"),
)


@dataclass(frozen=True)
class AnnotatorActivity:
    """What one annotator has done in a study.

    Attributes:
        rated: Rating pairs answered; gold and training pairs are not among them.
        skipped: Rating pairs skipped.
        known: Gold and training pairs answered.
        minutes: Time spent on all answered pairs, without idle time; None where it was not measured.
        last_rated_at: When the last pair was completed.
    """

    rated: int
    skipped: int
    known: int
    minutes: float | None
    last_rated_at: datetime | None


NOTHING_YET = AnnotatorActivity(0, 0, 0, None, None)


def activity_of(annotators: Sequence[Annotator]) -> dict[int, AnnotatorActivity]:
    """Count the activity of each annotator, by primary key, in two queries."""
    theirs = Assignment.objects.filter(annotator__in=[annotator.pk for annotator in annotators]).order_by()
    counts: dict[int, Counter[tuple[str, bool]]] = defaultdict(Counter)
    lasts: dict[int, list[datetime]] = defaultdict(list)
    by_state = theirs.values_list("annotator", "state", "comparison__purpose")
    for annotator_id, state, purpose, n, last in by_state.annotate(n=Count("pk"), last=Max("completed_at")):
        counts[annotator_id][(state, purpose == Purpose.RATING)] += n
        if last is not None:
            lasts[annotator_id].append(last)
    minutes = minutes_worked(theirs)
    done, skipped = Assignment.State.DONE.value, Assignment.State.SKIPPED.value
    return {
        pk: AnnotatorActivity(
            rated=counts[pk][(done, True)],
            skipped=counts[pk][(skipped, True)],
            known=counts[pk][(done, False)],
            minutes=minutes.get(pk),
            last_rated_at=max(lasts[pk], default=None),
        )
        for pk in (annotator.pk for annotator in annotators)
    }


def activity_lines(
    study: Study, activities: Mapping[int, AnnotatorActivity] | None = None, left: Mapping[int, int] | None = None
) -> Iterator[str]:
    """Write the activity of every annotator as CSV. It holds personal data, so only owners may get it.

    activities, left: By annotator, where they are counted already; who is missing there joined since.
    """
    annotators = list(study.annotators.select_related("user", "invitation"))
    activities = activity_of(annotators) if activities is None else activities
    left = pairs_left(study, annotators) if left is None else left
    gold = gold_by_annotator(study)
    yield csv_line(COLUMNS)
    for annotator in annotators:
        pk, activity = annotator.pk, activities.get(annotator.pk, NOTHING_YET)
        accuracy = (gold.get(pk) or no_gold_yet()).accuracy
        username = annotator.user.get_username() if annotator.user else ""
        minutes = None if activity.minutes is None else round(activity.minutes, 1)
        yield csv_line(
            [
                *(annotator.pseudonym, username, annotator.external_id, _joined_through(annotator)),
                *map(_moment, (annotator.joined_at, annotator.left_at, activity.last_rated_at)),
                *(activity.rated, activity.known, activity.skipped, minutes),
                *(left.get(pk), study.completion_code if left.get(pk) == 0 else ""),
                *(accuracy.n, accuracy.hits, "yes" if annotator.is_included else "no", annotator.exclusion_reason),
            ]
        )


def _joined_through(annotator: Annotator) -> str:
    if annotator.imported:
        return "rated elsewhere"
    invitation = annotator.invitation
    return "open link" if invitation is None else invitation.label or invitation.get_kind_display()


def _moment(value: datetime | None) -> str:
    return "" if value is None else value.isoformat(timespec="seconds")
