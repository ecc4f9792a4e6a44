"""Help votes by a metric: it predicts every comparison, and the votes correct its errors (PPI++)."""

from dataclasses import dataclass

import numpy as np
import scipy

from stats.strengths.bradley_terry import fit_bradley_terry
from stats.uncertainty.calibrated import Noise, Precision, UnitVariance, combined, unit_shares, variances, vote_noise
from stats.uncertainty.sandwich import bread
from stats.votes.arrays import BoolArray, FloatArray, IntArray, InvalidVotesError, VoteArrays


@dataclass(frozen=True)
class PoweredRatings:
    """Hold ratings by system with and without the metric, in log-odds with mean zero.

    Attributes:
        strengths, lower, upper: With the metric, and their bounds, shape (n,).
        classical, classical_lower, classical_upper: From the votes alone, and their bounds, shape (n,).
        tuning: Weight of the metric, 0 (not used) to 1.
        effective: Votes that would give each system this variance without the metric, shape (n,).
    """

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
    """Hold predictions for m comparisons without votes.

    Attributes:
        system_a, system_b: Index of each system, shape (m,).
        share: Predicted share of a, from 0 to 1, shape (m,).
        unit: Index of the document, shape (m,).
    """

    system_a: IntArray
    system_b: IntArray
    share: FloatArray
    unit: IntArray

    def pair(self, n_systems: int) -> IntArray:
        """Number the unordered pair of each comparison."""
        return _pair(self.system_a, self.system_b, n_systems)


