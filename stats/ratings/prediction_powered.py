"""Votes helped by a metric: the metric predicts every comparison, the votes correct what it gets wrong (PPI++)."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from stats.strengths.bradley_terry import fit_bradley_terry
from stats.uncertainty.sandwich import CovarianceParts, bread
from stats.uncertainty.small_samples import Components, counts_of
from stats.votes.arrays import BoolArray, FloatArray, IntArray, InvalidVotesError, VoteArrays


@dataclass(frozen=True)
class PoweredRatings:
    """By system, in log-odds with mean zero; effective: votes that would have this variance without predictions."""

    strengths: FloatArray
    lower: FloatArray
    upper: FloatArray
    classical: FloatArray
    classical_lower: FloatArray
    classical_upper: FloatArray
    tuning: float
    effective: FloatArray


@dataclass(frozen=True)
class Predictions:
    """Comparisons without votes, shapes (m,): the pair, the predicted share of a (0 to 1), and the unit (document)."""

    system_a: IntArray
    system_b: IntArray
    share: FloatArray
    unit: IntArray

    def pair(self, n_systems: int) -> IntArray:
        return _pair(self.system_a, self.system_b, n_systems)


def powered_ratings(
    votes: VoteArrays, predicted: FloatArray, others: Predictions, *, level: float = 0.95
) -> PoweredRatings:
    """Bradley–Terry strengths moved by what a metric says on comparisons without votes, less its error on those with.

    One Newton step from the maximum likelihood, which is as good as the minimum of PPI++'s loss for many votes. Bounds
    are those of the two-way sandwich, with t for few documents or annotators. A system whose bounds would be wider than
    the votes' own keeps what the votes say.

    Args:
        votes: Votes that connect all their systems; documents and annotators numbered from 0 without gaps.
        predicted: Shape (n_votes,), the metric's share of a, from 0 to 1, for the comparisons with votes.
        others: Comparisons of documents without votes. Each pair of systems counts as often as among the votes; a pair
            that is not among these, or not among those, is not helped.
    Raises:
        InvalidVotesError: The shapes differ, or there are no other comparisons.
    Source:
        Angelopoulos, Duchi and Zrnic (2023), PPI++: Efficient prediction-powered inference, arXiv 2311.01453; the step
        is the one-step form of their M-estimator. On comparing language models: Boyeau et al. (2024), arXiv
        2403.07008. Clusters: Cameron, Gelbach and Miller (2011), Journal of Business and Economic Statistics 29,
        238-249.
    """
    if predicted.shape != votes.outcome.shape or not len(others.share):
        raise InvalidVotesError("A prediction for every vote, and comparisons without votes, are needed.")
    strengths = fit_bradley_terry(votes.wins())
    inverse = bread(votes.wins(), strengths)
    chance = _chance(strengths, votes.system_a, votes.system_b)
    helped, weight = _matched(votes, others)
    own = votes.weights * (votes.a_share - chance)
    told = np.where(helped, votes.weights * (predicted - chance), 0)
    off = weight * (others.share - _chance(strengths, others.system_a, others.system_b))
    beyond = _sums(others.system_a, others.system_b, others.unit, off, votes.n_systems)
    gradients = _Gradients.of(votes, own, told, beyond, _totals(others.unit, weight))
    tuning = gradients.tuning(inverse)
    with_help, alone = gradients.components(inverse, tuning), gradients.components(inverse, 0.0)
    step = inverse @ (beyond.sum(axis=0) - gradients.told_in_all)
    return _never_wider(strengths, strengths + tuning * step, with_help, alone, tuning, len(votes), level)


def _matched(votes: VoteArrays, others: Predictions) -> tuple[BoolArray, FloatArray]:
    """Which votes are of a pair that the others have too; and by other comparison its weight, summing to the votes'."""
    n = votes.n_systems
    voted, foreign = _pair(votes.system_a, votes.system_b, n), others.pair(n)
    in_votes = np.bincount(voted, weights=votes.weights, minlength=n * n)
    in_others = np.bincount(foreign, minlength=n * n)
    return in_others[voted] > 0, in_votes[foreign] / in_others[foreign]


def _pair(a: IntArray, b: IntArray, n: int) -> IntArray:
    pair: IntArray = np.minimum(a, b) * n + np.maximum(a, b)
    return pair


