from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import t

from stats.decisions.noninferiority import NonInferiority, Scale, growth_to_decide, noninferiorities
from stats.ratings.ratings import Anchor, rate
from stats.strengths.bradley_terry import fit_bradley_terry
from stats.uncertainty.calibrated import precision
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
    ("gap", "verdict"), [(1.0, (True, False, False)), (-0.1, (True, True, False)), (-1.5, (False, False, True))]
)
def test_verdicts(gap, verdict):
    sample = simulated(2, n_votes=6000, n_systems=2, strengths=[gap / 2, -gap / 2], ties=0)
    found = judged(sample, margin=80)
    assert (found.non_inferior, found.equivalent, found.inferior) == verdict
    assert (found.p <= 0.025) == found.non_inferior
    assert (found.p_equivalence <= 0.025) == found.equivalent


def test_few_votes_decide_nothing():
    found = judged(simulated(3, n_votes=60, n_systems=2, strengths=[0, 0]), margin=30)
    assert not any([found.non_inferior, found.equivalent, found.inferior])
    assert found.lower < -30 < found.upper


def test_win_probability_by_hand():
    # 60 of 100: the chance is 0.6, 0.1 above one half.
    sample = votes([(0, 1, A if i % 10 < 6 else B, i % 20, i % 7) for i in range(100)], 2)
    found = judged(sample, margin=0.1, scale=Scale.WIN_PROBABILITY)
    assert found.difference == pytest.approx(0.1, abs=0.001)
    assert -0.5 < found.lower < 0.1 < found.upper < 0.5


def test_degenerate_inputs_have_reasons():
    apart = judged(votes([(0, 2, A), (1, 3, A)], 4), margin=10)
    assert apart.reason == "no votes link the two systems, directly or through others"
    assert np.isnan([apart.difference, apart.lower, apart.p]).all()
    assert not any([apart.non_inferior, apart.equivalent, apart.inferior])
    assert judged(votes([], 2), margin=10).reason == apart.reason
    single = judged(votes([(0, 1, A, 0, 0)], 2), margin=10)
    assert single.reason == "one document rated by one annotator: nothing shows how far documents or people differ"
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
    assert across.reason == "no votes link the two systems, directly or through others"


def test_two_votes_for_one_side_decide_nothing():
    found = judged(votes([(0, 1, A, 0, 0), (0, 1, A, 1, 1)], 2), margin=0.05, scale=Scale.WIN_PROBABILITY)
    assert found.reason.startswith("too few votes: one of the two won or lost nearly everything")
    assert not any([found.non_inferior, found.equivalent, found.inferior])


def test_a_third_system_that_lost_everything_leaves_the_two_their_interval():
    between = [(0, 1, (A, B)[(i // 8 + i) % 2], i % 8, i // 8) for i in range(64)]
    beaten = [(k, 2, A, i % 8, i // 8) for i in range(64) for k in (0, 1)]
    alone, beside = (judged(votes(rows, n), margin=50) for rows, n in ((between, 2), (between + beaten, 3)))
    assert (alone.reason, beside.reason) == ("", "")
    assert (beside.lower, beside.upper) == pytest.approx((alone.lower, alone.upper), abs=1)


def test_the_study_that_decides_by_hand():
    # 1.5 standard errors from the margin, errors known: ((1.96 + 0.8416) / 1.5)^2 = 3.488 times as many votes.
    found = NonInferiority(-0.02, -0.06, 0.02, 0.05, 0.07, error=0.02, distance=1.5, freedom=1e4)
    assert growth_to_decide(found).times == pytest.approx(3.488, abs=2e-3)
    below = replace(found, difference=-0.08, distance=-1.5)
    assert growth_to_decide(below).times == growth_to_decide(found).times
    assert growth_to_decide(replace(found, distance=0.0)).times == np.inf
    assert np.isnan(growth_to_decide(NonInferiority(0.1, np.nan, np.nan, 0.05, np.nan)).times)
    # Where few people say how unsure the difference is, it takes more.
    assert growth_to_decide(replace(found, freedom=4.0)).times > 3.8


def test_equivalence_is_two_one_sided_tests():
    """A second implementation: t-tests of the gap in log-odds against both margins."""
    sample = simulated(11, n_votes=4000, n_systems=2, strengths=[0.03, -0.03], ties=0.2)
    strengths = fit_bradley_terry(sample.wins())
    sure = precision(sample, strengths)
    gap, error, freedom = strengths[0] - strengths[1], sure.error[0, 1], sure.freedom[0, 1]
    said = []
    for margin in (0.02, 0.05, 0.1):
        found = judged(sample, margin=margin, scale=Scale.WIN_PROBABILITY)
        # In log-odds a share of 1/2 + margin is log((1/2 + margin) / (1/2 - margin)).
        edge = np.log((0.5 + margin) / (0.5 - margin))
        tests = [t.sf((gap + edge) / error, freedom), t.cdf((gap - edge) / error, freedom)]
        assert found.p_equivalence == pytest.approx(max(tests), rel=1e-9)
        assert found.equivalent == (max(tests) < 0.025) == (-margin < found.lower and found.upper < margin)
        said.append(found.equivalent)
    assert said[0] is False and said[-1] is True


def test_what_is_far_ahead_is_not_equivalent():
    found = judged(simulated(2, n_votes=3000, n_systems=2, strengths=[1, -1]), margin=0.05, scale=Scale.WIN_PROBABILITY)
    assert found.non_inferior and not found.equivalent and found.p < 0.025 < found.p_equivalence


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


@pytest.mark.simulation
def test_a_pair_at_the_margin_is_seldom_called_equivalent():
    # At most 2.5 % on either side: Binomial(120, 0.025) exceeds 10 once in 2,000. And equals are, with votes enough.
    claims = []
    for ahead in (1, -1, 0):
        half = ahead * np.arctanh(0.2)
        samples = (
            simulated(seed, n_votes=900, n_systems=2, strengths=[half, -half], ties=0.0) for seed in range(40, 160)
        )
        claims.append(sum(judged(one, margin=0.1, scale=Scale.WIN_PROBABILITY).equivalent for one in samples))
    assert max(claims[:2]) <= 10
    assert claims[2] >= 100
