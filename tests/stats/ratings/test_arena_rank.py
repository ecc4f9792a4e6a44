"""arena-rank needs JAX, so it is no dependency of the tests: name a Python that has it to run this."""

import os

import pytest

from benchmarks.arena_rank import compare, drawn_votes

PYTHON = os.environ.get("ARENA_RANK_PYTHON", "")


@pytest.mark.skipif(not PYTHON, reason="NOT COMPARED with arena-rank: set ARENA_RANK_PYTHON to a Python that has it")
def test_ratings_and_single_vote_intervals_are_arena_ranks():
    found = compare(drawn_votes(100_000, 20, seed=2), PYTHON)
    assert found.log_odds <= 1e-4
    assert found.relative <= 1e-3
