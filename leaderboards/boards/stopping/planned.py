"""Looks that a study planned beforehand: taking those that are due, and how things stand.

A look is of the first so many votes between the two systems in question, in order of time, whenever it is taken: who
looks later sees the same. What it found is a row that never changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from annotations.models import Criterion, Study
from leaderboards.boards.stopping.between import query_between, votes_between
from leaderboards.boards.version import CODE_VERSION
from leaderboards.models import TakenLook
from stats.decisions.look import LookResult, look_at
from stats.decisions.looks import Spending, boundaries


@dataclass(frozen=True)
class PlannedLook:
    """A look of the plan.

    Attributes:
        votes: At how many it is taken.
        boundary: Standard errors that a claim takes, were the errors known.
        taken: What it found; None before.
    """

    number: int
    votes: int
    boundary: float
    taken: TakenLook | None = None


@dataclass(frozen=True)
class LookStanding:
    """How the planned looks of a study stand.

    Attributes:
        small, large: Names of the two systems.
        votes: Between them, so far; no further than the last look.
        is_closed: Whether rating has ended.
    """

    small: str
    large: str
    margin: float | None
    spending: str
    votes: int
    is_closed: bool
    looks: Sequence[PlannedLook]

    @property
    def taken(self) -> list[TakenLook]:
        return [look.taken for look in self.looks if look.taken is not None]

    @property
    def decisive(self) -> TakenLook | None:
        """The first look at which the study might end; what was found there stands."""
        return next((look for look in self.taken if look.may_stop), None)

    @property
    def next(self) -> PlannedLook | None:
        return next((look for look in self.looks if look.taken is None), None)


def standing_of_looks(study: Study) -> LookStanding | None:
    """Take the looks that are due, and say how they stand; None where none are planned. Some four queries."""
    planned = study.look_votes
    if not planned:
        return None
    small, large = study.small_system, study.large_system
    criterion = study.criteria.first()
    if small is None or large is None or criterion is None:
        return None
    taken = {look.number: look for look in study.taken_looks.all()}
    votes = planned[-1]
    if len(taken) < len(planned):
        votes = query_between(criterion, small.slug, large.slug)[: planned[-1]].count()
        if sum(votes >= at for at in planned) > len(taken):
            taken = _take(study, criterion, small.slug, large.slug)
    bounds = bounds_of(study)
    looks = [PlannedLook(n, at, bounds[n - 1], taken.get(n)) for n, at in enumerate(planned, 1)]
    closed = study.status == Study.Status.CLOSED
    return LookStanding(small.slug, large.slug, study.noninferiority_margin, study.look_spending, votes, closed, looks)


def bounds_of(study: Study) -> list[float]:
    """Return the boundary of each planned look."""
    planned = study.look_votes or []
    fractions = [at / planned[-1] for at in planned]
    bounds: list[float] = boundaries(fractions, Spending(study.look_spending)).tolist()
    return bounds


def take_due_looks(*, starting: bool = False) -> None:
    """Take the looks that are due in all studies, a part of each sweep: none waits for somebody to open a page."""
    for study in Study.objects.exclude(look_votes=None).select_related("small_system", "large_system"):
        standing_of_looks(study)


def _take(study: Study, criterion: Criterion, small: str, large: str) -> dict[int, TakenLook]:
    """Record the looks that are due; two who do so at once record the same, and the first row stays."""
    planned, bounds = study.look_votes or [], bounds_of(study)
    votes = votes_between(criterion, small, large, most=planned[-1])
    known = set(study.taken_looks.values_list("number", flat=True))
    due = [n for n, at in enumerate(planned, 1) if n not in known and len(votes.results) >= at]
    TakenLook.objects.bulk_create(
        [
            TakenLook(
                study=study,
                number=n,
                votes=planned[n - 1],
                margin=study.noninferiority_margin,
                boundary=bounds[n - 1],
                code_version=CODE_VERSION,
                **_values(
                    look_at(
                        *votes.first(planned[n - 1]),
                        boundary=bounds[n - 1],
                        margin=study.noninferiority_margin,
                    )
                ),
            )
            for n in due
        ],
        ignore_conflicts=True,
    )
    return {look.number: look for look in study.taken_looks.all()}


def _values(result: LookResult) -> dict[str, object]:
    return {field.name: getattr(result, field.name) for field in fields(result)}
