"""Check whether raters can tell which of two summaries the large model wrote: how blind the study really was."""

import numpy as np

from stats.uncertainty.proportions import LEVEL, Proportion, clustered_wilson
from stats.votes.arrays import BoolArray, IntArray, check_columns

BY_CHANCE = 0.5


def guess_rate(annotator: IntArray, correct: BoolArray, *, level: float = LEVEL) -> Proportion:
    """Give the share of right answers to "which one was the large model?", to compare with one half.

    Clusters are annotators: those who have found a giveaway (length, a phrase) use it in every answer, so 100 answers
    of five people tell far less than 100 independent ones. The share weighs all answers alike.

    Args:
        annotator: Index of the annotator, shape (n,).
        correct: Whether the guess was right, shape (n,); leave out "don't know" and pairs of two large or two
            compact systems.
        level: Of the interval, between 0 and 1.
    Returns:
        Share and interval; no interval where one annotator gave all answers.
    Raises:
        InvalidVotesError: Shapes differ, or the level is not between 0 and 1.
    Source:
        See clustered_wilson. Guessing as a check of blinding: Bang, Ni and Davis (2004), Controlled Clinical Trials
        25, 143-156.
    """
    check_columns(annotator=annotator, correct=correct)
    who = np.unique(annotator, return_inverse=True)[1]
    answers = np.bincount(who).astype(np.int64)
    right = np.bincount(who[correct], minlength=len(answers)).astype(np.int64)
    return clustered_wilson(right, answers, cluster="annotator", level=level)


def is_unblinded(guesses: Proportion) -> bool | None:
    """Tell whether raters were surely right more often than by chance; None where there is no interval."""
    return None if guesses.lower is None else guesses.lower > BY_CHANCE
