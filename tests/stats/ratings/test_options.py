"""rate() with ties dropped or fitted, weights, an anchor, and parts rated apart; win rates by pair."""

import numpy as np
import pytest

from stats.ratings.estimates import Ties
from stats.ratings.ratings import Anchor, rate
from stats.ratings.win_rates import win_rates
from stats.votes.arrays import VoteArrays
from tests.stats.simulate import BOTH_BAD, TIE, A, B, simulated, votes


def small_rate(sample, **kwargs):
    return rate(sample, seed=0, resamples=200, **kwargs)


def test_dropped_ties_are_as_if_never_given():
    sample = simulated(1, n_votes=800, n_systems=4, ties=0.3)
    dropped, without = small_rate(sample, ties=Ties.DROPPED), small_rate(sample.take(~sample.tied))
    assert dropped.rating.tolist() == without.rating.tolist()
    assert dropped.lower.tolist() == without.lower.tolist()
    assert dropped.n_votes == without.n_votes < 800
    assert dropped.votes.tolist() == sample.count_by_system().tolist()
    assert "left out" in dropped.method
    assert np.ptp(dropped.rating) > np.ptp(small_rate(sample).rating)


def test_a_system_with_ties_only_says_so_when_they_are_dropped():
    sample = votes([(0, 1, A), (1, 0, A), (0, 1, A), (2, 0, TIE), (2, 1, BOTH_BAD)], 4)
    found = small_rate(sample, ties=Ties.DROPPED)
    assert found.reason == ("", "", "no decided votes: all are ties or both bad", "no votes yet")
    assert np.isnan(found.rating[2])
    assert found.win_rate[2] == 0.5


def test_davidsons_parameter_comes_with_ratings_and_intervals():
    sample = simulated(2, n_votes=3000, n_systems=4, ties=0.25)
    found = small_rate(sample, ties=Ties.DAVIDSON)
    # Log-odds of decided votes; a tie counts less than half, so that the range is about that of dropped ties.
    dropped = small_rate(sample, ties=Ties.DROPPED)
    assert found.rating == pytest.approx(dropped.rating, abs=25)
    assert found.tie_parameter[0] == pytest.approx(2 * 0.25 / 0.75, abs=0.25)
    assert (found.lower < found.rating).all()
    assert (found.rating < found.upper).all()
    assert np.isnan(found.iid_lower).all()
    assert set(found.iid_reason) == {"not worked out for Davidson's tie parameter"}
    assert "Davidson" in found.method


def test_weights_undo_uneven_sampling():
    # Documents 0-49 favour system 0, the others system 1, equally. Half of the documents were shown four times as often.
    rng = np.random.default_rng(3)
    shown = np.r_[np.repeat(np.arange(50), 80), np.repeat(np.arange(50, 100), 20)]
    outcome = np.where(rng.random(len(shown)) < np.where(shown < 50, 0.8, 0.2), A, B)
    zeros = np.zeros(len(shown), dtype=int)
    columns = (zeros, zeros + 1, outcome, shown, rng.integers(10, size=len(shown)), 2)
    weight = np.where(shown < 50, 1 / 0.8, 1 / 0.2)
    plain, weighted = small_rate(VoteArrays(*columns)), small_rate(VoteArrays(*columns, weight))
    assert np.diff(plain.rating)[0] < -120
    assert np.diff(weighted.rating)[0] == pytest.approx(0, abs=25)
    assert weighted.votes.tolist() == plain.votes.tolist() == [5000, 5000]
    assert weighted.lower[0] < 1000 < weighted.upper[0]


def test_weights_of_one_size_change_nothing():
    sample = simulated(4, n_votes=5000, n_systems=3)
    columns = (sample.system_a, sample.system_b, sample.outcome, sample.document, sample.annotator, 3)
    weighted, plain = small_rate(VoteArrays(*columns, np.full(5000, 1.5))), small_rate(sample)
    assert weighted.rating == pytest.approx(plain.rating, abs=0.05)
    assert weighted.lower == pytest.approx(plain.lower, abs=0.1)
    assert weighted.win_rate == pytest.approx(plain.win_rate)


