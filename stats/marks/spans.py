"""Say how far two readers mark the same words.

F1 of marked characters says how much of what one marks the other marks too. It is not corrected for chance; for that
there is Krippendorff's alpha over words, with what is marked by a kind, or not, as values (raters/agreement.py).

The gamma of Mathet, Widlöcher and Métivier (2015), Computational Linguistics 41, 437-479, has one library,
pygamma-agreement. Its last release is of March 2024; it pins cvxopt 1.3.2, an environment with it takes 818 MB, two
readers of one text take it seconds, and it gives no interval for other documents. Alpha over words has one, and code
that is here; docs/statistics.md has both side by side.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from stats.judges.clustered import Figure, bounded, counted
from stats.uncertainty.calibrated import LEVEL
from stats.uncertainty.two_way import UnitSums, smoothed_variance, two_way
from stats.votes.arrays import FloatArray, IntArray, InvalidVotesError

NOBODY_MARKED = "undefined: neither of two readers marked anything of this kind"
NO_PAIRS = "undefined: no summary was read by two people"

Span = tuple[int, int]


@dataclass(frozen=True)
class Overlaps:
    """Hold what two readers marked in one summary; one entry for each two readers of each summary, shape (n,).

    Attributes:
        both: Characters that both marked.
        each: Characters that the one marked plus those that the other marked.
        document, first, second: Index of the document, and of both readers.
    Raises:
        InvalidVotesError: Shapes differ, or both marked more than they did together.
    """

    both: FloatArray
    each: FloatArray
    document: IntArray
    first: IntArray
    second: IntArray

    def __post_init__(self) -> None:
        columns = (self.both, self.each, self.document, self.first, self.second)
        if len({column.shape for column in columns}) != 1:
            raise InvalidVotesError("both, each, document, first and second must have one shape (n,).")
        if (2 * self.both > self.each).any():
            raise InvalidVotesError("Two readers share more characters than they marked.")


def span_f1(overlaps: Overlaps, *, level: float = LEVEL) -> Figure:
    """Give F1 of marked characters over all summaries that two people read, with an interval.

    2 x shared / (marked by the one + marked by the other), summed over summaries and pairs of readers; where neither
    marked anything, nothing is added. Documents, and readers in pairs, are clusters.

    Source:
        F1 as agreement where what is unmarked cannot be counted: Hripcsak and Rothschild (2005), JAMIA 12, 296-298.
        Pairs of readers: as in clustered.UnitSums.of_pairs.
    """
    if not len(overlaps.both):
        return Figure.undefined(NO_PAIRS)
    marked = overlaps.each > 0
    if not marked.any():
        return Figure.undefined(NOBODY_MARKED, len(overlaps.both))
    both, each, document = overlaps.both[marked], overlaps.each[marked], overlaps.document[marked]
    first, second = overlaps.first[marked], overlaps.second[marked]
    value = float(2 * both.sum() / each.sum())
    influence = (2 * both - value * each) / each.sum()
    kinds = [UnitSums.of(influence, each, document), UnitSums.of_pairs(influence, each, first, second)]
    spread = two_way(influence, np.arange(len(both)), kinds, model=smoothed_variance(value, each))
    count = counted(np.repeat(document, 2), np.concatenate([first, second]))
    return bounded(value, spread, count, level=level)


def characters(spans: Iterable[Span]) -> set[int]:
    """Give the characters that some spans cover; where they overlap, a character counts once."""
    return {place for start, end in spans for place in range(start, end)}
