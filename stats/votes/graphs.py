"""Find which systems the votes connect: ratings can be compared only within one connected part."""

import numpy as np
import scipy

from stats.votes.arrays import BoolArray, IntArray


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
    return _members(_labels(edges, strong=False))


def _labels(edges: BoolArray, *, strong: bool) -> IntArray:
    """Number the component of each node, weak or strong; shape (n,)."""
    return np.asarray(
        scipy.sparse.csgraph.connected_components(
            scipy.sparse.csr_array(edges), connection="strong" if strong else "weak"
        )[1]
    )


def _members(labels: IntArray) -> list[list[int]]:
    """List the nodes of each component, ordered by their first node."""
    order = np.argsort(labels, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(labels[order])) + 1) if len(order) else []
    return sorted(part.tolist() for part in parts)


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


def present_and_connected(first: IntArray, second: IntArray, edges: BoolArray, n: int) -> tuple[BoolArray, BoolArray]:
    """Tell for each of many large undirected graphs which nodes have an edge, and whether these are one component.

    Args:
        first, second: Ends of the edges that some graph has, shape (n_edges,).
        edges: Which of them each graph has, shape (n_edges, r).
        n: Number of nodes.
    Returns:
        Shapes (r, n) and (r,); a graph without edges does not connect.
    """
    present, connected = np.zeros((edges.shape[1], n), dtype=bool), np.zeros(edges.shape[1], dtype=bool)
    for graph in range(edges.shape[1]):
        has = edges[:, graph]
        ends = (first[has], second[has])
        present[graph, ends[0]] = present[graph, ends[1]] = True
        parts = scipy.sparse.csgraph.connected_components(
            scipy.sparse.csr_array((np.ones(len(ends[0])), ends), shape=(n, n)), directed=False
        )[0]
        # A node without edges is a component of its own.
        connected[graph] = parts == 1 + n - int(present[graph].sum())
    return present, connected


def same_circle(beats: BoolArray) -> BoolArray:
    """Mark the pairs of nodes that lead to each other, each node with itself; shape (n, n).

    These are the strongly connected components ("circles"). With beats as in unbounded_nodes, they are the pairs whose
    distance the votes limit on both sides.
    """
    labels = _labels(beats, strong=True)
    return np.asarray(labels[:, np.newaxis] == labels[np.newaxis, :])


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
    labels = _labels(beats, strong=True)
    winner, loser = np.nonzero(beats)
    across = labels[winner] != labels[loser]
    entered, left = np.unique(labels[loser[across]]), np.unique(labels[winner[across]])
    if not across.any() and len(np.unique(labels)) < 2:
        return [], []
    top, bottom = (np.flatnonzero(~np.isin(labels, those)).tolist() for those in (entered, left))
    return top, bottom