def test_an_anchor_fixes_the_scale_and_no_rank():
    sample = simulated(5, n_votes=3000, n_systems=5)
    plain, anchored = small_rate(sample), small_rate(sample, anchor=Anchor(2, 1200))
    assert anchored.rating - 1200 == pytest.approx(plain.rating - plain.rating[2])
    for lower, upper in (("lower", "upper"), ("all_lower", "all_upper"), ("iid_lower", "iid_upper")):
        bounds = getattr(anchored, lower), getattr(anchored, upper)
        assert bounds[0][2] == pytest.approx(1200)
        assert bounds[1][2] == pytest.approx(1200)
        assert (np.delete(bounds[0], 2) < np.delete(anchored.rating, 2)).all()
    for name in ("rank", "best_rank", "worst_rank"):
        assert getattr(anchored, name).tolist() == getattr(plain, name).tolist()
    assert set(anchored.interval_reason) == {""}


def test_an_anchor_without_votes_is_named():
    found = small_rate(votes([(0, 1, A), (1, 0, A)], 3), names=["x", "y", "z"], anchor=Anchor(2))
    assert found.warnings[0] == "The anchor z has no votes: the mean rating is 1000 instead."
    assert np.nanmean(found.rating) == pytest.approx(1000)


def test_parts_are_rated_apart_if_asked():
    one, two = simulated(6, n_votes=400, n_systems=3), simulated(7, n_votes=400, n_systems=2)
    both = VoteArrays(
        np.r_[one.system_a, two.system_a + 4],
        np.r_[one.system_b, two.system_b + 4],
        np.r_[one.outcome, two.outcome],
        np.r_[one.document, two.document],
        np.r_[one.annotator, two.annotator],
        6,
    )
    assert np.isnan(small_rate(both).rating).all()
    found = small_rate(both, apart=True, anchor=Anchor(4, 900))
    assert found.part.tolist() == [0, 0, 0, -1, 1, 1]
    assert found.rating[:3].tolist() == small_rate(one).rating.tolist()
    assert found.lower[:3].tolist() == small_rate(one).lower.tolist()
    assert found.rating[4] == pytest.approx(900)
    assert found.reason == ("", "", "", "no votes yet", "", "")
    # Ranks begin anew in each part.
    assert sorted(found.best_rank[4:])[0] == 1
    assert found.worst_rank[4:].max() <= 2


def test_simultaneous_intervals_are_wider_and_rank_intervals_hold_the_estimated_rank():
    sample = simulated(8, n_votes=4000, n_systems=6)
    found = small_rate(sample)
    assert (found.all_upper - found.all_lower > 1.05 * (found.upper - found.lower)).all()
    place = 1 + (-found.rating).argsort().argsort()
    assert (found.best_rank <= place).all()
    assert (place <= found.worst_rank).all()


def test_intervals_for_all_systems_need_resamples_that_know_them_all():
    rows = [(i % 2, 1 - i % 2, A, i % 8, (i + i // 8) % 8) for i in range(64)]
    found = small_rate(votes([*rows, (2, 0, TIE, 0, 0)], 3))
    assert np.isnan(found.best_rank).all()
    assert found.all_reason[0].endswith("have votes enough to rate all systems")


def test_one_annotator_and_one_document_still_give_an_interval_of_single_votes():
    found = small_rate(votes([(0, 1, A, 0, 0), (0, 1, A, 0, 0), (0, 1, B, 0, 0)], 2))
    assert np.isnan([found.lower, found.all_lower]).all()
    assert np.isfinite(found.iid_lower).all()
    assert found.iid_reason == ("", "")


def test_win_rates_by_hand():
    # 0 against 1: two wins, a loss, a tie: 2.5 of 4. 0 never met 2.
    found = win_rates(votes([(0, 1, A), (1, 0, B), (1, 0, A), (0, 1, TIE), (1, 2, A)], 3))
    assert found.votes.tolist() == [[0, 4, 0], [4, 0, 1], [0, 1, 0]]
    assert found.rate[0, 1] == 0.625
    assert found.rate[1, 0] == 0.375
    assert np.isnan([found.rate[0, 2], found.lower[0, 2], found.rate[1, 1]]).all()
    assert found.lower[0, 1] < 0.625 < found.upper[0, 1]
    assert found.upper[1, 2] == 1
