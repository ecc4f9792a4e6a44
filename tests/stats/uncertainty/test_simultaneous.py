import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.stats import norm

from benchmarks.intervals import coverage
from stats.ratings.estimates import NO_LIMIT, NO_LIMITS
from stats.ratings.ratings import Anchor, rate
from stats.strengths.bradley_terry import SCALE
from stats.uncertainty.simultaneous import (
    complete,
    max_t_quantile,
    ranks,
    unclear_pairs,
)
from stats.votes.arrays import VoteArrays
from stats.votes.graphs import main_circle
from tests.stats.simulate import A, B, votes
from tests.stats.uncertainty.covariance_ranks import rank_interval, rank_interval_from_covariance


def normal_draws(seed, r, true, error):
    return np.random.default_rng(seed).normal(true, error, (r, len(true)))


def test_ranks_by_hand():
    # gap[i, j] = s_j - s_i for s = (3, 0, -0.5) and a reach of 1: 0 surely beats both, 1 and 2 are open.
    s = np.array([3.0, 0.0, -0.5])
    gap = s[None, :] - s[:, None]
    best, worst = ranks(gap, np.abs(gap) > 1)
    assert best.tolist() == [1, 2, 2]
    assert worst.tolist() == [1, 3, 3]


def test_max_t_of_independent_values_is_sidaks():
    # Of 10 independent normals, max |z| stays below c with chance (2 Phi(c) - 1)^10 = 0.95: c = 2.80.
    drawn = normal_draws(0, 20_000, np.zeros(10), np.arange(1.0, 11))
    found = max_t_quantile(drawn, np.zeros(10))
    c = norm.ppf(0.5 + 0.95 ** (1 / 10) / 2)
    assert c == pytest.approx(2.80, abs=0.005)
    assert found == pytest.approx(c, abs=0.1)


def test_an_anchor_does_not_disturb():
    drawn = normal_draws(1, 500, np.zeros(3), np.ones(3))
    with_anchor = np.column_stack([drawn, np.zeros(500)])
    assert max_t_quantile(with_anchor, np.zeros(4)) == max_t_quantile(drawn, np.zeros(3))
    assert max_t_quantile(np.zeros((5, 2)), np.zeros(2)) == 0


@pytest.mark.simulation
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


@settings(max_examples=30)
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
    # 20 of 40 says nothing, and yet is no question of limits.
    assert unclear_pairs(np.array([[0.0, 1, 0], [0, 0, 20], [0, 20, 0]])).tolist() == unclear.tolist()
    assert not unclear_pairs(np.array([[0.0, 1], [1, 0]])).any()


def sweep(n_documents=10):
    """0 wins every vote, 1 and 2 share theirs."""
    rows = [(0, i, A, d, d % 3) for d in range(n_documents) for i in (1, 2)]
    return votes(rows + [(1, 2, [A, A, B][d % 3], d, (d + 1) % 3) for d in range(n_documents)], 3)


def test_a_system_that_won_everything_has_no_interval_for_all_at_once_but_a_rank():
    found = rate(sweep(), seed=0, resamples=200)
    assert found.all_reason == (NO_LIMIT, "", "")
    assert np.isnan([found.all_lower[0], found.all_upper[0]]).all()
    assert (found.all_lower[1:] < found.rating[1:]).all()
    assert (found.rating[1:] < found.all_upper[1:]).all()
    assert (found.open_ranks_reason, found.best_rank[0]) == (("",) * 3, 1)
    assert np.isfinite(found.worst_rank).all()


def test_what_won_everything_moves_nobody_else():
    # The two others' intervals are those that they have without it, but for the mean of the scale.
    found, alone = rate(sweep(), seed=0, resamples=400), rate(sweep().take(np.arange(20, 30)), seed=0, resamples=400)
    gap, without = (np.diff([f.all_lower[1:], f.all_upper[1:]], axis=0)[0] for f in (found, alone))
    assert gap == pytest.approx(without, rel=0.15)


def test_an_anchor_without_limit_limits_nobody():
    assert rate(sweep(), seed=0, resamples=100, anchor=Anchor(0)).all_reason == (NO_LIMIT,) * 3
    found = rate(sweep(), seed=0, resamples=100, anchor=Anchor(1))
    assert found.all_reason == (NO_LIMIT, "", "")
    assert found.all_lower[1] == found.all_upper[1] == 1000


def test_where_half_won_everything_against_the_other_half_nobody_has_one():
    rows = [(i, j, A, d, d % 3) for d in range(6) for i in (0, 1) for j in (2, 3)]
    rows += [(i, i + 1, [A, B][d % 2], d, d % 3) for d in range(6) for i in (0, 2)]
    found = rate(votes(rows, 4), seed=0, resamples=100)
    assert found.all_reason == (NO_LIMITS,) * 4
    assert np.isnan(found.all_upper).all()
    assert np.isfinite(found.worst_rank).all()


@settings(max_examples=100)
@given(st.integers(0, 10_000), st.integers(1, 8), st.floats(0, 0.6))
def test_the_main_circle_is_scipys_strongly_connected_part(seed, n, share):
    beats = (np.random.default_rng(seed).random((n, n)) < share) & ~np.eye(n, dtype=bool)
    _, part = connected_components(csr_array(beats), connection="strong")
    size = np.bincount(part)[part]
    assert main_circle(beats).tolist() == (size > n / 2).tolist()


@pytest.mark.simulation
def test_intervals_for_all_at_once_cover_beside_a_clean_sweep():
    # A system that never loses is any distance ahead, so its own interval held no truth; and as a part of the mean it
    # moved the others' too.
    setting = coverage.Setting(annotator=0.8, document=0.8, pairs=6, annotators=8, documents=12)
    true = SCALE * coverage.truth(setting)
    covered = []
    for seed in range(120):
        found = rate(with_a_winner(coverage.study(setting, np.random.default_rng(seed))[0]), seed=seed, resamples=200)
        assert found.all_reason == (NO_LIMIT, "", "", "", "")
        assert np.isnan(found.all_lower[0])
        at = true + found.rating[1:].mean()
        covered.append(((found.all_lower[1:] <= at) & (at <= found.all_upper[1:])).all())
    assert 0.92 <= np.mean(covered) <= 0.99


def with_a_winner(sample):
    """The study's systems as 1 to 4, and 0 that wins against one of them on every document with every annotator."""
    grid = [index.ravel() for index in np.indices((12, 8))]
    zeros = np.zeros(len(grid[0]), dtype=np.int64)
    columns = (
        (sample.system_a + 1, zeros),
        (sample.system_b + 1, 1 + (grid[0] + grid[1]) % 4),
        (sample.outcome, zeros),
        (sample.document, grid[0]),
        (sample.annotator, grid[1]),
    )
    return VoteArrays(*(np.concatenate(pair) for pair in columns), 5)
