"""Rate systems from people's votes helped by what judges and metrics say of every pair (PPI++)."""

from dataclasses import dataclass

import numpy as np

from stats.judges.arrays import Items
from stats.judges.jury import JuryRows, cross_fitted
from stats.judges.sums import Layout, Sums
from stats.strengths.bradley_terry import fit_bradley_terry
from stats.uncertainty.calibrated import LEVEL, Precision
from stats.uncertainty.sandwich import bread
from stats.votes.arrays import BoolArray, FloatArray, IntArray, InvalidVotesError, VoteArrays

ROUNDS = 100
# Predictions that are surer than they should be weigh less than 1, those less sure more.
MOST_WEIGHT = 2.0
NO_WEIGHT = 1e-12


@dataclass(frozen=True)
class HelpedRatings:
    """Hold ratings by system with and without help, in log-odds with mean zero; shape (n,) each.

    Attributes:
        strengths, lower, upper: With help, and their bounds.
        classical, classical_lower, classical_upper: From the votes alone.
        tuning: Weight of the predictions by stratum, 0 (not used) to 2; 1 for those that are as sure as they should be.
        effective: Votes that would give each system this variance without help.
        precision: Of `moved`, for differences of systems too.
        alone: Of `classical`.
        moved: Strengths that all use the help, whether it narrows their interval or not.
    """

    strengths: FloatArray
    lower: FloatArray
    upper: FloatArray
    classical: FloatArray
    classical_lower: FloatArray
    classical_upper: FloatArray
    tuning: FloatArray
    effective: FloatArray
    precision: Precision
    alone: Precision
    moved: FloatArray


def helped_ratings(
    votes: VoteArrays,
    item: IntArray,
    items: Items,
    predictors: FloatArray,
    *,
    seed: int,
    judges: BoolArray | None = None,
    strata: IntArray | None = None,
    level: float = LEVEL,
) -> HelpedRatings:
    """Move Bradley–Terry strengths by predictions of every pair, less their error on the pairs with votes.

    The predictors become one share of a by a jury that is cross-fitted over documents; see jury.cross_fitted.

    Args:
        votes: Votes that connect all their systems; weights are 1 / chance where pairs were drawn by chances.
        item: Item of each vote, shape (n_votes,); systems may be the other way round there.
        items: Everything that could be voted on: pairs with votes, other pairs of their documents, other documents.
            Of each pair of systems those with votes are a random sample, given the weights.
        predictors: What each judge or metric says of a less what it says of b, NaN where unknown, shape (n_items, k).
        seed: Of the deal of documents into folds.
        judges: Which predictors are judges, shape (k,), who may only count for what they say; all of them if None.
        strata: Stratum of each item from 0, such as its language, shape (n_items,): predictions weigh by stratum where
            that narrows intervals by more than it costs. One stratum if None.
        level: Of the bounds, between 0 and 1.
    Raises:
        InvalidVotesError: Shapes differ, a vote's systems are not its item's, or all votes are about one document.
    Source:
        As in powered.
    """
    if item.shape != votes.outcome.shape or predictors.ndim != 2 or len(predictors) != len(items):
        raise InvalidVotesError("An item for every vote, and predictors of shape (n_items, k), are needed.")
    x = np.nan_to_num(predictors, nan=0.0)
    sign = Layout.of(votes, item, items).sign
    told = JuryRows(x[item] * sign[:, np.newaxis], votes.a_share, votes.weights, items.document[item], votes.annotator)
    predicted = cross_fitted(told, x, items.document, seed=seed, judges=judges)
    return powered(votes, item, items, predicted, strata=strata, level=level)


