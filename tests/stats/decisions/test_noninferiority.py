import numpy as np
import pytest

from stats.decisions.noninferiority import NonInferiority, Scale, noninferiorities, votes_to_decide
from stats.ratings.ratings import Anchor, rate
from tests.stats.decisions.one_pair import noninferiority
from tests.stats.simulate import TIE, A, B, simulated, votes


def judged(sample, **kwargs):
    return noninferiority(sample, 0, 1, seed=0, resamples=300, **kwargs)


def test_the_interval_is_that_of_a_board_anchored_at_the_large_system():
    sample = simulated(1, n_votes=3000, n_systems=4)
    found = judged(sample, margin=50)
    board = rate(sample, seed=0, resamples=300, anchor=Anchor(1, 0.0))
    assert found.difference == pytest.approx(board.rating[0])
    assert (found.lower, found.upper) == pytest.approx((board.lower[0], board.upper[0]))


@pytest.mark.parametrize(
    ("gap", "verdict"), [(1.0, (True, True, False)), (-0.1, (True, False, False)), (-1.5, (False, False, True))]
)
def test_verdicts(gap, verdict):
    sample = simulated(2, n_votes=6000, n_systems=2, strengths=[gap / 2, -gap / 2], ties=0)
    found = judged(sample, margin=80)
    assert (found.non_inferior, found.superior, found.inferior) == verdict
    assert (found.p <= 0.025) == found.non_inferior


def test_few_votes_decide_nothing():
    found = judged(simulated(3, n_votes=60, n_systems=2, strengths=[0, 0]), margin=30)
    assert not any([found.non_inferior, found.superior, found.inferior])
    assert found.lower < -30 < found.upper


def test_win_probability_by_hand():
    # 60 of 100: the chance is 0.6, 0.1 above one half.
    sample = votes([(0, 1, A if i % 10 < 6 else B, i % 20, i % 7) for i in range(100)], 2)
    found = judged(sample, margin=0.1, scale=Scale.WIN_PROBABILITY)
    assert found.difference == pytest.approx(0.1, abs=0.001)
    assert -0.5 < found.lower < 0.1 < found.upper < 0.5


def test_degenerate_inputs_have_reasons():
    apart = judged(votes([(0, 2, A), (1, 3, A)], 4), margin=10)
    assert apart.reason == "the votes do not connect the two systems"
    assert np.isnan([apart.difference, apart.lower, apart.p]).all()
    assert not any([apart.non_inferior, apart.superior, apart.inferior])
    assert judged(votes([], 2), margin=10).reason == apart.reason
    single = judged(votes([(0, 1, A, 0, 0)], 2), margin=10)
    assert single.reason == "one document rated by one annotator: nothing to draw again"
    assert single.difference > 0
    rare = judged(
        votes([(i % 2 + 1, 2 - i % 2, A, i % 8, (i + i // 8) % 8) for i in range(64)] + [(0, 1, TIE, 0, 0)], 3),
        margin=10,
    )
    assert rare.reason.startswith("too few votes")


def test_many_pairs_at_once_are_the_same_as_one_by_one():
    sample = simulated(4, n_votes=900, n_systems=5)
    pairs = [(0, 1), (3, 1), (2, 4)]
    together = noninferiorities(sample, pairs, margin=50, seed=0, resamples=100)
    assert together == [noninferiority(sample, *pair, margin=50, seed=0, resamples=100) for pair in pairs]


def test_a_pair_in_each_of_two_parts():
    apart = [(0, 1, (A, B)[i % 3 == 0], i % 8, i % 5) for i in range(40)]
    sample = votes([*apart, *((a + 2, b + 2, *rest) for a, b, *rest in apart)], 4)
    first, second, across = noninferiorities(sample, [(0, 1), (2, 3), (0, 3)], margin=10, seed=0, resamples=100)
    assert first == second
    assert across.reason == "the votes do not connect the two systems"


def test_two_votes_for_one_side_decide_nothing():
    found = judged(votes([(0, 1, A, 0, 0), (0, 1, A, 1, 1)], 2), margin=0.05, scale=Scale.WIN_PROBABILITY)
    assert found.reason.startswith("too few votes: one of the two won or lost nearly everything")
    assert not any([found.non_inferior, found.superior, found.inferior])


def test_a_third_system_that_lost_everything_leaves_the_two_their_interval():
    between = [(0, 1, (A, B)[(i // 8 + i) % 2], i % 8, i // 8) for i in range(64)]
    beaten = [(k, 2, A, i % 8, i // 8) for i in range(64) for k in (0, 1)]
    alone, beside = (judged(votes(rows, n), margin=50) for rows, n in ((between, 2), (between + beaten, 3)))
    assert (alone.reason, beside.reason) == ("", "")
    assert (beside.lower, beside.upper) == pytest.approx((alone.lower, alone.upper), abs=1)


def test_votes_to_decide_by_hand():
    # Error 0.02 from 1,000 votes, 0.03 above the margin: 1000 * (0.02 * 2.8016 / 0.03)^2 = 3,488.4.
    found = NonInferiority(-0.02, -0.06, 0.02, 0.05, 0.07, error=0.02)
    assert votes_to_decide(found, 1000) == pytest.approx(3488, abs=1)
    below = NonInferiority(-0.08, -0.12, -0.04, 0.05, 0.9, error=0.02)
    assert votes_to_decide(below, 1000) == pytest.approx(3488, abs=1)
    assert votes_to_decide(NonInferiority(-0.05, -0.1, 0.0, 0.05, 0.5, error=0.02), 1000) == np.inf
    assert np.isnan(votes_to_decide(NonInferiority(0.1, np.nan, np.nan, 0.05, np.nan), 10))


def test_so_many_votes_have_that_power():
    # A normal estimate at the distance asked for: its lower end lies above the margin in 8 of 10 studies.
    error = 0.02 * np.sqrt(1000 / 3488)
    estimates = np.random.default_rng(0).normal(-0.02, error, 20_000)
    assert (estimates - 1.96 * error > -0.05).mean() == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize("margin", [0, -1, np.nan])
def test_a_margin_must_be_above_zero(margin):
    with pytest.raises(ValueError, match="margin"):
        judged(votes([(0, 1, A)], 2), margin=margin)


def test_a_system_at_the_margin_seldom_passes():
    # True gap = -margin: at most 2.5 % should pass, Binomial(120, 0.025) exceeds 10 once in 2,000.
    passed = 0
    margin = 400 / np.log(10) * 0.4
    for seed in range(120):
        sample = simulated(seed, n_votes=300, n_systems=2, strengths=[-0.2, 0.2], ties=0)
        passed += noninferiority(sample, 0, 1, margin=margin, seed=seed, resamples=100).non_inferior
    assert passed <= 10
