"""Parts and circles, against all paths followed by multiplying matrices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.votes.graphs import connected_parts, connects_all, main_circle, same_circle, unbounded_nodes

pytestmark = pytest.mark.once


@st.composite
def graphs(draw):
    n = draw(st.integers(1, 7))
    edges = draw(st.lists(st.booleans(), min_size=n * n, max_size=n * n))
    return np.array(edges).reshape(n, n) & ~np.eye(n, dtype=bool)


def paths(edges):
    """Where paths of any length lead."""
    n = len(edges)
    return np.linalg.matrix_power(edges.astype(int) + np.eye(n, dtype=int), n) > 0


@given(graphs())
def test_circles_and_what_has_no_limit_follow_from_all_paths(beats):
    reach = paths(beats)
    mutual = reach & reach.T
    assert (same_circle(beats) == mutual).all()
    assert main_circle(beats).tolist() == [2 * row.sum() > len(beats) for row in mutual]
    top = [i for i in range(len(beats)) if (reach[:, i] == mutual[:, i]).all()]
    bottom = [i for i in range(len(beats)) if (reach[i] == mutual[i]).all()]
    assert unbounded_nodes(beats) == (([], []) if reach.all() else (top, bottom))


@given(graphs())
def test_parts_follow_from_all_paths(edges):
    edges = edges | edges.T
    reach = paths(edges)
    parts = connected_parts(edges)
    assert parts == [list(part) for part in sorted({tuple(np.flatnonzero(row).tolist()) for row in reach})]
    everybody = np.ones((1, len(edges)), dtype=bool)
    assert connects_all(edges[np.newaxis], everybody).tolist() == [len(parts) == 1]
