"""Rate systems as if all summaries were equally long: Bradley–Terry with the difference in length as a covariate."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from stats.strengths.bradley_terry import MAX_STEPS, PENALTY, TOLERANCE, InvalidWinsError, NotConvergedError
from stats.uncertainty.sandwich import CovarianceParts
from stats.uncertainty.small_samples import Components, counts_of
from stats.votes.arrays import FloatArray, IntArray, VoteArrays


@dataclass(frozen=True)
class LengthControl:
    """Hold strengths at equal length, and the effect of length.

    Attributes:
        strengths: Of systems at equal length, in log-odds with mean zero, shape (n,).
        lower, upper: Their 95 % bounds, shape (n,).
        effect: Log-odds gained where the relative difference in length is one standard deviation larger.
        effect_lower, effect_upper: Its 95 % bounds.
        deviation: That standard deviation, of (l_a - l_b) / (l_a + l_b); 0 where all summaries are equally long, and
            then effect and its bounds are NaN.
    """

    strengths: FloatArray
    lower: FloatArray
    upper: FloatArray
    effect: float
    effect_lower: float
    effect_upper: float
    deviation: float


def length_controlled(votes: VoteArrays, length_a: FloatArray, length_b: FloatArray) -> LengthControl:
    """Fit log-odds(a over b) = s_a - s_b + effect * x, where x is the relative difference in length over its deviation.

    x is scaled but not centred: which system is a carries no meaning, so equal lengths must stay at zero. The penalty
    is that of the ratings, on the strengths and on the effect. Bounds come from the two-way clustered sandwich, with t
    for few units.

    Args:
        votes: Votes that connect all their systems, each of which has some.
        length_a, length_b: Length of the two summaries of each vote, in words or characters, above 0, shape (n_votes,).
    Raises:
        InvalidWinsError: A length is not finite and above 0.
        NotConvergedError: The fit's steps do not become small.
    Source:
        LMSYS (2024), Does style matter? Disentangling style and substance in Chatbot Arena, and FastChat's style
        control. Clusters: Cameron, Gelbach and Miller (2011), as in sandwich.covariance_parts.
    """
    lengths = np.concatenate([length_a, length_b])
    if not np.isfinite(lengths).all() or (lengths <= 0).any():
        raise InvalidWinsError("Lengths must be finite and above 0.")
    relative = (length_a - length_b) / (length_a + length_b)
    # About zero, because x is not centred.
    deviation = float(np.sqrt((relative**2).mean()))
    design = _design(votes, relative / deviation if deviation > 0 else relative)
    at = _fit(votes, design)
    n = votes.n_systems
    components = Components.of(_two_way(votes, design, at), counts_of(votes))
    reaches = np.diag(components.quantile() * np.sqrt(components.variance))
    reach, strengths = reaches[:n], at[:n] - at[:n].mean()
    effect, effect_reach = (float(at[n]), float(reaches[n])) if deviation > 0 else (np.nan, np.nan)
    return LengthControl(
        strengths,
        strengths - reach,
        strengths + reach,
        effect,
        effect - effect_reach,
        effect + effect_reach,
        deviation,
    )


def _design(votes: VoteArrays, x: FloatArray) -> csr_array:
    """Build the matrix of votes by systems and length: 1 for a, -1 for b, x in the last column."""
    rows = np.arange(len(votes))
    values = np.concatenate([np.ones(len(votes)), -np.ones(len(votes)), x])
    columns = np.concatenate([votes.system_a, votes.system_b, np.full(len(votes), votes.n_systems)])
    return csr_array((values, (np.tile(rows, 3), columns)), shape=(len(votes), votes.n_systems + 1))


def _chance(design: csr_array, at: FloatArray) -> FloatArray:
    """Give the probability that a wins each vote."""
    return 0.5 + 0.5 * np.tanh((design @ at) / 2)


def _hessian(votes: VoteArrays, design: csr_array, chance: FloatArray) -> FloatArray:
    """Give the penalized negative Hessian, shape (n + 1, n + 1)."""
    weighted = csr_array(design.multiply((votes.weights * chance * (1 - chance))[:, np.newaxis]))
    return (design.T @ weighted).toarray() + PENALTY * np.eye(design.shape[1])


def _fit(votes: VoteArrays, design: csr_array) -> FloatArray:
    """Fit strengths and effect by Newton's method, shape (n + 1,).

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


def _two_way(votes: VoteArrays, design: csr_array, at: FloatArray) -> CovarianceParts:
    """Split the covariance of the strengths less their mean, and of the effect, by documents, annotators and cells."""
    chance = _chance(design, at)
    bread = np.linalg.inv(_hessian(votes, design, chance))
    scores = csr_array(design.multiply((votes.weights * (votes.a_share - chance))[:, np.newaxis]))
    cell_of_vote = votes.document * (int(votes.annotator.max()) + 1) + votes.annotator
    centre = np.eye(len(at))
    centre[:-1, :-1] -= 1 / (len(at) - 1)
    document, annotator, cell = (
        centre @ bread @ _summed(scores, unit) @ bread @ centre
        for unit in (votes.document, votes.annotator, cell_of_vote)
    )
    return CovarianceParts(document - cell, annotator - cell, cell)


def _summed(scores: csr_array, cluster: IntArray) -> FloatArray:
    """Sum the outer products of the clusters' scores, shape (n + 1, n + 1)."""
    _, row = np.unique(cluster, return_inverse=True)
    member = csr_array((np.ones(len(row)), (row, np.arange(len(row)))), shape=(row.max() + 1, len(row)))
    sums = member @ scores
    return (sums.T @ sums).toarray()
