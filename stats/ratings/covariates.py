"""Fit Bradley–Terry strengths together with covariates of each vote, such as differences in length or style."""

from collections.abc import Sequence

import numpy as np
import scipy

from stats.strengths.bradley_terry import MAX_STEPS, PENALTY, TOLERANCE, NotConvergedError
from stats.uncertainty.calibrated import Precision, UnitVariance, combined, variances, vote_noise
from stats.uncertainty.sandwich import document_and_annotator
from stats.uncertainty.shares import UnitShares
from stats.votes.arrays import FloatArray, IntArray, VoteArrays, renumbered, stretches
from stats.votes.tallies import units


def design_of(votes: VoteArrays, x: FloatArray) -> "scipy.sparse.csr_array":
    """Build the matrix of votes by systems and covariates: 1 for a, -1 for b, then x, shape (n_votes, n + k)."""
    (rows, k), n = x.shape, votes.n_systems
    values = np.concatenate([np.ones(rows), -np.ones(rows), x.T.ravel()])
    of_features = np.repeat(np.arange(n, n + k), rows)
    columns = np.concatenate([votes.system_a, votes.system_b, of_features])
    return scipy.sparse.csr_array((values, (np.tile(np.arange(rows), 2 + k), columns)), shape=(rows, n + k))


def fit(votes: VoteArrays, design: "scipy.sparse.csr_array") -> FloatArray:
    """Fit strengths and effects by Newton's method, shape (n + k,), in log-odds.

    Steps are scaled as in fit_many, by the largest change of a vote's log-odds.

    Raises:
        NotConvergedError: The fit's steps do not become small.
    """
    at = np.zeros(design.shape[1])
    for _ in range(MAX_STEPS):
        chance = chances(design, at)
        gradient = design.T @ (votes.weights * (votes.a_share - chance)) - PENALTY * at
        step = np.linalg.solve(hessian(votes, design, chance), gradient)
        change = float(np.abs(design @ step).max())
        at = at + step * (np.log1p(change) / max(change, TOLERANCE))
        if change <= TOLERANCE:
            return at
    raise NotConvergedError(f"The fit still moves after {MAX_STEPS} steps.")


def chances(design: "scipy.sparse.csr_array", at: FloatArray) -> FloatArray:
    """Give the probability that a wins each vote, shape (n_votes,)."""
    return 0.5 + 0.5 * np.tanh((design @ at) / 2)


def hessian(votes: VoteArrays, design: "scipy.sparse.csr_array", chance: FloatArray) -> FloatArray:
    """Give the penalized negative Hessian, shape (n + k, n + k)."""
    weighted = scipy.sparse.csr_array(design.multiply((votes.weights * chance * (1 - chance))[:, np.newaxis]))
    return (design.T @ weighted).toarray() + PENALTY * np.eye(design.shape[1])


def centre_of(size: int, n: int) -> FloatArray:
    """Give the matrix that takes the mean from the first n of so many numbers, shape (size, size)."""
    centre = np.eye(size)
    centre[:n, :n] -= 1 / n
    return centre


def precision_of(
    votes: VoteArrays, design: "scipy.sparse.csr_array", at: FloatArray, shares: Sequence[UnitShares]
) -> Precision:
    """Give the precision of the strengths less their mean, and of the effects, as calibrated.precision does.

    Args:
        votes: Votes that connect all their systems, each of which has some.
        design, at: Their design_of, and its fit.
        shares: Of documents and of annotators, of each kind of which there are several.
    """
    chance, n = chances(design, at), votes.n_systems
    centre = centre_of(len(at), n)
    bread = centre @ np.linalg.inv(hessian(votes, design, chance))
    scores = scipy.sparse.csr_array(design.multiply((votes.weights * (votes.a_share - chance))[:, np.newaxis]))
    # An effect has a variance of its own between units; those of systems are alike.
    circle = np.eye(len(at), dtype=bool)
    circle[:n, :n] = True

    def spread(unit: IntArray, weight: FloatArray | None = None) -> FloatArray:
        return variances(bread @ _summed(scores, unit, weight) @ bread.T)

    sources = [UnitVariance(share, spread(share.row, share.weight)) for share in shares]
    cell = renumbered(document_and_annotator(votes))
    counts = np.r_[votes.count_by_system(), np.full(len(at) - n, len(votes))]
    return combined(vote_noise(spread(cell), variances(bread @ centre.T), units(cell), counts), sources, circle)


def told_shares(votes: VoteArrays, design: "scipy.sparse.csr_array", at: FloatArray) -> list[UnitShares]:
    """Give the shares of documents and of annotators in what votes tell about each strength and effect.

    Where one system is nearly always the longer, the few votes where it is not tell most about it at equal length, and
    the documents of these votes are few. So a unit's share in a strength is its share of the variance that the model
    expects of it from single votes; where all votes tell alike, that is its share of the votes.

    Args:
        votes, design, at: As in precision_of.
    Returns:
        Of each kind of which there are several units; see UnitShares.
    Source:
        Shares by leverage in place of numbers: Bell and McCaffrey (2002), Survey Methodology 28, 169-181.
    """
    chance = chances(design, at)
    bread = centre_of(len(at), votes.n_systems) @ np.linalg.inv(hessian(votes, design, chance))
    worth = votes.weights * chance * (1 - chance)
    found = []
    for unit in (votes.document, votes.annotator):
        row = renumbered(unit)
        if not row.any():
            continue
        table = np.zeros((units(row), len(at)))
        for part in stretches(len(votes)):
            moves = (design[part] @ bread.T) ** 2 * worth[part, np.newaxis]
            table += member_of(row[part], len(table)) @ moves
        found.append(UnitShares.of_table(row, table / table.sum(axis=0), systems=votes.n_systems))
    return found


def _summed(scores: "scipy.sparse.csr_array", cluster: IntArray, weight: FloatArray | None = None) -> FloatArray:
    """Sum the outer products of the clusters' scores, each times its weight, shape (n + k, n + k)."""
    values = None if weight is None else np.sqrt(weight)[cluster]
    sums = member_of(cluster, units(cluster), values) @ scores
    return (sums.T @ sums).toarray()


def member_of(cluster: IntArray, size: int, values: FloatArray | None = None) -> "scipy.sparse.csr_array":
    """Give the matrix that sums rows by cluster, each times its value, shape (size, n_votes)."""
    values = np.ones(len(cluster)) if values is None else values
    return scipy.sparse.csr_array((values, (cluster, np.arange(len(cluster)))), shape=(size, len(cluster)))
