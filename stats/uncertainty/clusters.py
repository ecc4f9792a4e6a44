"""Sum the outer products of gradients of Bradley–Terry's likelihood, over votes or over clusters of them."""

import numpy as np

from stats.votes.arrays import VOTES_AT_ONCE, BoolArray, FloatArray, IntArray, VoteArrays, renumbered, stretches

# Most numbers of the clusters' gradients held at once, 4 MB.
NUMBERS_AT_ONCE = 500_000
# Gradients in full of many clusters are held three times over.
FULL_AT_ONCE = 100_000
# A cluster's gradient is held in full from n systems / FULL_COST votes on; below, products of two votes are fewer.
FULL_COST = 16


def sum_of_votes(votes: VoteArrays, residuals: FloatArray) -> FloatArray:
    """Sum the outer products of the votes' own gradients; shape (n, n).

    Args:
        votes: Votes on n systems.
        residuals: What each vote's share is more than expected, shape (n_votes,). Its gradient is this at the vote's a,
            less this at its b.
    """
    n = votes.n_systems
    total = np.zeros(n * n)
    for part in stretches(len(votes)):
        total += np.bincount(votes.pair(part), weights=residuals[part] ** 2, minlength=n * n)
    squares = total.reshape(n, n) + total.reshape(n, n).T
    return np.asarray(np.diag(squares.sum(axis=1)) - squares)


def sum_of_clusters(votes: VoteArrays, residuals: FloatArray, cluster: IntArray) -> FloatArray:
    """Sum the outer products of the clusters' gradients; shape (n, n).

    Args:
        votes, residuals: As in sum_of_votes.
        cluster: Number of each vote's cluster, any integers from 0, shape (n_votes,).
    """
    row, n = renumbered(cluster), votes.n_systems
    del cluster  # frees it, as the caller of a million votes no longer holds it
    clusters = int(row.max()) + 1
    if clusters * n <= NUMBERS_AT_ONCE:
        flat = np.zeros(clusters * n)
        for part in stretches(len(votes)):
            offsets = row[part].astype(np.int64) * n
            np.add.at(flat, offsets + votes.system_a[part], residuals[part])
            np.subtract.at(flat, offsets + votes.system_b[part], residuals[part])
        gradients = flat.reshape(clusters, n)
        return np.asarray(gradients.T @ gradients)
    large = _large(row, n)
    if not large.any():
        return _of_small(votes, residuals, row)
    if large.all():
        return _of_large(votes, residuals, row)
    many, few = large[row], ~large[row]
    return _of_large(votes.take(many), residuals[many], renumbered(row[many])) + _of_small(
        votes.take(few), residuals[few], renumbered(row[few])
    )


def _large(row: IntArray, n: int) -> BoolArray:
    """Mark the clusters whose gradients are held in full, shape (n_clusters,); none if they hold few votes together."""
    sizes = np.bincount(row)
    large: BoolArray = sizes > n / FULL_COST
    return large & ((sizes[large] ** 2).sum() > len(row))


def _of_large(votes: VoteArrays, residuals: FloatArray, row: IntArray) -> FloatArray:
    """Sum the outer products of the clusters' gradients, some of which are held in full; shape (n, n)."""
    n, order, ends = votes.n_systems, _order(row), np.cumsum(np.bincount(row))
    product, begin = np.zeros((n, n)), 0
    while begin < len(ends):
        first = ends[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(ends, first + VOTES_AT_ONCE, side="right")))
        end = min(end, begin + max(1, FULL_AT_ONCE // n))
        chosen = order[first : ends[end - 1]]
        gradients = _gradients(votes, residuals, chosen, row[chosen] - begin, end - begin)
        product += gradients.T @ gradients
        begin = end
    return product


def _of_small(votes: VoteArrays, residuals: FloatArray, row: IntArray) -> FloatArray:
    """Sum the outer products of the clusters' gradients, vote by vote; shape (n, n)."""
    return sum_of_votes(votes, residuals) + _of_pairs(votes, residuals, row)


def _order(row: IntArray) -> IntArray:
    """Give the positions of all votes, one cluster after the other; numpy sorts numbers faster than their positions."""
    bits = len(row).bit_length()
    keys = row.astype(np.int64) << bits
    keys |= np.arange(len(row))
    keys.sort()
    keys &= (1 << bits) - 1
    return keys


def _gradients(votes: VoteArrays, residuals: FloatArray, chosen: IntArray, row: IntArray, clusters: int) -> FloatArray:
    """Sum the gradients of some clusters in full, shape (clusters, n).

    Args:
        chosen: Positions of their votes.
        row: Cluster of each of these, from 0.
    """
    n, place = votes.n_systems, row.astype(np.int64) * votes.n_systems
    won, lost = (
        np.bincount(place + system[chosen], residuals[chosen], minlength=clusters * n)
        for system in (votes.system_a, votes.system_b)
    )
    return np.asarray((won - lost).reshape(clusters, n))


def _of_pairs(votes: VoteArrays, residuals: FloatArray, row: IntArray) -> FloatArray:
    """Sum the outer products of the gradients of each two different votes of a cluster, both ways; shape (n, n)."""
    order, ends = _order(row), np.bincount(row)
    longest = int(ends.max())
    np.cumsum(ends, out=ends)
    n = votes.n_systems
    total = np.zeros(n * n)
    for part in stretches(len(order)):
        # Read once in this order, up to the end of the last cluster.
        here = order[part.start : part.stop + longest]
        a, b = (system[here].astype(np.int64) for system in (votes.system_a, votes.system_b))
        residual = residuals[here]
        first = np.arange(part.stop - part.start)
        end, distance = ends[row[order[part]]] - part.start, 1
        while (within := first + distance < end).any():
            first, end = first[within], end[within]
            second = first + distance
            product, a_row, b_row = residual[first] * residual[second], a[first] * n, b[first] * n
            np.add.at(total, a_row + a[second], product)
            np.add.at(total, b_row + b[second], product)
            np.subtract.at(total, a_row + b[second], product)
            np.subtract.at(total, b_row + a[second], product)
            distance += 1
    outer = total.reshape(n, n)
    return np.asarray(outer + outer.T)
