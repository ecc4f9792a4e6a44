"""How the planned looks of a study stand, and what a taken one records."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from annotations.models import Criterion, Study
from leaderboards.boards.version import CODE_VERSION
from leaderboards.models import TakenLook
from stats.decisions.look import LookResult
from stats.decisions.looks import ONE_SIDED

SLIGHT = 1e-9


@dataclass(frozen=True)
class PlannedLook:
    """A look of the plan.

    Attributes:
        votes: At how many it is taken; None of a look at a date that is not taken.
        boundary: Standard errors that a claim takes, were the errors known; None where they follow from the votes that
            will be there.
        at: The date of a look at a date.
        taken: What it found; None before.
    """

    number: int
    votes: int | None
    boundary: float | None
    at: datetime | None = None
    taken: TakenLook | None = None


@dataclass(frozen=True)
class LookStanding:
    """How the planned looks of a study stand.

    Attributes:
        small, large: Names of the two systems.
        votes: Between them, so far; of looks at numbers of votes no further than the last one.
        is_closed: Whether rating has ended, by hand or by its date.
        criterion: The question that they are about.
        maximum: Votes that are planned for looks at dates; None of looks at numbers of votes.
    """

    small: str
    large: str
    margin: float | None
    spending: str
    votes: int
    is_closed: bool
    looks: Sequence[PlannedLook]
    criterion: Criterion
    maximum: int | None = None

    @property
    def taken(self) -> list[TakenLook]:
        return [look.taken for look in self.looks if look.taken is not None]

    @property
    def decisive(self) -> TakenLook | None:
        """The first look at which the study might end; what was found there stands."""
        return next((look for look in self.taken if look.may_stop), None)

    @property
    def is_over(self) -> bool:
        """Whether all of the level is spent, so that later looks find nothing."""
        return any(look.boundary is not None and (look.level or 0) >= ONE_SIDED - SLIGHT for look in self.taken)

    @property
    def next(self) -> PlannedLook | None:
        return None if self.is_over else next((look for look in self.looks if look.taken is None), None)


def row_of(study: Study, number: int, found: LookResult, **about: object) -> TakenLook:
    """Return what is recorded of a look, not stored. about: Its own fields of TakenLook."""
    values = {field.name: getattr(found, field.name) for field in fields(found)}
    margin = study.noninferiority_margin
    return TakenLook(study=study, number=number, margin=margin, code_version=CODE_VERSION, **values, **about)