@dataclass(frozen=True)
class _Gradients:
    """By document, annotator and both: gradients of the votes, and of what the metric says, less their means.

    Each of shape (units, n). beyond: the metric's on other documents.
    """

    own: tuple[FloatArray, FloatArray, FloatArray]
    told: tuple[FloatArray, FloatArray, FloatArray]
    beyond: FloatArray
    told_in_all: FloatArray
    votes: VoteArrays

    @classmethod
    def of(
        cls, votes: VoteArrays, own: FloatArray, told: FloatArray, beyond: FloatArray, weights: FloatArray
    ) -> "_Gradients":
        both = votes.document * (int(votes.annotator.max()) + 1) + votes.annotator

        def by_unit(values: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
            document, annotator, cell = (
                _centred(
                    _sums(votes.system_a, votes.system_b, unit, values, votes.n_systems), _totals(unit, votes.weights)
                )
                for unit in (votes.document, votes.annotator, both)
            )
            return document, annotator, cell

        in_all = _sums(votes.system_a, votes.system_b, np.zeros_like(both), told, votes.n_systems)[0]
        return cls(by_unit(own), by_unit(told), _centred(beyond, weights), in_all, votes)

    def tuning(self, inverse: FloatArray) -> float:
        """The share of the metric that makes the sum of the variances smallest, by documents and by annotators."""

        def two_way(left: tuple[FloatArray, ...], right: tuple[FloatArray, ...]) -> float:
            document, annotator, cell = (one.T @ other for one, other in zip(left, right, strict=True))
            middle = document if self.single_annotator else document + annotator - cell
            return float(np.trace(inverse @ middle @ inverse))

        cross = two_way(self.own, self.told)
        pooled = two_way(self.told, self.told) + float(np.trace(inverse @ self.beyond.T @ self.beyond @ inverse))
        return float(np.clip(cross / pooled, 0, 1)) if pooled > 0 else 0.0

    @property
    def single_annotator(self) -> bool:
        return not self.votes.annotator.any()

    def components(self, inverse: FloatArray, tuning: float) -> Components:
        document, annotator, cell = (
            inverse @ (own - tuning * told).T @ (own - tuning * told) @ inverse
            for own, told in zip(self.own, self.told, strict=True)
        )
        parts = CovarianceParts(document - cell, annotator - cell, cell)
        others = tuning**2 * inverse @ self.beyond.T @ self.beyond @ inverse
        return Components.of(parts, counts_of(self.votes)).with_source(others, len(self.beyond))


def _never_wider(
    classical: FloatArray,
    moved: FloatArray,
    helped: Components,
    alone: Components,
    tuning: float,
    n_votes: int,
    level: float,
) -> PoweredRatings:
    own, variance = np.diag(alone.variance), np.diag(helped.variance)
    wide = np.diag(alone.quantile(level)) * np.sqrt(own)
    short = np.diag(helped.quantile(level)) * np.sqrt(variance)
    better = short < wide
    strengths, reach = np.where(better, moved, classical), np.where(better, short, wide)
    smaller = np.where(better, variance, own)
    effective = n_votes * np.where(smaller > 0, own / np.where(smaller > 0, smaller, 1), 1)
    return PoweredRatings(
        strengths,
        strengths - reach,
        strengths + reach,
        classical,
        classical - wide,
        classical + wide,
        tuning,
        np.maximum(effective, n_votes),
    )


def _chance(strengths: FloatArray, a: IntArray, b: IntArray) -> FloatArray:
    chance: FloatArray = 0.5 + 0.5 * np.tanh((strengths[a] - strengths[b]) / 2)
    return chance


def _totals(unit: IntArray, weights: FloatArray) -> FloatArray:
    _, place = np.unique(unit, return_inverse=True)
    totals: FloatArray = np.bincount(place, weights=weights).astype(np.float64)
    return totals


def _sums(a: IntArray, b: IntArray, unit: IntArray, residuals: FloatArray, n_systems: int) -> FloatArray:
    """Gradients summed over each unit, shape (n_units, n_systems)."""
    names, place = np.unique(unit, return_inverse=True)
    values = np.concatenate([residuals, -residuals])
    shape = (len(names), n_systems)
    summed: FloatArray = csr_array((values, (np.tile(place, 2), np.concatenate([a, b]))), shape=shape).toarray()
    return summed


def _centred(sums: FloatArray, weights: FloatArray) -> FloatArray:
    """Less the mean of all, as much as the unit's weight has in it."""
    return sums - np.outer(weights, sums.sum(axis=0) / weights.sum())
