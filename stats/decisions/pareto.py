"""Which systems are not beaten: no other one is at least as good for at most the cost, and better in one of the two."""

import numpy as np

from stats.votes.arrays import BoolArray, FloatArray


def pareto_front(quality: FloatArray, cost: FloatArray) -> BoolArray:
    """On the front or not; equals do not beat each other. What lacks one of the two is not on it, and beats nobody.

    Args:
        quality: Shape (n,), higher is better; NaN where undefined.
        cost: Shape (n,), lower is better; NaN where unknown.
    """
    known = ~(np.isnan(quality) | np.isnan(cost))
    front = np.zeros(len(quality), dtype=bool)
    # From the cheapest on, the best of a cost first: on the front is what is better than all that is cheaper, or equal
    # to the one before it.
    best, best_cost = -np.inf, np.inf
    for i in np.lexsort((-quality, cost)):
        if known[i] and (quality[i] > best or (quality[i] == best and cost[i] == best_cost)):
            front[i], best, best_cost = True, quality[i], cost[i]
    return front
