"""Check annotators by gold items: comparisons with a known answer, mixed in to see who still reads."""

from dataclasses import dataclass

import numpy as np
import scipy

from stats.uncertainty.proportions import LEVEL, Proportion, wilson
from stats.votes.arrays import BoolArray, IntArray, InvalidVotesError, check_columns

THRESHOLD = 0.7
CERTAINTY = 0.95
JEFFREYS = 0.5


@dataclass(frozen=True)
class GoldCheck:
    """Hold the gold accuracy of one annotator, and whether it is surely too low.

    Attributes:
        accuracy: Share of gold items answered as expected.
        probability_below: P(true accuracy < threshold); None without gold answers.
        failed: Whether probability_below reaches the certainty; None without gold answers.
        threshold, certainty: Settings of the check.
        reason: Why something is None; "" where nothing is.
    """

    accuracy: Proportion
    probability_below: float | None
    failed: bool | None
    threshold: float
    certainty: float
    reason: str


def gold_check(hits: int, n: int, *, threshold: float = THRESHOLD, certainty: float = CERTAINTY) -> GoldCheck:
    """Measure the accuracy on gold items, and tell whether it is below the threshold with the given certainty.

    The posterior of the accuracy is Beta(hits + 1/2, n - hits + 1/2) (Jeffreys prior), so that a few unlucky answers
    fail nobody: at threshold 0.7 and certainty 0.95 it takes two wrong of two, or three of four.

    Args:
        hits: Gold items answered as expected, 0 to n.
        n: Gold items answered.
        threshold: Accuracy that is required, between 0 and 1.
        certainty: P(accuracy < threshold) from which the check fails, between 0 and 1.
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
    below = float(scipy.special.betainc(hits + JEFFREYS, n - hits + JEFFREYS, threshold))
    return GoldCheck(accuracy, below, below >= certainty, threshold, certainty, "")


def gold_checks(
    annotator: IntArray, correct: BoolArray, *, threshold: float = THRESHOLD, certainty: float = CERTAINTY
) -> dict[int, GoldCheck]:
    """Check every annotator who answered gold items; see gold_check.

    Args:
        annotator: Index of the annotator, shape (n,), one entry for each gold answer.
        correct: Whether the answer was the expected one, shape (n,).
        threshold, certainty: As in gold_check.
    Returns:
        Result by annotator.
    Raises:
        InvalidVotesError: Shapes differ, or as in gold_check.
    """
    check_columns(annotator=annotator, correct=correct)
    return {
        person: gold_check(int(correct[own].sum()), int(own.sum()), threshold=threshold, certainty=certainty)
        for person in np.unique(annotator).tolist()
        for own in [annotator == person]
    }
