"""Correlations of true values seen with errors: the draws against sums over a grid, and what intervals hold."""

from itertools import product

import numpy as np
import pytest

from benchmarks.intervals.correlations import measure
from benchmarks.intervals.designs import Design
from stats.metrics.noisy_correlation import (
    PRIOR_FREEDOM,
    PRIOR_SCALE,
    NoisyValues,
    draw_true_values,
    intervals,
    may_share_order,
    quasi_variances,
)

pytestmark = pytest.mark.once
SURE = 1e9  # degrees of freedom: the size of the errors is known


def values(ratings, means, rating_variance=0.04, mean_variance=0.01, covariance=0.0, freedom=SURE):
    n = len(ratings)
    full = (np.full(n, number) for number in (rating_variance, mean_variance, covariance))
    return NoisyValues(np.asarray(ratings, float), np.asarray(means, float), *full, freedom)


def test_variances_of_three_systems_add_up_to_those_of_their_differences():
    # By hand: 1 + 2 = 3, 1 + 4 = 5, 2 + 4 = 6.
    assert quasi_variances(np.array([[0.0, 3, 5], [3, 0, 6], [5, 6, 0]])) == pytest.approx([1, 2, 4])


def summed_over_a_grid(noisy):
    """Posterior means and variances of the true ratings, by sums over a grid of the covariance of true values."""
    seen = np.column_stack([noisy.ratings - noisy.ratings.mean(), noisy.means - noisy.means.mean()])
    scale = seen.std(axis=0)
    seen = seen / scale
    cells = (noisy.rating_variance[0] / scale[0] ** 2, noisy.covariance[0] / scale.prod())
    error = np.array([[cells[0], cells[1]], [cells[1], noisy.mean_variance[0] / scale[1] ** 2]])
    n, total, first, second = len(seen), 0.0, 0.0, 0.0
    deviations, ratios = np.exp(np.linspace(-3.0, 2.5, 45)), np.tanh(np.linspace(-3.5, 3.5, 41))
    for a, b, r in product(deviations, deviations, ratios):
        spread = np.array([[a * a, a * b * r], [a * b * r, b * b]])
        inverse = np.linalg.inv(spread + error)
        # Alike for all systems: the centre's estimate is their mean, 0, and its own variance is a part 1 / n.
        fit = np.exp(-0.5 * np.einsum("ni,ij,nj", seen, inverse, seen)) * np.linalg.det(inverse) ** ((n - 1) / 2)
        prior = np.linalg.det(spread) ** (-(PRIOR_FREEDOM + 3) / 2)
        prior *= np.exp(-0.5 * PRIOR_SCALE * np.trace(np.linalg.inv(spread)))
        # The grid is even in log a, log b and atanh r: area of (a^2, ab r, b^2) for a step of each.
        weight = fit * prior * (2 * a * a) * (2 * b * b) * (a * b) * (1 - r * r)
        shrink = spread @ inverse
        mean = (seen @ shrink.T)[:, 0]
        own = (spread - shrink @ spread)[0, 0] + ((np.eye(2) - shrink) @ (spread + error) @ (np.eye(2) - shrink).T)[
            0, 0
        ] / n
        total, first, second = total + weight, first + weight * mean, second + weight * (mean**2 + own)
    mean = first / total
    return mean * scale[0], (second / total - mean**2) * scale[0] ** 2


def test_draws_have_the_means_and_variances_of_sums_over_a_grid():
    noisy = values([0.9, 0.4, 0.1, -0.5, -0.6], [1.5, 0.2, 0.9, -1.0, -0.3], 0.2, 0.3, 0.1)
    drawn, _ = draw_true_values(noisy, np.random.default_rng(1), chains=2000, burn=60, kept=10)
    mean, variance = summed_over_a_grid(noisy)
    assert drawn.mean(axis=0) == pytest.approx(mean, abs=0.02)
    assert drawn.var(axis=0) == pytest.approx(variance, rel=0.08)


def test_without_errors_the_interval_is_the_coefficient_seen():
    ratings, means = np.array([1.0, 0.3, 0, -0.4, -0.9]), np.array([0.8, 0.5, -0.3, 0.1, -1.1])
    lower, upper = intervals(values(ratings, means, 0.0, 0.0), seed=0)
    assert lower == pytest.approx(upper, abs=0.02)
    assert lower[2] <= np.corrcoef(ratings, means)[0, 1] <= upper[2]


def test_errors_bring_values_of_one_order_out_of_it_but_not_far():
    generator = np.random.default_rng(3)
    true = np.linspace(-1, 1, 9)
    seen = values(true + generator.normal(0, 0.2, 9), true**3 + generator.normal(0, 0.1, 9))
    assert may_share_order(seen, generator)
    assert not may_share_order(seen, generator, opposite=True)
    lower, upper = intervals(seen, seed=1)
    assert upper.tolist() == [1, 1, 1]
    assert (lower > 0).all()
    swapped = values(true, true[::-1])
    assert intervals(swapped, seed=1)[0].tolist() == [-1, -1, -1]


def test_the_interval_widens_with_doubt_about_the_errors():
    ratings, means = np.linspace(-1, 1, 6), np.array([-0.7, -0.9, 0.2, -0.1, 1.0, 0.5])
    known, doubtful = (intervals(values(ratings, means, 0.1, freedom=freedom), seed=2) for freedom in (SURE, 2.0))
    assert (doubtful[1] - doubtful[0] >= known[1] - known[0]).all()


def test_the_same_seed_gives_the_same_interval():
    noisy = values([1, 0, -0.5, 0.2], [0.5, 0.1, -1, 0.4])
    assert np.array_equal(intervals(noisy, seed=5), intervals(noisy, seed=5))


@pytest.mark.simulation
@pytest.mark.parametrize("metric", ["perfect", "good"])
def test_intervals_hold_the_true_correlation_where_resamples_do_not(metric):
    design = Design(4, 60, 10, 3, 3, taste_annotator=0.4, taste_document=0.7, gap=0.15)
    row = measure(design, metric, studies=40, seed=11)
    assert row.undefined == 0
    assert (row.now[0] >= 80).all()  # binomial(40, 0.95) is below 32 once in 10,000
    if metric == "perfect":
        assert row.before[0, 2] == 0
        assert (row.before[0] < 60).all()
