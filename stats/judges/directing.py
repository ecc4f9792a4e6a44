"""Say where people should look: documents and pairs on which judges and metrics are unsure or disagree, by chances."""

from dataclasses import dataclass

import numpy as np

from stats.judges.arrays import Items
from stats.votes.arrays import FloatArray, IntArray, InvalidVotesError

# Share of the draw that looks at all alike, so that no chance is small and no weight large.
EPSILON = 0.5


def uncertainty(predicted: FloatArray, shares: FloatArray) -> FloatArray:
    """Say how unsure judges and metrics are about each item, from 0 up, shape (n_items,).

    It is the variance of a vote by the jury's share, p (1 - p), plus the variance of the single judges' shares.

    Args:
        predicted: The jury's share of a, shape (n_items,).
        shares: Each judge's share of a, NaN where it has no verdict, shape (n_items, k).
    """
    told = ~np.isnan(shares)
    count = told.sum(axis=1)
    filled = np.where(told, shares, 0.0)
    mean = filled.sum(axis=1) / np.maximum(count, 1)
    disagreement = np.where(told, (shares - mean[:, np.newaxis]) ** 2, 0).sum(axis=1) / np.maximum(count, 1)
    return np.asarray(predicted * (1 - predicted) + disagreement)


def inclusion_chances(score: FloatArray, budget: int, *, epsilon: float = EPSILON) -> FloatArray:
    """Give each unit a chance to be among `budget` units, in proportion to its score, mixed with equal chances.

    Args:
        score: From 0 up, shape (n,). A unit's standard deviation is the best score (Neyman).
        budget: How many are drawn, 1 to n.
        epsilon: Share of equal chances, above 0 (every unit must keep a known chance), at most 1.
    Returns:
        Chances in (0, 1] with sum `budget`.
    Raises:
        InvalidVotesError: The budget or epsilon is out of range, or a score is negative or not finite.
    Source:
        Neyman (1934), Journal of the Royal Statistical Society 97, 558-606. Zrnic and Candes (2024), Active statistical
        inference, ICML, arXiv 2403.03208 (the mixture with equal chances).
    """
    n = len(score)
    if not 1 <= budget <= n or not 0 < epsilon <= 1:
        raise InvalidVotesError(f"budget is {budget} of {n}, epsilon {epsilon}; expected 1 to n, and above 0 to 1.")
    if not np.isfinite(score).all() or (score < 0).any():
        raise InvalidVotesError("Scores must be finite and from 0 up.")
    total = float(score.sum())
    by_score = score / total if total > 1e-300 else np.full(n, 1 / n)
    wanted = (1 - epsilon) * by_score + epsilon / n
    chance = np.zeros(n)
    for _ in range(n):
        certain = chance >= 1
        left = budget - certain.sum()
        chance = np.where(certain, 1.0, np.minimum(1.0, wanted * left / max(wanted[~certain].sum(), 1e-300)))
        if (chance >= 1).sum() == certain.sum():
            break
    return chance


def draw(chance: FloatArray, rng: np.random.Generator) -> IntArray:
    """Draw units with exactly these chances, which sum to a whole number, shape (budget,).

    Source:
        Madow (1949), Annals of Mathematical Statistics 20, 333-354 (systematic sampling), in random order.
    """
    order = rng.permutation(len(chance))
    ends = np.cumsum(chance[order])
    budget = round(float(ends[-1]))
    marks = rng.random() + np.arange(budget)
    place = np.minimum(np.searchsorted(ends, marks, side="right"), len(chance) - 1)
    return np.sort(order[place])


@dataclass(frozen=True)
class Directed:
    """Hold the items that people are asked, and their chances.

    Attributes:
        item: Index of each item, document by document, shape (m,).
        every: Chance of each item of all to be asked: its document's times its own within the document, shape (n,).
    """

    item: IntArray
    every: FloatArray

    @property
    def chance(self) -> FloatArray:
        """Give the chance of each item that is asked, shape (m,)."""
        return np.asarray(self.every[self.item])

    @property
    def weight(self) -> FloatArray:
        """Give 1 / chance, scaled to mean 1, shape (m,): votes on these items weigh so; see votes.weights."""
        weight = 1 / self.chance
        return np.asarray(weight / weight.mean())


def directed(
    items: Items,
    unsure: FloatArray,
    documents: int,
    rng: np.random.Generator,
    *,
    pairs: int | None = None,
    epsilon: float = EPSILON,
) -> Directed:
    """Draw whole documents, and pairs of each, more often where judges and metrics are unsure.

    A document's score is the square root of the sum of its items' uncertainty, an item's the root of its own.

    Args:
        items: Everything that could be asked.
        unsure: Of each item, from `uncertainty`.
        documents: How many are drawn.
        rng: Source of the random numbers.
        pairs: How many pairs of each document are drawn; all of them if None.
        epsilon: As in inclusion_chances.
    """
    row = np.unique(items.document, return_inverse=True)[1]
    by_document = inclusion_chances(np.sqrt(np.bincount(row, unsure)), documents, epsilon=epsilon)
    within = np.ones(len(items))
    of_document = np.split(np.argsort(row, kind="stable"), np.cumsum(np.bincount(row))[:-1])
    for own in of_document:
        if pairs is not None and pairs < len(own):
            within[own] = inclusion_chances(np.sqrt(unsure[own]), pairs, epsilon=epsilon)
    chosen = [of_document[d][draw(within[of_document[d]], rng)] for d in draw(by_document, rng).tolist()]
    return Directed(np.concatenate(chosen), by_document[row] * within)
