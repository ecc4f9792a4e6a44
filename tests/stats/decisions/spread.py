"""Where the uncertainty of a difference comes from: a second implementation of what more votes are forecast to do."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from stats.strengths.bradley_terry import SCALE, fit_bradley_terry
from stats.uncertainty.sandwich import covariance_parts


@dataclass(frozen=True)
class Spread:
    """Variance of the difference between two systems in log-odds, by where it comes from, at the present counts."""

    document: float
    annotator: float
    vote: float

    def error(self, *, documents: float = 1, annotators: float = 1, votes: float = 1) -> float:
        """Standard error in rating points with so many times as many documents, annotators and votes."""
        variance = self.document / documents + self.annotator / annotators + self.vote / votes
        return float(SCALE * np.sqrt(variance))

    def width(self, *, level: float = 0.05, documents: float = 1, annotators: float = 1, votes: float = 1) -> float:
        """Of the interval of the difference, in rating points."""
        return 2 * norm.ppf(1 - level / 2) * self.error(documents=documents, annotators=annotators, votes=votes)


def spread(votes, first, second):
    """Where the uncertainty of a difference comes from; parts that come out negative count as 0.

    Votes beyond those of the same documents and annotators shrink the vote's part alone.

    Args:
        votes: Votes that connect all their systems.
    """
    strengths = fit_bradley_terry(votes.wins())
    parts = covariance_parts(votes, strengths)

    def variance(covariance):
        return max(0.0, float(covariance[first, first] + covariance[second, second] - 2 * covariance[first, second]))

    return Spread(variance(parts.document), variance(parts.annotator), variance(parts.vote))
