"""Looks that a study planned at dates: taking those that are due.

A look is of the votes that were given up to its date, whenever it is taken. How strict it is follows from their number
and from those of the looks before, as these were recorded; so looks are taken in order, one after the other.
"""

from datetime import datetime, timedelta

from django.utils import timezone

from annotations.models import AuditEntry, Criterion, Study
from leaderboards.boards.stopping.between import VotesBetween, query_between, votes_until
from leaderboards.boards.stopping.standing import PlannedLook, row_of
from leaderboards.models import TakenLook
from stats.decisions.dated import DatedLook, look_by_date
from stats.decisions.look import LookResult, look_at
from stats.decisions.looks import Spending
from stats.votes.tallies import units

# A vote that is given a moment before the date may be stored a moment after it.
GRACE = timedelta(minutes=1)


def take_by_date(study: Study, criterion: Criterion, small: str, large: str) -> list[PlannedLook]:
    """Record the looks that are due; two who do so at once keep the row that was first.

    None is taken before the first vote. It would read nothing and spend nothing, and in a copy of a study its votes
    are imported after their dates.
    """
    taken = {look.number: look for look in study.taken_looks.all()}
    now, dates = timezone.now(), study.look_moments
    if not taken and dates[0] + GRACE <= now and not query_between(criterion, small, large).exists():
        return [_planned(number, at, None) for number, at in enumerate(dates, 1)]
    for number, at in enumerate(dates, 1):
        if number in taken:
            continue
        if at + GRACE > now:
            break
        row = _look(study, number, [taken[n] for n in range(1, number)], criterion, (small, large))
        TakenLook.objects.bulk_create([row], ignore_conflicts=True)
        taken = {look.number: look for look in study.taken_looks.all()}
    return [_planned(number, at, taken.get(number)) for number, at in enumerate(dates, 1)]


def _planned(number: int, at: datetime, taken: TakenLook | None) -> PlannedLook:
    if taken is None:
        return PlannedLook(number, None, None, at)
    return PlannedLook(number, taken.votes, taken.boundary, at, taken)


def _look(study: Study, number: int, before: list[TakenLook], criterion: Criterion, pair: tuple[str, str]) -> TakenLook:
    """Look at the votes that were given up to the date."""
    at, is_last = study.look_moments[number - 1], number == study.planned_looks
    votes = votes_until(criterion, *pair, at)
    may = look_by_date(
        [look.votes for look in before if look.boundary is not None],
        len(votes.results),
        study.look_maximum or 1,
        Spending(study.look_spending),
        rest=is_last and _is_open_until(study, at),
    )
    return row_of(
        study,
        number,
        _found(votes, may, study.noninferiority_margin),
        votes=len(votes.results),
        planned_at=at,
        last_vote_at=query_between(criterion, *pair, until=at).values_list("created_at", flat=True).last(),
        information=may.information,
        level=may.spent,
        boundary=may.boundary,
    )


def _found(votes: VotesBetween, may: DatedLook, margin: float | None) -> LookResult:
    if may.boundary is None:
        return LookResult(units(votes.document), units(votes.annotator), reason=may.reason)
    return look_at(*votes, boundary=may.boundary, margin=margin)


def _is_open_until(study: Study, moment: datetime) -> bool:
    """Return whether rating was open at the moment.

    Who ends a study at a look that nearly decides would otherwise be given the rest of the level for it at once.
    """
    if study.closes_at is not None and study.closes_at < moment:
        return False
    changes = study.audit_entries.filter(action=AuditEntry.Action.STATUS, at__lte=moment)
    last = changes.order_by("pk").values_list("after", flat=True).last()
    return last in (None, Study.Status.OPEN)
