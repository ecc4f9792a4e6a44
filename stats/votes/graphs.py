"""Which systems the votes connect: ratings mean something only within one connected part."""

import numpy as np

from stats.votes.arrays import BoolArray


def reachable(edges: BoolArray, start: BoolArray) -> BoolArray:
    """Nodes that can be reached from the start nodes, those included.

    Args:
        edges: Shape (..., n, n), [i, j] true where one can go from i to j.
        start: Shape (..., n).
    """
    reached = start
    while True:
        grown: BoolArray = reached | (edges & reached[..., :, np.newaxis]).any(axis=-2)
        if (grown == reached).all():
            return reached
        reached = grown


def connected_parts(edges: BoolArray) -> list[list[int]]:
    """Parts of an undirected graph, edges of shape (n, n), each in rising order, ordered by their first node."""
    left = list(range(len(edges)))
    parts = []
    while left:
        start = np.zeros(len(edges), dtype=bool)
        start[left[0]] = True
        part = np.flatnonzero(reachable(edges, start)).tolist()
        parts.append(part)
        left = [node for node in left if node not in part]
    return parts


def connects_all(edges: BoolArray, nodes: BoolArray) -> BoolArray:
    """For each of many undirected graphs, whether the given nodes are one part; false where there are none.

    Args:
        edges: Shape (r, n, n).
        nodes: Shape (r, n).
    """
    first = np.zeros_like(nodes)
    rows = np.flatnonzero(nodes.any(axis=1))
    first[rows, nodes[rows].argmax(axis=1)] = True
    reached = reachable(edges, first)
    return nodes.any(axis=1) & (reached == nodes).all(axis=1)


def same_circle(beats: BoolArray) -> BoolArray:
    """Shape (n, n): which nodes lead to each other both ways, each to itself.

    With beats as in unbounded_nodes, these are the pairs whose distance the votes limit on both sides.
    """
    n = len(beats)
    reach = reachable(np.broadcast_to(beats, (n, n, n)), np.eye(n, dtype=bool))
    return np.asarray(reach & reach.T)


def main_circle(beats: BoolArray) -> BoolArray:
    """The nodes of the circle that has more than half of all, shape (n,); none if there is no such circle."""
    return np.asarray(same_circle(beats).sum(axis=1) > len(beats) / 2)


def unbounded_nodes(beats: BoolArray) -> tuple[list[int], list[int]]:
    """Nodes that nothing outside their own circle leads to, and nodes that lead to nothing outside it.

    Both are empty if all nodes are one circle. With beats[i, j] true where i beat j at least in part, these are the
    systems whose lead, or whose distance behind, the votes set no limit to. Ford (1957), American Mathematical Monthly
    64, 28-33: the maximum likelihood estimate exists if and only if every system leads to every other.
    """
    n = len(beats)
    reach = reachable(np.broadcast_to(beats, (n, n, n)), np.eye(n, dtype=bool))
    if reach.all():
        return [], []
    mutual = reach & reach.T
    top = [i for i in range(n) if (reach[:, i] == mutual[:, i]).all()]
    bottom = [i for i in range(n) if (reach[i] == mutual[i]).all()]
    return top, bottom
