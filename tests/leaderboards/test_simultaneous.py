import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from leaderboards.stats.ratings import rate
from leaderboards.stats.simultaneous import (
    complete,
    max_t_interval,
    rank_interval,
    rank_interval_from_covariance,
    ranks,
    unclear_pairs,
)
from tests.leaderboards.simulate import A, B, votes


def normal_draws(seed, r, true, error):
    return np.random.default_rng(seed).normal(true, error, (r, len(true)))


def test_ranks_by_hand():
    # gap[i, j] = s_j - s_i for s = (3, 0, -0.5) and a reach of 1: 0 surely beats both, 1 and 2 are open.
    s = np.array([3.0, 0.0, -0.5])
    best, worst = ranks(s[None, :] - s[:, None], np.ones((3, 3)))
    assert best.tolist() == [1, 2, 2]
    assert worst.tolist() == [1, 3, 3]


def test_max_t_of_independent_values_is_sidaks():
    # Of 10 independent normals, max |z| stays below c with chance (2 Phi(c) - 1)^10 = 0.95: c = 2.80.
    drawn = normal_draws(0, 20_000, np.zeros(10), np.arange(1.0, 11))
    lower, upper = max_t_interval(drawn, np.zeros(10))
    c = norm.ppf(0.5 + 0.95 ** (1 / 10) / 2)
    assert c == pytest.approx(2.80, abs=0.005)
    assert upper / np.arange(1, 11) == pytest.approx(np.full(10, c), abs=0.1)
    assert lower == pytest.approx(-upper)


def test_an_anchor_has_no_width_and_does_not_disturb():
    drawn = normal_draws(1, 500, np.zeros(3), np.ones(3))
    with_anchor = np.column_stack([drawn, np.zeros(500)])
    lower, upper = max_t_interval(with_anchor, np.zeros(4))
    assert (lower[3], upper[3]) == (0, 0)
    assert upper[:3] == pytest.approx(max_t_interval(drawn, np.zeros(3))[1])


def test_rank_intervals_cover_all_ranks_at_once():
    # 200 studies of 6 systems, two of them equal (their ranks 3 and 4 both hold); Binomial(200, 0.05) > 22 is 1 in 1,000.
    true = np.array([1.0, 0.6, 0.0, 0.0, -0.5, -1.0])
    lowest, highest = np.array([1, 2, 3, 3, 5, 6]), np.array([1, 2, 4, 4, 5, 6])
    rng = np.random.default_rng(2)
    missed = told = 0
    for seed in range(200):
        estimate = rng.normal(true, 0.15)
        best, worst = rank_interval(normal_draws(seed, 300, estimate, 0.15), estimate)
        missed += ((best > lowest) | (worst < highest)).any()
        told += (worst - best < 5).all()
    assert missed <= 22
    assert told > 150


def test_rank_intervals_of_bonferroni_and_chi_square_by_hand():
    # Independent with variance 1/2 each: a difference has standard error 1. Three pairs: Bonferroni's factor is
    # Phi^-1(1 - 0.05 / 6) = 2.394, the chi-square one sqrt(5.991) = 2.448.
    covariance = np.eye(3) / 2
    for gap, by_bonferroni, by_chi_square in ((2.40, 1, 3), (2.45, 1, 1), (2.39, 3, 3)):
        estimate = np.array([gap, 0.0, 0.0])
        assert rank_interval_from_covariance(estimate, covariance)[1][0] == by_bonferroni
        assert rank_interval_from_covariance(estimate, covariance, chi_square=True)[1][0] == by_chi_square


def test_max_t_is_near_bonferroni_and_not_wider():
    true = np.linspace(0, 2, 6)
    drawn = normal_draws(3, 4000, true, 0.2)
    best, worst = rank_interval(drawn, true)
    bonferroni = rank_interval_from_covariance(true, 0.04 * np.eye(6))
    assert (best >= bonferroni[0]).all()
    assert (worst <= bonferroni[1]).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.integers(2, 6), st.floats(-5, 5))
def test_a_shift_of_everything_changes_no_rank_and_ranks_are_possible(seed, n, shift):
    estimate = np.random.default_rng(seed).normal(0, 1, n)
    drawn = normal_draws(seed + 1, 100, estimate, 0.3)
    best, worst = rank_interval(drawn, estimate)
    again = rank_interval(drawn + shift, estimate + shift)
    assert (best.tolist(), worst.tolist()) == (again[0].tolist(), again[1].tolist())
    assert ((best >= 1) & (best <= worst) & (worst <= n)).all()
    order = estimate.argsort()[::-1]
    assert (best[order] <= np.arange(1, n + 1)).all()
    assert (worst[order] >= np.arange(1, n + 1)).all()


def test_incomplete_resamples_are_left_out():
    assert complete(np.array([[1.0, 2.0], [np.nan, 1.0]])).tolist() == [[1.0, 2.0]]


def test_resamples_that_never_differ_tell_nothing_apart():
    best, worst = rank_interval(np.tile([1.0, 0.0], (50, 1)), np.array([1.0, 0.0]))
    assert (best.tolist(), worst.tolist()) == ([1, 1], [2, 2])


@pytest.mark.parametrize(("games", "sure"), [(1, False), (3, False), (7, False), (8, True), (300, True)])
def test_a_clean_sweep_is_sure_only_after_votes_enough(games, sure):
    # By hand, with half a win added each way: n to 0 has log-odds log(2n + 1) with variance 1/(n + 1/2) + 1/(1/2).
    # n = 7: 2.708 / 1.461 = 1.854; n = 8: 2.833 / 1.455 = 1.947, which the prior's pull makes 1.962 > 1.960.
    wins = np.array([[0.0, games], [0.0, 0.0]])
    assert unclear_pairs(wins)[0, 1] == (not sure)


def test_a_clean_sweep_of_few_votes_leaves_the_ranks_open():
    rows = [(0, 1, A, i, i % 2) for i in range(3)] + [(1, 2, [A, B][i % 2], i, i % 2) for i in range(3)]
    found = rate(votes(rows, 3), seed=0, resamples=100)
    assert found.best_rank.tolist() == [1, 1, 1]
    assert found.worst_rank.tolist() == [3, 3, 3]
    many = rate(votes([(0, 1, A, i, i % 5) for i in range(50)], 2), seed=0, resamples=100)
    assert (many.best_rank.tolist(), many.worst_rank.tolist()) == ([1, 2], [1, 2])


def test_only_pairs_with_a_system_without_limit_are_unclear():
    # 0 beat 1 once and never lost; 1 beat 2 in 40 of 60.
    unclear = unclear_pairs(np.array([[0.0, 1, 0], [0, 0, 40], [0, 20, 0]]))
    assert unclear.tolist() == [[False, True, True], [True, False, False], [True, False, False]]
    assert not unclear_pairs(np.array([[0.0, 1], [1, 0]])).any()
