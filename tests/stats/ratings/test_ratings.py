import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stats.ratings.ratings import rate
from stats.votes.arrays import InvalidVotesError, VoteArrays
from stats.votes.graphs import connected_parts, unbounded_nodes
from tests.stats.simulate import BOTH_BAD, TIE, A, B, simulated, votes


def small_rate(sample, **kwargs):
    return rate(sample, seed=0, resamples=200, **kwargs)


def test_counts_and_win_rates_by_hand():
    # System 0: a win, a loss, a tie and a both bad: (1 + 1/2 + 1/2) / 4. System 1: 1 of 3. System 2: 1/2 of 1.
    sample = votes([(0, 1, A), (1, 0, A), (0, 1, TIE), (2, 0, BOTH_BAD)], 3)
    ratings = small_rate(sample)
    assert ratings.votes.tolist() == [4, 3, 1]
    assert ratings.win_rate == pytest.approx([0.5, 0.5, 0.5])
    assert ratings.both_bad_rate == pytest.approx([1 / 4, 0, 1])
    assert (ratings.n_votes, ratings.n_documents, ratings.n_annotators) == (4, 4, 1)


def test_the_mean_rating_is_1000_and_intervals_contain_the_estimate():
    ratings = small_rate(simulated(8, n_votes=2000, n_systems=6))
    assert ratings.rating.mean() == pytest.approx(1000)
    assert (ratings.lower < ratings.rating).all()
    assert (ratings.rating < ratings.upper).all()
    # The first hundred say something about every system, so no more are looked at.
    assert ratings.resamples_used.tolist() == [100] * 6
    assert ratings.warnings == ()


def test_the_same_seed_gives_the_same_answer_in_any_order_of_votes():
    sample = simulated(9, n_votes=500, n_systems=4)
    order = np.random.default_rng(0).permutation(500)
    columns = (sample.system_a, sample.system_b, sample.outcome, sample.document, sample.annotator)
    shuffled = VoteArrays(*(column[order] for column in columns), 4)
    first, second, other = small_rate(sample), small_rate(shuffled), rate(sample, seed=1, resamples=200)
    assert (first.lower.tolist(), first.upper.tolist()) == (second.lower.tolist(), second.upper.tolist())
    # The seed decides what holds for all at once, and no interval by itself.
    assert first.lower.tolist() == other.lower.tolist()
    assert first.all_lower.tolist() != other.all_lower.tolist()


def test_rank_counts_those_whose_interval_lies_above():
    # 0 is far ahead; 1 and 2 cannot be told apart.
    ratings = small_rate(simulated(10, n_votes=3000, n_systems=3, strengths=[2, 0, 0]))
    assert ratings.lower[0] > max(ratings.upper[1:])
    assert ratings.lower[1] < ratings.upper[2]
    assert ratings.rank.tolist() == [1, 2, 2]


def test_no_votes_at_all_leave_everything_undefined():
    ratings = small_rate(votes([], 2))
    assert np.isnan([ratings.rating, ratings.lower, ratings.upper, ratings.rank, ratings.win_rate]).all()
    assert ratings.reason == ratings.interval_reason == ("no votes yet",) * 2
    assert (ratings.n_votes, ratings.n_documents, ratings.n_annotators) == (0, 0, 0)


def test_a_system_without_votes_is_undefined_and_leaves_the_others_as_they_are():
    sample = simulated(11, n_votes=300, n_systems=3)
    columns = (sample.system_a, sample.system_b, sample.outcome, sample.document, sample.annotator)
    with_a_newcomer = small_rate(VoteArrays(sample.system_a + 1, sample.system_b + 1, *columns[2:], 4))
    alone = small_rate(sample)
    assert np.isnan([with_a_newcomer.rating[0], with_a_newcomer.rank[0], with_a_newcomer.win_rate[0]]).all()
    assert with_a_newcomer.reason == ("no votes yet", "", "", "")
    assert with_a_newcomer.rating[1:].tolist() == alone.rating.tolist()
    assert with_a_newcomer.upper[1:].tolist() == alone.upper.tolist()


def test_one_vote_gives_a_rating_and_says_why_there_is_no_interval():
    ratings = small_rate(votes([(1, 0, A)], 2))
    assert 1000 < ratings.rating[1] < 2000
    assert np.isnan([ratings.lower, ratings.upper, ratings.rank]).all()
    assert (
        ratings.interval_reason
        == ("one document rated by one annotator: nothing shows how far documents or people differ",) * 2
    )
    assert ratings.reason == ("", "")


