"""Measure how often annotators give the same answer when a pair comes again with its sides swapped."""

from dataclasses import dataclass

import numpy as np

from stats.uncertainty.proportions import LEVEL, Proportion, clustered_wilson, wilson
from stats.votes.arrays import IntArray, OutcomeCode, check_codes, check_columns


@dataclass(frozen=True)
class SelfAgreement:
    """Hold shares of repeated pairs that were answered as before.

    Attributes:
        overall: Of all annotators, with a clustered interval over them.
        by_annotator: Of each annotator, by index.
    """

    overall: Proportion
    by_annotator: dict[int, Proportion]


def self_agreement(annotator: IntArray, first: IntArray, again: IntArray, *, level: float = LEVEL) -> SelfAgreement:
    """Compare the answers about summaries, not sides: who always clicks left contradicts themselves.

    The share is not corrected for chance: who always says "tie" agrees with themselves always.

    Args:
        annotator: Index of the annotator, shape (n,), one entry for each repeated pair.
        first, again: OutcomeCode of the first and of the second answer, shape (n,).
        level: Of the intervals, between 0 and 1.
    Raises:
        InvalidVotesError: Shapes differ, an outcome is unknown, or the level is not between 0 and 1.
    Source:
        Intervals: Wilson (1927), JASA 22, 209-212, and clustered_wilson. Test and retest of judgements: Hallgren
        (2012), Tutorials in Quantitative Methods for Psychology 8, 23-34.
    """
    check_columns(annotator=annotator, first=first, again=again)
    check_codes("first", first, OutcomeCode)
    check_codes("again", again, OutcomeCode)
    people, row = np.unique(annotator, return_inverse=True)
    n = np.bincount(row, minlength=len(people)).astype(np.int64)
    same = np.bincount(row[first == again], minlength=len(people)).astype(np.int64)
    shares = (wilson(hits, of, level=level) for hits, of in zip(same.tolist(), n.tolist(), strict=True))
    return SelfAgreement(
        clustered_wilson(same, n, cluster="annotator", level=level), dict(zip(people.tolist(), shares, strict=True))
    )
