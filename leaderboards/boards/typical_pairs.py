"""Choose three typical pairs of two systems: a clear win of the small one, a clear loss, and a tie.

The rule looks at counts of votes alone, so that nobody picks the examples: RULE says it for readers.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Count, Q

from annotations.models import Criterion, Outcome
from leaderboards.data.filters import Filters
from leaderboards.data.votes import filtered_votes

WIN, LOSS, TIE = "win", "loss", "tie"
LEAST_VOTES = 2
RULE = (
    "Chosen by a rule: of the pairs of the two systems with two votes or more, the one on which an answer has the "
    "largest lead over all other answers together; among equals the one with fewer other answers, then the first "
    "document. If no pair has a majority for “equally good”, the tie is the pair with the most votes that are split "
    "evenly."
)


@dataclass(frozen=True)
class PairVotes:
    """How the votes on a pair of summaries fall.

    Attributes:
        place: Of the document, and of the query on it: the order among equals.
    """

    comparison: int
    place: tuple[int, int]
    for_small: int
    for_large: int
    tie: int
    both_bad: int

    @property
    def votes(self) -> int:
        return self.for_small + self.for_large + self.tie + self.both_bad

    def lead(self, votes: int) -> int:
        """How far an answer with so many of the votes leads all the others together."""
        return 2 * votes - self.votes


def count_votes(criterion: Criterion, filters: Filters, small: str, large: str) -> list[PairVotes]:
    """Count the votes on every pair of the two systems, in one query."""
    comparison = "assignment__comparison"
    a, b = (f"{comparison}__summary_{side}__run__system__slug" for side in "ab")
    votes = filtered_votes(criterion, filters).filter(Q(**{a: small, b: large}) | Q(**{a: large, b: small}))
    key = (comparison, a, f"{comparison}__document__position", f"{comparison}__query__position")
    counts = {outcome: Count("pk", filter=Q(outcome=outcome)) for outcome in Outcome.values}
    return [
        PairVotes(
            comparison=row[key[0]],
            place=(row[key[2]], row[key[3]] or 0),
            for_small=row["a" if row[a] == small else "b"],
            for_large=row["b" if row[a] == small else "a"],
            tie=row["tie"],
            both_bad=row["both_bad"],
        )
        for row in votes.order_by().values(*key).annotate(**counts)
    ]


def choose_typical(pairs: Iterable[PairVotes]) -> dict[str, PairVotes | None]:
    """Return the typical win, loss and tie; None where there is none."""
    with_votes = [pair for pair in pairs if pair.votes >= LEAST_VOTES]
    return {
        WIN: _clearest(with_votes, lambda pair: pair.for_small),
        LOSS: _clearest(with_votes, lambda pair: pair.for_large),
        TIE: _clearest(with_votes, lambda pair: pair.tie) or _most_even(with_votes),
    }


def _clearest(pairs: Iterable[PairVotes], votes: Callable[[PairVotes], int]) -> PairVotes | None:
    leading = [pair for pair in pairs if pair.lead(votes(pair)) > 0]
    return min(
        leading,
        key=lambda pair: (-pair.lead(votes(pair)), pair.votes - votes(pair), pair.place, pair.comparison),
        default=None,
    )


def _most_even(pairs: Iterable[PairVotes]) -> PairVotes | None:
    even = [pair for pair in pairs if pair.for_small == pair.for_large > 0]
    return min(even, key=lambda pair: (-pair.votes, pair.place, pair.comparison), default=None)


def typical_values(criterion: Criterion, filters: Filters, small: str, large: str) -> dict[str, dict[str, Any] | None]:
    """Choose the pairs, as values for a cache."""
    chosen = choose_typical(count_votes(criterion, filters, small, large))
    return {kind: asdict(pair) if pair is not None else None for kind, pair in chosen.items()}
