"""Find the Pareto front: systems that no other one beats in quality or cost without being worse in the other."""

import numpy as np

from stats.votes.arrays import BoolArray, FloatArray


def pareto_front(quality: FloatArray, cost: FloatArray) -> BoolArray:
    """Mark the systems on the front; equals do not beat each other.

    Args:
        quality: Shape (n,), higher is better; NaN where undefined.
        cost: Shape (n,), lower is better; NaN where unknown.
    Returns:
        Shape (n,). A system without quality or cost is not on the front and beats nobody.
    """
    complete = ~(np.isnan(quality) | np.isnan(cost))
    front = np.zeros(len(quality), dtype=bool)
    # In the order of cost, the best of equal cost first, a system is on the front if it is better than all before it,
    # or equal to the last one on the front.
    best, best_cost = -np.inf, np.inf
    for i in np.lexsort((-quality, cost)):
        if complete[i] and (quality[i] > best or (quality[i] == best and cost[i] == best_cost)):
            front[i], best, best_cost = True, quality[i], cost[i]
    return front
