import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stats.decisions.sampling import (
    NoPairAvailableError,
    PairMoments,
    draw_pair,
    pair_probabilities,
)
from stats.votes.arrays import InvalidVotesError
from tests.stats.decisions.pair_moments import pair_moments
from tests.stats.raters.simulate import BOTH_BAD, TIE, A, B, codes


def moments(votes, variance):
    return PairMoments(codes(votes), np.array(variance, dtype=float))


EVERYTHING = np.ones(3, dtype=bool)


def test_variances_worked_by_hand():
    # Pair 0: 1, 1, 0, 1/2 and the prior's 1 and 0: sum 3.5, squares 3.25 of 6. Pair 2: 1/2 and the prior. Pair 1: prior.
    found = pair_moments(codes([0, 0, 0, 0, 2]), codes([A, A, B, TIE, BOTH_BAD]), 3)
    assert found.votes.tolist() == [4, 0, 1]
    assert found.variance == pytest.approx([3.25 / 6 - (3.5 / 6) ** 2, 0.25, 1.25 / 3 - 0.25])


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=40))
def test_numpy_gives_the_same_variances(rows):
    pair, outcome = (codes(column) for column in zip(*rows, strict=True))
    found = pair_moments(pair, outcome, 5)
    for a in range(5):
        scores = [1.0, 0.0, *np.array([1, 0, 0.5, 0.5])[outcome[pair == a]]]
        assert found.variance[a] == pytest.approx(np.var(scores))
        assert 0 < found.variance[a] <= 0.25 + 1e-12


def test_the_rule_worked_by_hand():
    # sqrt(0.25 / 1) - sqrt(0.25 / 2) = 0.1464 and sqrt(0.16 / 4) - sqrt(0.16 / 5) = 0.0211; a tenth is even.
    found = pair_probabilities(moments([1, 4], [0.25, 0.16]), np.ones(2, dtype=bool), epsilon=0.1)
    first = (0.5 - 0.5 / 2**0.5) / ((0.5 - 0.5 / 2**0.5) + (0.4 / 2 - 0.4 / 5**0.5))
    assert found == pytest.approx([0.9 * first + 0.05, 0.9 * (1 - first) + 0.05])


def test_pairs_without_votes_come_first():
    found = pair_probabilities(moments([0, 5, 0], [0.25, 0.25, 0.25]), EVERYTHING, epsilon=0.3)
    assert found == pytest.approx([0.45, 0.1, 0.45])


def test_a_pair_without_votes_that_is_not_available_changes_nothing():
    available = np.array([False, True, True])
    found = pair_probabilities(moments([0, 5, 50], [0.25, 0.2, 0.2]), available)
    assert found[0] == 0
    assert found[1:] == pytest.approx(pair_probabilities(moments([5, 50], [0.2, 0.2]), np.ones(2, dtype=bool)))


@settings(max_examples=40)
@given(
    arrays(np.int64, 6, elements=st.integers(0, 1000)),
    arrays(np.float64, 6, elements=st.floats(1e-4, 0.25)),
    arrays(np.bool_, 6).filter(np.any),
    st.floats(0.01, 1),
)
def test_every_available_pair_keeps_its_share_of_epsilon(votes, variance, available, epsilon):
    found = pair_probabilities(PairMoments(votes, variance), available, epsilon=epsilon)
    assert found.sum() == pytest.approx(1)
    assert (found[available] >= epsilon / available.sum() - 1e-12).all()
    assert (found[~available] == 0).all()


@settings(max_examples=40)
@given(st.integers(1, 500), st.floats(0.01, 0.25), st.floats(0.01, 0.25))
def test_of_two_pairs_the_less_certain_is_likelier(votes, variance, other):
    first, second = pair_probabilities(moments([votes, votes], [variance, other]), np.ones(2, dtype=bool))
    assert (first - second) * (variance - other) >= 0
    first, second = pair_probabilities(moments([votes, votes + 1], [variance] * 2), np.ones(2, dtype=bool))
    assert first > second


def test_many_sets_of_pairs_at_once_are_each_alone():
    votes, variance = np.array([[3, 0, 9], [1, 2, 3]]), np.array([[0.2, 0.25, 0.1], [0.25, 0.2, 0.1]])
    available = np.array([[True, True, False], [True, False, True]])
    together = pair_probabilities(PairMoments(votes, variance), available)
    for i in range(2):
        assert together[i] == pytest.approx(pair_probabilities(PairMoments(votes[i], variance[i]), available[i]))


def test_nothing_available_is_an_error():
    with pytest.raises(NoPairAvailableError):
        pair_probabilities(moments([1, 2, 3], [0.2] * 3), ~EVERYTHING)


@pytest.mark.parametrize(("available", "epsilon"), [([True] * 3, 0.0), ([True] * 3, 1.1), ([True] * 2, 0.2)])
def test_what_cannot_be_drawn_from_is_refused(available, epsilon):
    with pytest.raises(InvalidVotesError):
        pair_probabilities(moments([1, 2, 3], [0.2] * 3), np.array(available), epsilon=epsilon)


def test_draws_follow_the_probabilities_and_carry_them():
    probabilities, rng = np.array([0.6, 0.0, 0.3, 0.1]), np.random.default_rng(1)
    drawn = [draw_pair(probabilities, rng) for _ in range(4000)]
    assert all(one.probability == probabilities[one.pair] for one in drawn)
    assert np.bincount([one.pair for one in drawn], minlength=4) / 4000 == pytest.approx(probabilities, abs=0.03)


def test_the_same_generator_draws_the_same_pairs():
    probabilities = np.full(10, 0.1)
    first, second = (np.random.default_rng(3) for _ in range(2))
    assert [draw_pair(probabilities, first) for _ in range(5)] == [draw_pair(probabilities, second) for _ in range(5)]


@pytest.mark.parametrize("probabilities", [[0.5, 0.6], [1.5, -0.5], [[1.0]]])
def test_what_is_no_distribution_is_not_drawn_from(probabilities):
    with pytest.raises(InvalidVotesError):
        draw_pair(np.array(probabilities), np.random.default_rng(1))


@pytest.mark.parametrize("outcome", [[4], [-1]])
def test_an_unknown_outcome_is_refused(outcome):
    with pytest.raises(InvalidVotesError):
        pair_moments(codes([0]), codes(outcome), 1)


def test_a_pair_out_of_range_is_refused():
    with pytest.raises(InvalidVotesError):
        pair_moments(codes([2]), codes([A]), 2)
