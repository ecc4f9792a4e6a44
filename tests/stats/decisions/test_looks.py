"""Boundaries of planned looks: published constants, a second implementation, and what they promise."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from stats.decisions.looks import Spending, boundaries, classical, crossing, spent

EVEN = [0.2, 0.4, 0.6, 0.8, 1.0]
OBF, POCOCK = Spending.OBRIEN_FLEMING, Spending.POCOCK


@pytest.mark.parametrize("sides", [1, 2])
@pytest.mark.parametrize(
    ("spending", "published"),
    # Two-sided 0.05, five looks evenly spaced: Lan and DeMets' boundaries as their program and R's gsDesign print them.
    [
        (OBF, [4.8769, 3.3569, 2.6803, 2.2898, 2.0310]),
        (POCOCK, [2.4380, 2.4268, 2.4101, 2.3966, 2.3859]),
    ],
)
def test_boundaries_are_the_published_ones(spending, published, sides):
    assert boundaries(EVEN, spending, sides=sides) == pytest.approx(published, abs=2e-4)


# Jennison and Turnbull (2000), tables 2.1 and 2.3, two-sided 0.05.
@pytest.mark.parametrize(
    ("looks", "pocock", "obrien"), [(1, 1.960, 1.960), (2, 2.178, 1.977), (3, 2.289, 2.004), (5, 2.413, 2.040), (10, 2.555, 2.087)]
)  # fmt: skip
def test_classical_constants_are_those_of_the_tables(looks, pocock, obrien):
    fractions = [(k + 1) / looks for k in range(looks)]
    assert classical(fractions, POCOCK) == pytest.approx([pocock] * looks, abs=1e-3)
    assert classical(fractions, OBF) == pytest.approx(obrien * np.sqrt(1 / np.array(fractions)), abs=4e-3)


@pytest.mark.parametrize("fractions", [[0.5, 1.0], [0.1, 0.35, 1.0], [0.3, 0.31, 0.9, 1.0], [0.4, 0.7]])
@pytest.mark.parametrize("spending", list(Spending))
def test_the_multivariate_normal_distribution_spends_the_same(spending, fractions):
    """The second implementation: the chance to stay below all bounds up to each look, by Genz's integrals."""
    bounds, times = boundaries(fractions, spending), np.array(fractions)
    correlation = np.sqrt(np.minimum.outer(times, times) / np.maximum.outer(times, times))
    for k in range(1, len(times) + 1):
        walk = multivariate_normal(cov=correlation[:k, :k], seed=1, abseps=1e-7, releps=1e-7, maxpts=10**6)
        stays = walk.cdf(bounds[:k])
        assert 1 - stays == pytest.approx(float(spent(spending, times[k - 1])), abs=2e-5)


def test_both_directions_are_spent_as_drawn_walks_cross_them():
    times = np.array([0.25, 0.6, 1.0])
    bounds = boundaries(times.tolist(), POCOCK, alpha=0.1, sides=2)
    steps = np.random.default_rng(4).normal(0, np.sqrt(np.diff(times, prepend=0)), (200_000, 3))
    beyond = np.abs(steps.cumsum(axis=1) / np.sqrt(times)) > bounds
    first = np.where(beyond.any(axis=1), beyond.argmax(axis=1), 3)
    found = np.bincount(first, minlength=4)[:3] / len(first)
    assert found == pytest.approx(2 * crossing(times.tolist(), bounds.tolist(), sides=2), abs=0.003)
    assert found.sum() == pytest.approx(0.2, abs=0.004)


def test_a_single_look_is_the_usual_test():
    for spending in Spending:
        assert boundaries([1.0], spending) == pytest.approx([norm.isf(0.025)], abs=1e-6)


def test_what_is_spent_begins_with_nothing_rises_and_ends_with_alpha():
    for spending in Spending:
        share = spent(spending, np.linspace(0, 1.2, 50))
        assert (share[0], share[-1]) == pytest.approx((0, 0.025))
        assert (np.diff(share) >= 0).all()


def test_a_study_that_ends_before_its_plan_keeps_some_of_alpha():
    assert crossing([0.3, 0.6], boundaries([0.3, 0.6], OBF).tolist()).sum() == pytest.approx(
        float(spent(OBF, np.array(0.6))), abs=1e-6
    )


@pytest.mark.parametrize("fractions", [[], [0.0, 1.0], [0.5, 0.5, 1.0], [0.5, 0.4]])
def test_looks_that_do_not_rise_are_refused(fractions):
    with pytest.raises(ValueError, match="each above the one before"):
        boundaries(fractions, OBF)
