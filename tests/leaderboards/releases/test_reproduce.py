"""The script of a release, on votes that leave things open: the same as the site's statistics to 1e-9."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from leaderboards.releases import reproduce
from stats.ratings.ratings import rate
from tests.stats.simulate import votes

OUTCOMES = list(reproduce.OUTCOMES)
NAMES = "abcde"


def as_rows(sample):
    """Lines of votes.jsonl; numbers below ten are in the order of the alphabet."""
    weights = np.ones(len(sample)) if sample.weight is None else sample.weight
    return [
        {
            "model_a": NAMES[a],
            "model_b": NAMES[b],
            "winner": OUTCOMES[outcome],
            "document_id": f"d{d}",
            "judge": f"j{u}",
            "sampling_prob": 1 / w,
            "sampling_from": 1,
        }
        for a, b, outcome, d, u, w in zip(*columns(sample), weights.tolist(), strict=True)
    ]


def columns(sample):
    fields = ("system_a", "system_b", "outcome", "document", "annotator")
    return [getattr(sample, field).tolist() for field in fields]


def both(sample, resamples=60):
    found = rate(sample, seed=3, resamples=resamples, names=NAMES)
    rows = reproduce.Votes(as_rows(sample), NAMES[: sample.n_systems], by_chance=sample.weight is not None)
    script = reproduce.rate(rows, 3, resamples)
    return np.array([found.rating, found.lower, found.upper, found.rank]), np.array(script)


def ordered(rng, n, *, documents, judges):
    """Votes between five systems; the first system beats all, the last loses to all, or to those it met."""
    a = rng.integers(5, size=n)
    b = (a + rng.integers(1, 5, size=n)) % 5
    outcome = rng.integers(4, size=n)
    outcome[(a == 0) | (b == 4)] = 0
    outcome[(b == 0) | (a == 4)] = 1
    return list(zip(a, b, outcome, rng.integers(documents, size=n), rng.integers(judges, size=n), strict=True))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n", [6, 12, 30, 80, 400])
@pytest.mark.parametrize("units", [(6, 4), (1, 5), (9, 1)])
def test_the_script_finds_the_same_beside_clean_sweeps(n, units, weighted):
    rng = np.random.default_rng([n, *units])
    sample = votes(ordered(rng, n, documents=units[0], judges=units[1]), 5)
    if weighted:
        weight = rng.uniform(0.5, 2, size=n)
        sample = replace(sample, weight=weight / weight.mean())
    site, script = both(sample)
    assert script == pytest.approx(site, rel=1e-9, abs=1e-9, nan_ok=True)
    if n == 400:
        assert np.isnan(script[1]).tolist() == [True, False, False, False, True]
        assert script[3, [0, 4]].tolist() == [1, 5]


# One vote a system and document: how far documents differ cannot be seen for the system with one document.
@example([(3, 3, 3, 2, 1), (0, 1, 0, 5, 1), (1, 4, 0, 2, 3)])
@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(1, 4), st.integers(0, 3), st.integers(0, 5), st.integers(0, 3)),
        max_size=30,
    )
)
def test_the_script_finds_the_same_for_any_votes(rows):
    site, script = both(votes([(a, (a + step) % 5, *rest) for a, step, *rest in rows], 5), resamples=20)
    assert script == pytest.approx(site, rel=1e-9, abs=1e-9, nan_ok=True)