def powered(
    votes: VoteArrays,
    item: IntArray,
    items: Items,
    predicted: FloatArray,
    *,
    strata: IntArray | None = None,
    level: float = LEVEL,
) -> HelpedRatings:
    """Move Bradley–Terry strengths by predicted shares, shape (n_items,), that votes on their document had no part in.

    The gradient of the likelihood of votes is added to that of the predictions on all items, each pair of systems
    weighing as among the votes, less that of the predictions on items with votes; times a weight that makes
    the sum of variances over documents smallest. The move is one Newton step. Bounds are those of boards
    (calibrated.precision), of votes less predictions, with documents without votes as one more source. A system whose
    bounds would be wider keeps those of the votes alone.

    Source:
        Angelopoulos, Duchi and Zrnic (2023), PPI++, arXiv 2311.01453. On comparing language models: Boyeau et al.
        (2024), arXiv 2403.07008. By stratum: Fisch et al. (2024), StratPPI, arXiv 2406.04291. All items in place of
        those without votes: the difference estimator, Särndal, Swensson and Wretman (1992), Model Assisted Survey
        Sampling.
    """
    strengths = fit_bradley_terry(votes.wins())
    inverse = bread(votes.wins(), strengths)
    layout = Layout.of(votes, item, items)
    own = layout.sums(votes.weights * (votes.a_share - _chance(strengths, votes)), np.zeros(len(items)))
    controls = [layout.control(predicted - 0.5, mask) for mask in _strata(strata, len(items))]
    tuning, net = _best(own, controls, inverse)
    alone, helped = layout.precision(own, inverse), layout.precision(own.less(net), inverse)
    return _never_wider(strengths, strengths - inverse @ net.total, helped, alone, tuning, votes, level)


def _strata(strata: IntArray | None, n_items: int) -> list[BoolArray]:
    """Mark all items, then those of each stratum if there are several."""
    by_stratum = [] if strata is None else [strata == s for s in np.unique(strata).tolist()]
    return [np.ones(n_items, dtype=bool), *(by_stratum if len(by_stratum) > 1 else [])]


def _best(own: Sums, controls: list[Sums], inverse: FloatArray) -> tuple[FloatArray, Sums]:
    """Weigh the predictions: all alike, or by stratum if the sum of variances is smaller by more than strata cost."""
    whole, split = controls[:1], controls[1:]
    tuning, variance = _tuned(own, whole, inverse)
    if split:
        by_stratum, smaller = _tuned(own, split, inverse)
        documents = max(len(own.document), 1)
        if smaller * (1 + 2 * len(split) / documents) < variance * (1 + 2 / documents):
            tuning, whole = by_stratum, split
    net = own.less(own)
    for weight, control in zip(tuning.tolist(), whole, strict=True):
        net = net.plus(control.times(weight))
    return tuning, net


def _tuned(own: Sums, controls: list[Sums], inverse: FloatArray) -> tuple[FloatArray, float]:
    """Give the weights that make the sum of variances over documents smallest, and that sum."""
    flat = [np.concatenate([c.document, c.others]) @ inverse for c in controls]
    ours = np.concatenate([own.document, own.others]) @ inverse
    cross = np.array([float((ours * c).sum()) for c in flat])
    pooled = np.array([[float((a * b).sum()) for b in flat] for a in flat])
    weight = np.zeros(len(flat))
    for _ in range(ROUNDS):
        for k in range(len(flat)):
            if pooled[k, k] > NO_WEIGHT:
                rest = cross[k] - pooled[k] @ weight + pooled[k, k] * weight[k]
                weight[k] = min(MOST_WEIGHT, max(0.0, rest / pooled[k, k]))
    return weight, float((ours**2).sum() - 2 * weight @ cross + weight @ pooled @ weight)


def _chance(strengths: FloatArray, votes: VoteArrays) -> FloatArray:
    """Give the probability that a beats b in each vote."""
    return np.asarray(0.5 + 0.5 * np.tanh((strengths[votes.system_a] - strengths[votes.system_b]) / 2))


def _never_wider(
    classical: FloatArray,
    moved: FloatArray,
    helped: Precision,
    alone: Precision,
    tuning: FloatArray,
    votes: VoteArrays,
    level: float,
) -> HelpedRatings:
    """Keep each system's moved strength where its bounds are narrower than those of the votes alone."""
    reach_alone, reach_helped = np.diag(alone.reach(level)), np.diag(helped.reach(level))
    better = reach_helped < reach_alone
    strengths, reach = np.where(better, moved, classical), np.where(better, reach_helped, reach_alone)
    before, after = np.diag(alone.variance), np.where(better, np.diag(helped.variance), np.diag(alone.variance))
    effective = len(votes) * np.where(after > 0, before / np.where(after > 0, after, 1), 1)
    return HelpedRatings(
        strengths,
        strengths - reach,
        strengths + reach,
        classical,
        classical - reach_alone,
        classical + reach_alone,
        tuning,
        np.maximum(effective, len(votes)),
        helped,
        alone,
        moved,
    )
