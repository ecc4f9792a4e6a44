"""Find which systems the votes connect: ratings can be compared only within one connected part."""

import numpy as np

from stats.votes.arrays import BoolArray


def reachable(edges: BoolArray, start: BoolArray) -> BoolArray:
    """Find the nodes that can be reached from the start nodes, including these.

    Args:
        edges: Shape (..., n, n), [i, j] true where an edge leads from i to j.
        start: Shape (..., n).
    Returns:
        Shape (..., n).
    """
    reached = start
    while True:
        grown: BoolArray = reached | (edges & reached[..., :, np.newaxis]).any(axis=-2)
        if (grown == reached).all():
            return reached
        reached = grown


def connected_parts(edges: BoolArray) -> list[list[int]]:
    """List the connected components of an undirected graph, each in rising order, ordered by their first node.

    Args:
        edges: Shape (n, n), symmetric.
    """
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
    """Tell for each of many undirected graphs whether the given nodes are one component; false for no nodes.

    Args:
        edges: Shape (r, n, n).
        nodes: Shape (r, n).
    Returns:
        Shape (r,).
    """
    first = np.zeros_like(nodes)
    rows = np.flatnonzero(nodes.any(axis=1))
    first[rows, nodes[rows].argmax(axis=1)] = True
    reached = reachable(edges, first)
    return nodes.any(axis=1) & (reached == nodes).all(axis=1)


def same_circle(beats: BoolArray) -> BoolArray:
    """Mark the pairs of nodes that lead to each other, each node with itself; shape (n, n).

    These are the strongly connected components ("circles"). With beats as in unbounded_nodes, they are the pairs whose
    distance the votes limit on both sides.
    """
    n = len(beats)
    reach = reachable(np.broadcast_to(beats, (n, n, n)), np.eye(n, dtype=bool))
    return np.asarray(reach & reach.T)


def main_circle(beats: BoolArray) -> BoolArray:
    """Mark the nodes of the circle that holds more than half of all nodes; none if there is no such circle."""
    return np.asarray(same_circle(beats).sum(axis=1) > len(beats) / 2)


def unbounded_nodes(beats: BoolArray) -> tuple[list[int], list[int]]:
    """List the systems whose lead the votes do not limit, and those whose distance behind they do not limit.

    These are the nodes that nothing outside their own circle leads to, and those that lead to nothing outside it. Both
    lists are empty if all nodes are one circle.

    Args:
        beats: Shape (n, n), [i, j] true where i beat j at least in part.
    Source:
        Ford (1957), American Mathematical Monthly 64, 28-33: the maximum likelihood estimate exists if and only if
        every system leads to every other.
    """
    n = len(beats)
    reach = reachable(np.broadcast_to(beats, (n, n, n)), np.eye(n, dtype=bool))
    if reach.all():
        return [], []
    mutual = reach & reach.T
    top = [i for i in range(n) if (reach[:, i] == mutual[:, i]).all()]
    bottom = [i for i in range(n) if (reach[i] == mutual[i]).all()]
    return top, bottom