def powered_ratings(
    votes: VoteArrays, predicted: FloatArray, others: Predictions, *, level: float = 0.95
) -> PoweredRatings:
    """Move Bradley–Terry strengths by a metric's predictions for comparisons without votes, less its error on votes.

    The move is one Newton step from the maximum likelihood, which for many votes is as good as the minimum of the loss
    of PPI++. Bounds are those of boards (calibrated.precision). A system whose bounds would be wider than those of the
    votes alone keeps these.

    Args:
        votes: Votes that connect all their systems; documents and annotators numbered from 0 without gaps.
        predicted: Shape (n_votes,), the metric's share of a, from 0 to 1, for the comparison of each vote.
        others: Comparisons of documents without votes. Each pair of systems counts as often as among the votes; a pair
            that occurs only in one of the two is not helped.
        level: Of the bounds, between 0 and 1.
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
    with_help, alone = gradients.precision(inverse, tuning), gradients.precision(inverse, 0.0)
    step = inverse @ (beyond.sum(axis=0) - gradients.told_in_all)
    return _never_wider(strengths, strengths + tuning * step, with_help, alone, tuning, len(votes), level)


def _matched(votes: VoteArrays, others: Predictions) -> tuple[BoolArray, FloatArray]:
    """Match votes and other comparisons by pair of systems.

    Returns:
        Votes whose pair occurs among the others, shape (n_votes,).
        Weight of each other comparison, shape (m,), so that a pair weighs as much as among the votes.
    """
    n = votes.n_systems
    pair_of_vote, pair_of_other = _pair(votes.system_a, votes.system_b, n), others.pair(n)
    in_votes = np.bincount(pair_of_vote, weights=votes.weights, minlength=n * n)
    in_others = np.bincount(pair_of_other, minlength=n * n)
    return in_others[pair_of_vote] > 0, in_votes[pair_of_other] / in_others[pair_of_other]


def _pair(a: IntArray, b: IntArray, n: int) -> IntArray:
    """Number unordered pairs of n systems."""
    pair: IntArray = np.minimum(a, b) * n + np.maximum(a, b)
    return pair


@dataclass(frozen=True)
class _Gradients:
    """Hold gradients of the votes and of the metric's predictions, summed by unit, less their means.

    Attributes:
        own: Gradients of the votes by document, annotator and cell, shape (units, n) each.
        told: Those of the metric on the same comparisons.
        beyond: Those of the metric on other documents, shape (n_others, n).
        told_in_all: Sum of the metric's gradients on the comparisons with votes, shape (n,).
        votes: The votes.
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
        """Sum gradients by document, annotator and cell.

        Args:
            own, told: Residuals of the votes and of the metric on them, shape (n_votes,).
            beyond: Gradients of the metric by other document, shape (n_others, n).
            weights: Weight of each other document, shape (n_others,).
        """
        cell_of_vote = votes.document * (int(votes.annotator.max()) + 1) + votes.annotator

        def by_unit(values: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
            document, annotator, cell = (
                _centred(
                    _sums(votes.system_a, votes.system_b, unit, values, votes.n_systems), _totals(unit, votes.weights)
                )
                for unit in (votes.document, votes.annotator, cell_of_vote)
            )
            return document, annotator, cell

        in_all = _sums(votes.system_a, votes.system_b, np.zeros_like(cell_of_vote), told, votes.n_systems)[0]
        return cls(by_unit(own), by_unit(told), _centred(beyond, weights), in_all, votes)

    def tuning(self, inverse: FloatArray) -> float:
        """Choose the weight of the metric, 0 to 1, that makes the sum of the systems' variances smallest."""

        def two_way(left: tuple[FloatArray, ...], right: tuple[FloatArray, ...]) -> float:
            document, annotator, cell = (a.T @ b for a, b in zip(left, right, strict=True))
            middle = document if self.single_annotator else document + annotator - cell
            return float(np.trace(inverse @ middle @ inverse))

        cross = two_way(self.own, self.told)
        pooled = two_way(self.told, self.told) + float(np.trace(inverse @ self.beyond.T @ self.beyond @ inverse))
        return float(np.clip(cross / pooled, 0, 1)) if pooled > 0 else 0.0

    @property
    def single_annotator(self) -> bool:
        """Tell whether all votes are one annotator's."""
        return not self.votes.annotator.any()

    def precision(self, inverse: FloatArray, tuning: float) -> Precision:
        """Give the precision of the strengths with this weight of the metric.

        How annotators differ is taken from the votes alone: a metric says nothing about it, and would only add which
        documents each of them had.
        """
        document, _, cell = (own - tuning * told for own, told in zip(self.own, self.told, strict=True))
        circle = np.ones(inverse.shape, dtype=bool)
        counts = self.votes.count_by_system()

        def spread(sums: FloatArray, weight: FloatArray | float = 1.0) -> FloatArray:
            return variances(inverse @ (sums.T * weight) @ sums @ inverse, circle)

        def noise_of(cells: FloatArray) -> Noise:
            return vote_noise(spread(cells), variances(inverse, circle), len(cells), counts)

        noise = noise_of(cell)
        surplus = noise_of(self.own[2]).variance - noise.variance
        kinds = [(sums, extra) for sums, extra in ((document, 0.0), (self.own[1], 1.0)) if len(sums) > 1]
        sources = [
            # Annotators' squares hold the noise of votes without the metric; `combined` subtracts that with it.
            UnitVariance(share, np.maximum(0, spread(sums, share.weight) - extra * share.noise * surplus))
            for share, (sums, extra) in zip(unit_shares(self.votes), kinds, strict=True)
        ]
        others, n_others = tuning**2 * spread(self.beyond), len(self.beyond)
        return combined(noise, sources, circle).with_source(
            others * n_others / max(1, n_others - 1), max(1, n_others - 1)
        )


def _never_wider(
    classical: FloatArray,
    moved: FloatArray,
    helped: Precision,
    alone: Precision,
    tuning: float,
    n_votes: int,
    level: float,
) -> PoweredRatings:
    """Keep each system's moved strength where its bounds are narrower than those of the votes alone."""
    variance_alone, variance_helped = np.diag(alone.variance), np.diag(helped.variance)
    reach_alone, reach_helped = np.diag(alone.reach(level)), np.diag(helped.reach(level))
    better = reach_helped < reach_alone
    strengths, reach = np.where(better, moved, classical), np.where(better, reach_helped, reach_alone)
    kept = np.where(better, variance_helped, variance_alone)
    effective = n_votes * np.where(kept > 0, variance_alone / np.where(kept > 0, kept, 1), 1)
    return PoweredRatings(
        strengths,
        strengths - reach,
        strengths + reach,
        classical,
        classical - reach_alone,
        classical + reach_alone,
        tuning,
        np.maximum(effective, n_votes),
    )


def _chance(strengths: FloatArray, a: IntArray, b: IntArray) -> FloatArray:
    """Give the probability that a beats b."""
    chance: FloatArray = 0.5 + 0.5 * np.tanh((strengths[a] - strengths[b]) / 2)
    return chance


def _totals(unit: IntArray, weights: FloatArray) -> FloatArray:
    """Sum weights by unit, shape (n_units,)."""
    _, row = np.unique(unit, return_inverse=True)
    totals: FloatArray = np.bincount(row, weights=weights).astype(np.float64)
    return totals


def _sums(a: IntArray, b: IntArray, unit: IntArray, residuals: FloatArray, n_systems: int) -> FloatArray:
    """Sum gradients over each unit, shape (n_units, n_systems)."""
    units, row = np.unique(unit, return_inverse=True)
    values = np.concatenate([residuals, -residuals])
    shape = (len(units), n_systems)
    summed: FloatArray = scipy.sparse.csr_array(
        (values, (np.tile(row, 2), np.concatenate([a, b]))), shape=shape
    ).toarray()
    return summed


def _centred(sums: FloatArray, weights: FloatArray) -> FloatArray:
    """Subtract from each unit its share, by weight, of the sum over all units."""
    return sums - np.outer(weights, sums.sum(axis=0) / weights.sum())
