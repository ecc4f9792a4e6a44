"""Gold items: comparisons with a known answer, mixed in to see who still reads."""

from dataclasses import dataclass

import numpy as np
from scipy.special import betainc

from stats.uncertainty.proportions import LEVEL, Proportion, wilson
from stats.votes.arrays import BoolArray, IntArray, InvalidVotesError, check_columns

THRESHOLD = 0.7
CERTAINTY = 0.95
JEFFREYS = 0.5


@dataclass(frozen=True)
class GoldCheck:
    """Gold accuracy of one annotator and whether it is surely too low.

    probability_below: P(true accuracy < threshold), None without gold answers. failed: whether that reaches the
    certainty, None without gold answers. reason: why something is None; "" where nothing is.
    """

    accuracy: Proportion
    probability_below: float | None
    failed: bool | None
    threshold: float
    certainty: float
    reason: str


def gold_check(hits: int, n: int, *, threshold: float = THRESHOLD, certainty: float = CERTAINTY) -> GoldCheck:
    """Accuracy on gold items, and whether it is below the threshold with the given certainty.

    The posterior of the accuracy is Beta(hits + 1/2, n - hits + 1/2) (Jeffreys prior), so that a few unlucky answers
    do not fail anybody: at threshold 0.7 and certainty 0.95, two wrong of two are needed, or three of four.

    Args:
        hits: Gold items answered as expected, 0 to n.
        n: Gold items answered.
        threshold: Accuracy that is asked for, between 0 and 1.
        certainty: P(accuracy < threshold) from which the check is failed.
    Raises:
        InvalidVotesError: Not 0 <= hits <= n, or threshold or certainty is not between 0 and 1.
    Source:
        Brown, Cai and DasGupta (2001), Statistical Science 16, 101-133, section 4.1 (Jeffreys prior).
    """
    if not (0 < threshold < 1 and 0 < certainty < 1):
        raise InvalidVotesError(f"Threshold {threshold} and certainty {certainty} must lie between 0 and 1.")
    accuracy = wilson(hits, n, level=LEVEL)
    if not n:
        return GoldCheck(accuracy, None, None, threshold, certainty, "no gold items answered yet")
    below = float(betainc(hits + JEFFREYS, n - hits + JEFFREYS, threshold))
    return GoldCheck(accuracy, below, below >= certainty, threshold, certainty, "")


def gold_checks(
    annotator: IntArray, correct: BoolArray, *, threshold: float = THRESHOLD, certainty: float = CERTAINTY
) -> dict[int, GoldCheck]:
    """gold_check of every annotator who answered gold items.

    Args:
        annotator: Index of who answered, shape (n,), one entry a gold item.
        correct: Whether the answer was the expected one, shape (n,).
    """
    check_columns(annotator=annotator, correct=correct)
    return {
        person: gold_check(int(correct[own].sum()), int(own.sum()), threshold=threshold, certainty=certainty)
        for person in np.unique(annotator).tolist()
        for own in [annotator == person]
    }
