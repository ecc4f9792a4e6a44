"""Intervals and ranks beside systems that won or lost every vote, to whose distance the votes set no limit."""

import numpy as np
import pytest

from benchmarks.intervals import coverage
from stats.ratings.estimates import NO_LIMIT, NO_LIMITS
from stats.ratings.ratings import Anchor, rate
from stats.strengths.bradley_terry import SCALE, fit_bradley_terry, to_rating
from stats.uncertainty.calibrated import precision
from stats.uncertainty.limits import Limits
from stats.uncertainty.sandwich import bread, interval, sandwich_covariance
from stats.uncertainty.simultaneous import draw_errors, max_t_quantile
from stats.votes.arrays import VoteArrays
from tests.stats.simulate import TIE, A, B, simulated, votes

INTERVALS = (("lower", "upper"), ("iid_lower", "iid_upper"))
WHY = ("interval_reason", "all_reason", "iid_reason")


def sweep(n_documents=30, *, of=(1, 2), outcome=A):
    """0 wins every vote, 1 and 2 share theirs."""
    rows = [(0, i, outcome, d, d % 5) for d in range(n_documents) for i in of]
    return votes(rows + [(1, 2, [A, A, B][d % 3], d, (d + d // 5) % 5) for d in range(n_documents)], 3)


@pytest.mark.parametrize("outcome", [A, B])
def test_a_system_that_won_or_lost_everything_has_a_rank_and_no_interval(outcome):
    found = rate(sweep(outcome=outcome), seed=0, resamples=200)
    for name in WHY:
        assert getattr(found, name) == (NO_LIMIT, "", "")
    for lower, upper in INTERVALS:
        low, high = getattr(found, lower), getattr(found, upper)
        assert np.isnan([low[0], high[0]]).all()
        assert (low[1:] < found.rating[1:]).all()
        assert (found.rating[1:] < high[1:]).all()
    assert found.rank_reason == ("",) * 3
    assert found.rank.tolist() == ([1, 2, 2] if outcome == A else [3, 1, 1])


def test_a_win_of_everything_is_first_only_after_votes_enough():
    few, many = (rate(sweep(n), seed=0, resamples=100) for n in (4, 20))
    assert few.interval_reason[0] == many.interval_reason[0] == NO_LIMIT
    assert few.rank.tolist() == [1, 1, 1]
    assert many.rank.tolist() == [1, 2, 2]


@pytest.mark.parametrize("n", [3, 300])
@pytest.mark.parametrize("annotators", [1, 5])
def test_of_two_systems_one_that_wins_all_leaves_no_interval(n, annotators):
    # With one annotator every resample has as many votes, and gives the same rating.
    found = rate(votes([(0, 1, A, d, d % annotators) for d in range(n)], 2), seed=0, resamples=100)
    for name in WHY:
        assert getattr(found, name) == (NO_LIMITS,) * 2
    for lower, upper in (*INTERVALS, ("all_lower", "all_upper")):
        assert np.isnan([getattr(found, lower), getattr(found, upper)]).all()
    assert found.rank.tolist() == ([1, 1] if n == 3 else [1, 2])


def test_what_won_everything_moves_nobody_else():
    # What beats 1 alone would follow it through the mean of all: the interval of 1 was a quarter too short.
    beside = sweep(of=(1,))
    found, alone = (rate(sample, seed=0, resamples=400) for sample in (beside, beside.take(np.arange(30, 60))))
    for lower, upper in INTERVALS:
        gap, without = ((getattr(f, upper) - getattr(f, lower))[1:] for f in (found, alone))
        assert gap == pytest.approx(without, rel=0.02)


def test_two_circles_have_ranks_in_each_and_between_them():
    # 0 and 1 beat 2, 3, 4 in every vote; 0 beats 1 in 3 of 4, and of the others each beats each in half.
    rows = [(i, j, A, d, d % 5) for d in range(60) for i in (0, 1) for j in (2, 3, 4)]
    rows += [(0, 1, [A, A, A, B][d % 4], d, d % 5) for d in range(160)]
    rows += [(i, j, [A, B][(d + d // 5) % 2], d, d % 5) for d in range(60) for i, j in ((2, 3), (3, 4), (2, 4))]
    found = rate(votes(rows, 5), seed=0, resamples=200)
    assert found.interval_reason == (NO_LIMIT, NO_LIMIT, "", "", "")
    assert found.rank.tolist() == [1, 2, 3, 3, 3]


def test_equals_beside_a_winner_are_not_sure_for_never_moving():
    rows = [(0, i, A, d, d % 5) for d in range(30) for i in (1, 2)]
    found = rate(votes(rows + [(1, 2, TIE, d, d % 5) for d in range(30)], 3), seed=0, resamples=100)
    assert found.interval_reason == (
        NO_LIMIT,
        *("too few votes: random redraws of documents and annotators all give the same rating",) * 2,
    )
    assert found.rank_reason[0] == ""


def test_an_anchor_without_limit_limits_nobody_and_changes_no_rank():
    plain = rate(sweep(), seed=0, resamples=100)
    found = rate(sweep(), seed=0, resamples=100, anchor=Anchor(0))
    assert found.interval_reason == found.iid_reason == (NO_LIMIT,) * 3
    assert found.rank.tolist() == plain.rank.tolist()
    found = rate(sweep(), seed=0, resamples=100, anchor=Anchor(1))
    assert found.interval_reason == found.iid_reason == (NO_LIMIT, "", "")
    assert found.lower[1] == found.upper[1] == 1000
    assert found.rank.tolist() == plain.rank.tolist()


def test_resamples_are_held_by_those_of_the_circle_that_are_there():
    limits = Limits.of(np.array([[0, 3, 3, 3], [0, 0, 1, 1], [0, 1, 0, 1], [0, 1, 1, 0.0]]))
    full = np.array([6.0, -1, -2, -3])
    drawn = np.array([[9.0, -2, -2, -5], [5, np.nan, 0, -1], [7, np.nan, np.nan, np.nan]])
    by_hand = [[6, -1, -1, -4], [6, np.nan, -2, -3], [6, np.nan, np.nan, np.nan]]
    assert limits.held(drawn, full) == pytest.approx(np.array(by_hand), nan_ok=True)


@pytest.mark.parametrize("seed", range(3))
def test_votes_without_a_clean_sweep_give_the_same_to_the_last_digit(seed):
    # The formulas of the methods themselves, without any part of a circle.
    sample = simulated(seed, n_votes=400, n_systems=4, n_documents=12, n_annotators=5)
    found = rate(sample, seed=seed, resamples=200)
    strengths = fit_bradley_terry(sample.wins())
    sure = precision(sample, strengths)
    reach = np.diag(sure.reach())
    lower, upper = strengths - reach, strengths + reach
    assert found.lower.tolist() == to_rating(lower).tolist()
    assert found.upper.tolist() == to_rating(upper).tolist()
    errors = draw_errors(bread(sample.wins(), strengths), seed, 200)
    reach = np.diag(sure.reach_together(max_t_quantile(errors, np.zeros(4))))
    together = np.array([strengths - reach, strengths + reach])
    assert np.array([found.all_lower, found.all_upper]) == pytest.approx(to_rating(together), rel=1e-13)
    single = interval(strengths, sandwich_covariance(sample, strengths))
    assert [found.iid_lower.tolist(), found.iid_upper.tolist()] == [to_rating(bound).tolist() for bound in single]
    assert found.rank.tolist() == [1 + sum(low > up for low in lower) for up in upper]


def with_winners(sample):
    """The study's systems as 3 to 6, and three that win every vote, all against 4 alone."""
    document, annotator = (index.ravel() for index in np.indices((12, 8)))
    zeros = np.zeros(len(document), dtype=np.int64)
    columns = (
        (sample.system_a + 3, (document + annotator) % 3),
        (sample.system_b + 3, zeros + 4),
        (sample.outcome, zeros),
        (sample.document, document),
        (sample.annotator, annotator),
    )
    return VoteArrays(*(np.concatenate(pair) for pair in columns), 7)


@pytest.mark.simulation
def test_the_others_intervals_cover_beside_clean_sweeps():
    # With the mean of all held, each winner follows the system it met: that one's interval covered 77 %, the others' 97
    # to 100 %.
    setting = coverage.Setting(annotator=0.8, document=0.8, pairs=6, annotators=8, documents=12)
    true = SCALE * coverage.truth(setting)
    covered = []
    for seed in range(300):
        sample = with_winners(coverage.study(setting, np.random.default_rng(seed))[0])
        found = rate(sample, seed=seed, resamples=200)
        assert found.interval_reason == (*(NO_LIMIT,) * 3, *("",) * 4)
        at = true + found.rating[3:].mean()
        covered.append((found.lower[3:] <= at) & (at <= found.upper[3:]))
    assert ((np.mean(covered, axis=0) >= 0.92) & (np.mean(covered, axis=0) <= 0.985)).all()
