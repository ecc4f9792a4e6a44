"""A stopping rule: bounds of a win rate that hold at all times at once, so that they may be read after every vote."""

from dataclasses import dataclass

from annotations.models import Criterion
from leaderboards.boards.stopping.between import votes_between
from leaderboards.data.filters import Filters
from stats.uncertainty.sequences import Lacking, confidence_sequence


@dataclass(frozen=True)
class StoppingBounds:
    """Bounds of how often one system beats another.

    Attributes:
        votes: Number of votes between the two.
        documents, annotators: Effective numbers of them, as if their shares of the votes were equal.
        decided_after: Number of votes that decided it; None while it is undecided.
        lacking: What there is too little of to decide anything; None if there is enough.
    """

    better: str
    worse: str
    votes: int
    estimate: float | None = None
    lower: float | None = None
    upper: float | None = None
    documents: float = 0.0
    annotators: float = 0.0
    decided_after: int | None = None
    lacking: Lacking | None = Lacking.VOTES


def stopping_bounds(criterion: Criterion, filters: Filters, better: str, worse: str) -> StoppingBounds:
    """Compute the bounds from the votes between these two systems in order of time; one query."""
    votes = votes_between(criterion, better, worse, filters)
    if not len(votes.results):
        return StoppingBounds(better, worse, 0)
    sequence = confidence_sequence(*votes)
    return StoppingBounds(
        better,
        worse,
        len(votes.results),
        estimate=float(sequence.estimate[-1]),
        lower=float(sequence.lower[-1]),
        upper=float(sequence.upper[-1]),
        documents=float(sequence.documents[-1]),
        annotators=float(sequence.annotators[-1]),
        decided_after=sequence.decided_after,
        lacking=sequence.lacking,
    )
