"""Looks that a study planned beforehand: taking those that are due, and how things stand.

A look at a number of votes is of the first so many between the two systems in question, in order of time, one at a date
of those that were given by then (dated), whenever it is taken: who looks later sees the same. What it found is a row
that never changes.
"""

import numpy as np
from django.db.models import Q
from django.utils import timezone

from annotations.models import Criterion, Study
from leaderboards.boards.stopping.between import query_between, votes_between
from leaderboards.boards.stopping.dated import GRACE, take_by_date
from leaderboards.boards.stopping.standing import LookStanding, PlannedLook, row_of
from leaderboards.models import TakenLook
from stats.decisions.look import look_at
from stats.decisions.looks import Spending, boundaries, spent


def standing_of_looks(study: Study) -> LookStanding | None:
    """Take the looks that are due, and say how they stand; None where none are planned. Some four queries."""
    if (compared := _compared(study)) is None:
        return None
    criterion, small, large = compared
    if study.look_dates:
        looks = take_by_date(study, *compared)
        votes = query_between(*compared).count()
    else:
        looks, votes = _take_by_votes(study, *compared)
    return LookStanding(
        small,
        large,
        study.noninferiority_margin,
        study.look_spending,
        votes,
        study.is_over(timezone.now() - GRACE),  # a look at the very end of rating is due a moment later
        looks,
        criterion,
        study.look_maximum,
    )


def _compared(study: Study) -> tuple[Criterion, str, str] | None:
    """Return what planned looks are about: the question, and the names of the two systems; None without looks."""
    if not study.planned_looks:
        return None  # before anything is read: most studies plan none
    small, large, criterion = study.small_system, study.large_system, study.criteria.first()
    if small is None or large is None or criterion is None:
        return None
    return criterion, small.slug, large.slug


def _take_by_votes(study: Study, criterion: Criterion, small: str, large: str) -> tuple[list[PlannedLook], int]:
    """Take the looks at numbers of votes that are due; return all of the plan, and the votes there are."""
    planned = study.look_votes or []
    taken = {look.number: look for look in study.taken_looks.all()}
    votes: int = planned[-1]
    if len(taken) < len(planned):
        votes = query_between(criterion, small, large)[: planned[-1]].count()
        if sum(votes >= at for at in planned) > len(taken):
            taken = _take(study, criterion, small, large)
    bounds = bounds_of(study)
    return [PlannedLook(n, at, bounds[n - 1], taken=taken.get(n)) for n, at in enumerate(planned, 1)], votes


def bounds_of(study: Study) -> list[float]:
    """Return the boundary of each planned look."""
    planned = study.look_votes or []
    fractions = [at / planned[-1] for at in planned]
    bounds: list[float] = boundaries(fractions, Spending(study.look_spending)).tolist()
    return bounds


def take_due_looks(*, starting: bool = False) -> None:
    """Take the looks that are due in all studies, a part of each sweep: none waits for somebody to open a page."""
    planned = Q(look_votes__isnull=False) | Q(look_dates__isnull=False)
    for study in Study.objects.filter(planned).select_related("small_system", "large_system"):
        if (compared := _compared(study)) is None:
            continue
        if study.look_dates:
            take_by_date(study, *compared)
        else:
            _take_by_votes(study, *compared)


def _take(study: Study, criterion: Criterion, small: str, large: str) -> dict[int, TakenLook]:
    """Record the looks that are due; two who do so at once record the same, and the first row stays."""
    planned, bounds = study.look_votes or [], bounds_of(study)
    votes = votes_between(criterion, small, large, most=planned[-1])
    known = set(study.taken_looks.values_list("number", flat=True))
    due = [(n, at) for n, at in enumerate(planned, 1) if n not in known and len(votes.results) >= at]
    given = query_between(criterion, small, large).values_list("created_at", flat=True)
    TakenLook.objects.bulk_create(
        [
            row_of(
                study,
                n,
                look_at(*votes.first(at), boundary=bounds[n - 1], margin=study.noninferiority_margin),
                votes=at,
                last_vote_at=given[at - 1 : at].first(),
                information=at / planned[-1],
                level=float(spent(Spending(study.look_spending), np.array(at / planned[-1]))),
                boundary=bounds[n - 1],
            )
            for n, at in due
        ],
        ignore_conflicts=True,
    )
    return {look.number: look for look in study.taken_looks.all()}
