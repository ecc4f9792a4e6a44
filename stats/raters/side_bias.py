"""Measure whether the left summary wins more often than the right one."""

from dataclasses import dataclass

import numpy as np

from stats.uncertainty.proportions import LEVEL, Proportion, wilson
from stats.votes.arrays import BoolArray, IntArray, ShownCode, check_codes, check_columns

NO_PREFERENCE = 0.5


@dataclass(frozen=True)
class SideBias:
    """Hold P(left wins) among decisive votes.

    Attributes:
        overall: Of all annotators.
        by_annotator: Of each annotator, by index.
        left_out: Number of ties and both-bads.
    """

    overall: Proportion
    by_annotator: dict[int, Proportion]
    left_out: int


def side_bias(shown: IntArray, annotator: IntArray, *, level: float = LEVEL) -> SideBias:
    """Estimate P(left wins) with Wilson intervals; ties and both-bads say nothing about sides and are left out.

    The overall interval is about these annotators. Where sides are drawn at random and nobody has a bias, every
    decisive vote is for the left with probability one half whatever the annotator and the pair, so votes are
    independent.

    Args:
        shown: ShownCode of each vote, shape (n,).
        annotator: Index of the annotator, shape (n,).
        level: Of the intervals, between 0 and 1.
    Returns:
        Shares of all and of each annotator, also of those without a decisive vote.
    Raises:
        InvalidVotesError: Shapes differ, a choice is unknown, or the level is not between 0 and 1.
    Source:
        Wilson (1927), JASA 22, 209-212. Position bias in judgements of pairs: Zheng et al. (2023), arXiv:2306.05685.
    """
    check_columns(shown=shown, annotator=annotator)
    check_codes("shown", shown, ShownCode)
    left = shown == ShownCode.LEFT
    decisive = left | (shown == ShownCode.RIGHT)

    def share(chosen: BoolArray) -> Proportion:
        return wilson(int((left & chosen).sum()), int((decisive & chosen).sum()), level=level)

    return SideBias(
        overall=share(np.ones(len(shown), dtype=bool)),
        by_annotator={person: share(annotator == person) for person in np.unique(annotator).tolist()},
        left_out=int((~decisive).sum()),
    )


def is_biased(left_wins: Proportion) -> bool | None:
    """Tell whether one half lies outside the interval; None where there is no interval.

    Of 20 annotators without any bias, about one has a 95 % interval that excludes one half by chance.
    """
    return left_wins.excludes(NO_PREFERENCE)