def test_all_ties_rate_all_equal_without_an_interval():
    ratings = small_rate(votes([(0, 1, TIE), (1, 0, BOTH_BAD), (0, 1, TIE)], 2))
    assert ratings.rating == pytest.approx([1000, 1000])
    assert (
        ratings.interval_reason
        == ("too few votes: random redraws of documents and annotators all give the same rating",) * 2
    )
    assert np.isnan(ratings.rank).all()


def test_parts_that_no_vote_connects_are_reported_and_not_ranked():
    sample = votes([(0, 2, A), (2, 0, A), (1, 3, A)], 5)
    ratings = small_rate(sample, names=["lead", "tiny", "lex", "big", "new"])
    reason = "the votes do not connect all systems: {lead, lex} | {tiny, big}"
    assert ratings.reason == (reason,) * 4 + ("no votes yet",)
    assert np.isnan([ratings.rating, ratings.rank]).all()
    assert ratings.win_rate[:4] == pytest.approx([0.5, 1, 0.5, 0])


def test_a_system_that_never_lost_is_named():
    rows = [(0, 1, A), (1, 2, A), (2, 1, A), (0, 2, A)]
    ratings = small_rate(votes(rows, 3), names=["best", "x", "y"])
    assert np.isfinite(ratings.rating).all()
    assert any("votes cannot say how far these are away: best." in warning for warning in ratings.warnings)
    assert any("lost every vote" in warning and "these are away: x, y." in warning for warning in ratings.warnings)


def test_votes_of_one_annotator_come_with_a_warning():
    ratings = small_rate(votes([(0, 1, A), (0, 1, B), (0, 1, A)], 2))
    assert any("one annotator's" in warning for warning in ratings.warnings)


def test_too_few_usable_resamples_give_no_interval():
    # System 2 is in one of eight documents, of one of eight annotators: in 40 % of the resamples.
    rows = [(i % 2, 1 - i % 2, A, i % 8, (i + i // 8) % 8) for i in range(64)]
    ratings = small_rate(votes([*rows, (2, 0, TIE, 0, 0)], 3))
    assert ratings.resamples_used[2] < 100
    assert ratings.interval_reason[2].startswith("too few votes: only ")
    assert np.isnan([ratings.lower[2], ratings.rank[2]]).all()
    assert np.isfinite(ratings.lower[:2]).all()


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(1, 3), st.integers(0, 3), st.integers(0, 4), st.integers(0, 2)),
        max_size=25,
    )
)
def test_every_undefined_number_has_a_reason_and_no_other(rows):
    ratings = rate(votes([(a, (a + step) % 4, *rest) for a, step, *rest in rows], 4), seed=0, resamples=20)
    assert [bool(reason) for reason in ratings.reason] == np.isnan(ratings.rating).tolist()
    for name, bounds in (
        ("interval_reason", ("lower", "upper")),
        ("rank_reason", ("rank",)),
        ("all_reason", ("all_lower", "all_upper")),
        ("open_ranks_reason", ("best_rank", "worst_rank")),
        ("iid_reason", ("iid_lower", "iid_upper")),
    ):
        for bound in bounds:
            assert [bool(why) for why in getattr(ratings, name)] == np.isnan(getattr(ratings, bound)).tolist()
    assert np.isnan(ratings.win_rate).tolist() == (ratings.votes == 0).tolist()


@pytest.mark.parametrize("row", [(0, 0, A, 0, 0), (0, 2, A, 0, 0), (-1, 0, A, 0, 0), (0, 1, 4, 0, 0), (0, 1, A, -1, 0)])
def test_arrays_that_are_no_votes_are_refused(row):
    with pytest.raises(InvalidVotesError):
        votes([row], 2)


def test_parts_of_a_graph():
    edges = np.zeros((5, 5), dtype=bool)
    edges[[0, 3, 3, 4], [3, 0, 4, 3]] = True
    assert connected_parts(edges) == [[0, 3, 4], [1], [2]]


def test_a_circle_of_wins_bounds_everybody():
    circle = np.roll(np.eye(4, dtype=bool), 1, axis=1)
    assert unbounded_nodes(circle) == ([], [])
    circle[3, 0] = False  # now 0 beats 1 beats 2 beats 3
    assert unbounded_nodes(circle) == ([0], [3])
