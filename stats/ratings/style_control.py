"""Rate systems as if all summaries had the same style: Bradley–Terry with differences in style as covariates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

from stats.strengths.bradley_terry import MAX_STEPS, PENALTY, TOLERANCE, InvalidWinsError, NotConvergedError
from stats.uncertainty.calibrated import Precision, UnitVariance, combined, unit_shares, variances, vote_noise
from stats.uncertainty.sandwich import document_and_annotator
from stats.votes.arrays import FloatArray, IntArray, VoteArrays, renumbered
from stats.votes.tallies import units


@dataclass(frozen=True)
class StyleControl:
    """Hold strengths at equal style, and the effects of k features of it.

    Attributes:
        strengths: Of systems at equal style, in log-odds with mean zero, shape (n,).
        lower, upper: Their 95 % bounds, shape (n,).
        effects: Log-odds gained where the relative difference in a feature is one standard deviation larger, the other
            features as they are, shape (k,); NaN for a feature in which no two summaries of a vote differ.
        effects_lower, effects_upper: Their 95 % bounds, shape (k,).
        deviations: Those standard deviations, of (f_a - f_b) / (f_a + f_b), shape (k,); 0 where the effect is NaN.
    """

    strengths: FloatArray
    lower: FloatArray
    upper: FloatArray
    effects: FloatArray
    effects_lower: FloatArray
    effects_upper: FloatArray
    deviations: FloatArray


def style_controlled(votes: VoteArrays, style_a: FloatArray, style_b: FloatArray) -> StyleControl:
    """Fit log-odds(a over b) = s_a - s_b + effects · x, where x are relative differences over their deviations.

    A difference is 0 where neither summary has anything of a feature. x is scaled but not centred: which system is a
    carries no meaning, so equal styles must stay at zero. The penalty is that of the ratings, on the strengths and the
    effects. Bounds are those of boards (calibrated.precision).

    Args:
        votes: Votes that connect all their systems, each of which has some.
        style_a, style_b: Features of the two summaries of each vote, counts of 0 or more, shape (n_votes, k).
    Raises:
        InvalidWinsError: A feature is negative or not finite.
        NotConvergedError: The fit's steps do not become small.
    Source:
        LMSYS (2024), Does style matter? Disentangling style and substance in Chatbot Arena, and FastChat's style
        control.
    """
    both = np.concatenate([style_a, style_b])
    if not np.isfinite(both).all() or (both < 0).any():
        raise InvalidWinsError("Features of style must be finite and not negative.")
    total = style_a + style_b
    relative = np.divide(style_a - style_b, total, out=np.zeros_like(total, dtype=np.float64), where=total > 0)
    # About zero, because x is not centred.
    deviations = np.sqrt((relative**2).mean(axis=0))
    varies = deviations > 0
    design = _design(votes, relative[:, varies] / deviations[varies])
    at = _fit(votes, design)
    n = votes.n_systems
    reaches = np.diag(_precision(votes, design, at).reach())
    strengths, reach = at[:n] - at[:n].mean(), reaches[:n]
    effects, effects_reach = np.full((2, len(varies)), np.nan)
    effects[varies], effects_reach[varies] = at[n:], reaches[n:]
    return StyleControl(
        strengths,
        strengths - reach,
        strengths + reach,
        effects,
        effects - effects_reach,
        effects + effects_reach,
        deviations,
    )


def _design(votes: VoteArrays, x: FloatArray) -> scipy.sparse.csr_array:
    """Build the matrix of votes by systems and features: 1 for a, -1 for b, then x, shape (n_votes, n + k)."""
    (rows, k), n = x.shape, votes.n_systems
    values = np.concatenate([np.ones(rows), -np.ones(rows), x.T.ravel()])
    of_features = np.repeat(np.arange(n, n + k), rows)
    columns = np.concatenate([votes.system_a, votes.system_b, of_features])
    return scipy.sparse.csr_array((values, (np.tile(np.arange(rows), 2 + k), columns)), shape=(rows, n + k))


def _chance(design: scipy.sparse.csr_array, at: FloatArray) -> FloatArray:
    """Give the probability that a wins each vote."""
    return 0.5 + 0.5 * np.tanh((design @ at) / 2)


def _hessian(votes: VoteArrays, design: scipy.sparse.csr_array, chance: FloatArray) -> FloatArray:
    """Give the penalized negative Hessian, shape (n + k, n + k)."""
    weighted = scipy.sparse.csr_array(design.multiply((votes.weights * chance * (1 - chance))[:, np.newaxis]))
    return (design.T @ weighted).toarray() + PENALTY * np.eye(design.shape[1])


def _fit(votes: VoteArrays, design: scipy.sparse.csr_array) -> FloatArray:
    """Fit strengths and effects by Newton's method, shape (n + k,).

    Steps are scaled as in fit_many, by the largest change of a vote's log-odds.
    """
    at = np.zeros(design.shape[1])
    for _ in range(MAX_STEPS):
        chance = _chance(design, at)
        gradient = design.T @ (votes.weights * (votes.a_share - chance)) - PENALTY * at
        step = np.linalg.solve(_hessian(votes, design, chance), gradient)
        change = float(np.abs(design @ step).max())
        at = at + step * (np.log1p(change) / max(change, TOLERANCE))
        if change <= TOLERANCE:
            return at
    raise NotConvergedError(f"The fit still moves after {MAX_STEPS} steps.")


def _precision(votes: VoteArrays, design: scipy.sparse.csr_array, at: FloatArray) -> Precision:
    """Give the precision of the strengths less their mean, and of the effects."""
    chance = _chance(design, at)
    centre, n = np.eye(len(at)), votes.n_systems
    centre[:n, :n] -= 1 / n
    bread = centre @ np.linalg.inv(_hessian(votes, design, chance))
    scores = scipy.sparse.csr_array(design.multiply((votes.weights * (votes.a_share - chance))[:, np.newaxis]))
    # An effect has a variance of its own between units; those of systems are alike.
    circle = np.eye(len(at), dtype=bool)
    circle[:n, :n] = True

    def spread(unit: IntArray, weight: FloatArray | None = None) -> FloatArray:
        return variances(bread @ _summed(scores, unit, weight) @ bread.T)

    shares = unit_shares(votes, features=len(at) - n)
    sources = [UnitVariance(share, spread(share.row, share.weight)) for share in shares]
    cell = renumbered(document_and_annotator(votes))
    counts = np.r_[votes.count_by_system(), np.full(len(at) - n, len(votes))]
    return combined(vote_noise(spread(cell), variances(bread @ centre.T), units(cell), counts), sources, circle)


def _summed(scores: scipy.sparse.csr_array, cluster: IntArray, weight: FloatArray | None = None) -> FloatArray:
    """Sum the outer products of the clusters' scores, each times its weight, shape (n + k, n + k)."""
    size = units(cluster)
    values = np.ones(len(cluster)) if weight is None else np.sqrt(weight)[cluster]
    member = scipy.sparse.csr_array((values, (cluster, np.arange(len(cluster)))), shape=(size, len(cluster)))
    sums = member @ scores
    return (sums.T @ sums).toarray()
