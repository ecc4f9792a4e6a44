"""What intervals are made from, for many studies at once: sums of residuals by unit, and shares in the votes.

All is about contrasts: each system's strength less the mean, then differences of neighbours and of first and last.
"""

from dataclasses import dataclass

import numpy as np

from benchmarks.intervals.draw import Studies, fitted
from stats.strengths.bradley_terry import PENALTY
from stats.votes.arrays import FloatArray, IntArray


@dataclass(frozen=True)
class Units:
    """Units of one kind.

    Attributes:
        influence: How far each moves each contrast, shape (s, units, contrasts), in log-odds.
        share: Its share in the votes about the contrast, same shape.
        mean_share: Its mean share over all systems, shape (s, units).
    """

    influence: FloatArray
    share: FloatArray
    mean_share: FloatArray

    @property
    def count(self) -> int:
        return int(self.share.shape[1])


@dataclass(frozen=True)
class Moments:
    """Estimates of s studies and what their votes say about them.

    Attributes:
        estimate: Of each contrast, shape (s, contrasts).
        documents, annotators, cells: Units of each kind; a cell is one annotator on one document.
        model: Variance that the model expects of single votes, shape (s, contrasts).
        votes: Votes about each contrast, shape (s, contrasts).
        games: Votes by pair of systems, summed over the studies, shape (n, n).
    """

    estimate: FloatArray
    documents: Units
    annotators: Units
    cells: Units
    model: FloatArray
    votes: FloatArray
    games: FloatArray


def contrasts(n: int) -> tuple[FloatArray, FloatArray]:
    """Give the contrasts of n systems and whose votes they are about, shape (contrasts, n) each."""
    pairs = [(i, i + 1) for i in range(n - 1)] + ([(0, n - 1)] if n > 2 else [])
    each = np.eye(n)
    differences = np.array([each[i] - each[j] for i, j in pairs])
    about = np.array([(each[i] + each[j]) / 2 for i, j in pairs])
    return np.concatenate([each - 1 / n, differences]), np.concatenate([each, about])


def squared_length(n: int) -> FloatArray:
    """Give the squared length of each contrast."""
    length: FloatArray = (contrasts(n)[0] ** 2).sum(axis=1)
    return length


def moments_of(studies: Studies) -> Moments:
    """Fit all studies and sum their residuals."""
    design, strengths, wins = studies.design, fitted(studies), studies.wins
    n, row = design.systems, np.arange(len(wins))[:, np.newaxis]
    chance = 1 / (1 + np.exp(strengths[:, np.newaxis, :] - strengths[:, :, np.newaxis]))
    inverse = _inverse(wins + wins.swapaxes(1, 2), chance)
    linear, about = contrasts(n)
    residual = studies.share - chance[row, studies.a, studies.b]
    move = inverse @ linear.T
    counted = (wins + wins.swapaxes(1, 2)).sum(axis=2)

    def by(unit: IntArray, size: int) -> Units:
        influence = _sums(studies, unit, size, residual, -residual) @ move
        ones = np.ones_like(residual)
        shares = _sums(studies, unit, size, ones, ones) / counted[:, np.newaxis, :]
        return Units(influence, shares @ about.T, shares.mean(axis=2))

    return Moments(
        strengths @ linear.T,
        by(studies.document, design.documents),
        by(studies.annotator, design.annotators),
        by(studies.cell, design.cells),
        np.einsum("sij,qi,qj->sq", inverse, linear, linear),
        1 / ((1 / counted) @ about.T),
        (wins + wins.swapaxes(1, 2)).sum(axis=0),
    )


def _inverse(games: FloatArray, chance: FloatArray) -> FloatArray:
    """Invert the penalized negative Hessian of each study, acting on strengths with mean zero."""
    n = games.shape[1]
    curvature = games * chance * (1 - chance)
    hessian = -curvature
    hessian[:, np.arange(n), np.arange(n)] = curvature.sum(axis=2) + PENALTY
    centre = np.eye(n) - 1 / n
    return np.asarray(centre @ np.linalg.inv(hessian) @ centre)


def _sums(studies: Studies, unit: IntArray, size: int, for_a: FloatArray, for_b: FloatArray) -> FloatArray:
    """Sum values of a and of b by study, unit and system; shape (s, size, n)."""
    count, n = len(unit), studies.design.systems
    place = (np.arange(count)[:, np.newaxis] * size + unit) * n
    total = np.bincount((place + studies.a).ravel(), for_a.ravel(), count * size * n)
    total += np.bincount((place + studies.b).ravel(), for_b.ravel(), count * size * n)
    return np.asarray(total.reshape(count, size, n))
