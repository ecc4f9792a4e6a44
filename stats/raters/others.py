"""Expect each vote from the votes of everybody else: the systems' strengths, and what others said of the same pair."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from stats.strengths.bradley_terry import fit_bradley_terry, fit_many
from stats.uncertainty.sandwich import bread, expected_share
from stats.votes.arrays import FloatArray, IntArray, stretches

# Who gave a larger share of the votes is left out by a fit of its own, the others by one step of Newton's method.
LARGE_SHARE = 0.02
# Largest log-odds that are expected of a vote: beyond them one slip of the finger would say too much.
FARTHEST = 3.0
# Numbers held at once in one array, 8 MB.
NUMBERS_AT_ONCE = 1_000_000
WIDEST_EFFECT = 4.0


@dataclass(frozen=True)
class DecidedVotes:
    """Hold votes for one of two systems, sorted by annotator; arrays of shape (n,), everything numbered from 0.

    Attributes:
        annotator: In rising order.
        system_a, system_b: The two systems.
        item: What was compared (document and two summaries), the same way round in each vote.
        won: 1 where a won, 0 where b did.
        n_systems: Number of systems.
    """

    annotator: IntArray
    system_a: IntArray
    system_b: IntArray
    item: IntArray
    won: FloatArray
    n_systems: int

    @property
    def starts(self) -> IntArray:
        """Give where the votes of each annotator begin, and the number of votes at the end."""
        return np.r_[np.flatnonzero(np.diff(self.annotator, prepend=-1)), len(self.annotator)]

    def wins(self, part: slice = slice(None)) -> FloatArray:
        """Count how often i beat j at [i, j], shape (n_systems, n_systems)."""
        a, b, won, n = self.system_a[part], self.system_b[part], self.won[part], self.n_systems
        forward = np.bincount(a * n + b, won, n * n)
        return np.asarray((forward + np.bincount(b * n + a, 1 - won, n * n)).reshape(n, n))


def expected_gap(votes: DecidedVotes) -> FloatArray:
    """Give the log-odds with which others expect a to win each vote, shape (n,), within FARTHEST.

    It is the distance of the two strengths by the votes of all others, plus what the others' votes on the same
    comparison add to it: their residuals, shrunk by how much comparisons differ (a random effect, one step of its
    Laplace approximation). None of it comes from the annotator's own votes.
    """
    gap, effect = _gaps_by_others(votes), _effects_by_others(votes)
    return np.asarray(np.clip(gap + effect, -FARTHEST, FARTHEST))


def _gaps_by_others(votes: DecidedVotes) -> FloatArray:
    """Give the distance of the two strengths by the votes of everybody else, shape (n,)."""
    wins, starts = votes.wins(), votes.starts
    strengths = fit_bradley_terry(wins)
    inverse, residual = bread(wins, strengths), votes.won - expected_share(_gap(votes, strengths))
    gaps = np.empty(len(votes.won))
    for first, last in _people_at_once(starts, votes.n_systems):
        part, size = slice(starts[first], starts[last]), (last - first) * votes.n_systems
        row = (votes.annotator[part] - first) * votes.n_systems
        own = np.bincount(row + votes.system_a[part], residual[part], size)
        own -= np.bincount(row + votes.system_b[part], residual[part], size)
        without = strengths - own.reshape(-1, votes.n_systems) @ inverse
        _fit_without_large(votes, wins, strengths, without, first)
        flat = without.ravel()
        gaps[part] = flat[row + votes.system_a[part]] - flat[row + votes.system_b[part]]
    return gaps


def _people_at_once(starts: IntArray, n_systems: int) -> Iterator[tuple[int, int]]:
    """Cut the annotators into stretches whose strengths fit into memory."""
    size = max(1, NUMBERS_AT_ONCE // n_systems)
    return ((part.start, part.stop) for part in stretches(len(starts) - 1, size))


def _fit_without_large(
    votes: DecidedVotes, wins: FloatArray, strengths: FloatArray, without: FloatArray, first: int
) -> None:
    """Fit the strengths anew without each annotator who gave many votes; `without` begins with annotator `first`."""
    starts = votes.starts
    share = np.diff(starts)[first : first + len(without)] / len(votes.won)
    for person in np.flatnonzero(share > LARGE_SHARE).tolist():
        own = votes.wins(slice(starts[first + person], starts[first + person + 1]))
        without[person] = fit_many((wins - own)[np.newaxis], start=strengths)[0]


def _gap(votes: DecidedVotes, strengths: FloatArray) -> FloatArray:
    return np.asarray(strengths[votes.system_a] - strengths[votes.system_b])


def _effects_by_others(votes: DecidedVotes) -> FloatArray:
    """Give what the others' votes on the same comparison add to the log-odds of each vote, shape (n,)."""
    share = expected_share(_gap(votes, fit_bradley_terry(votes.wins())))
    residual, weight = votes.won - share, share * (1 - share)
    residuals, weights = np.bincount(votes.item, residual), np.bincount(votes.item, weight)
    # Products of different votes alone: a vote's own square says nothing about how comparisons differ.
    shared = (residuals**2).sum() - (residual**2).sum()
    possible = (weights**2).sum() - (weight**2).sum()
    variance = min(shared / possible, WIDEST_EFFECT) if possible > 0 and shared > 0 else 0.0
    others, worth = residuals[votes.item] - residual, weights[votes.item] - weight
    return np.asarray(variance * others / (1 + variance * worth))
