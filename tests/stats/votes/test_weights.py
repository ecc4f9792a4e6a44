import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stats.votes.arrays import InvalidVotesError
from stats.votes.weights import chance_weights, effective_votes
from tests.stats.votes.capped_weights import inverse_probability_weights


@settings(max_examples=40)
@given(arrays(np.float64, st.integers(1, 30), elements=st.floats(0.001, 1)))
def test_weights_of_drawn_votes_are_those_without_a_cap(probabilities):
    second = inverse_probability_weights(probabilities)
    assert chance_weights(probabilities) == pytest.approx(second.weights)
    assert effective_votes(chance_weights(probabilities)) == pytest.approx(second.effective_n)


def test_votes_that_were_not_drawn_weigh_one_and_change_no_other_weight():
    found = chance_weights(np.array([0.5, np.nan, 0.25, 0.1, np.nan]))
    assert found == pytest.approx([6 / 16, 1, 12 / 16, 30 / 16, 1])
    assert chance_weights(np.full(2, np.nan)).tolist() == [1, 1]
    assert effective_votes(np.empty(0)) is None


def test_weights_worked_by_hand():
    # 1/P: 2, 4, 10, mean 16/3. A cap of 1.5 means cuts 10 to 8; the mean is then 14/3.
    found = inverse_probability_weights(np.array([0.5, 0.25, 0.1]))
    assert found.weights == pytest.approx([6 / 16, 12 / 16, 30 / 16])
    assert found.effective_n == pytest.approx(256 / 120)
    capped = inverse_probability_weights(np.array([0.5, 0.25, 0.1]), cap=1.5)
    assert capped.weights == pytest.approx([6 / 14, 12 / 14, 24 / 14])
    assert (found.n_capped, capped.n_capped) == (0, 1)


def test_weights_undo_the_preference_of_the_sampling():
    # Pair 0 is drawn nine times in ten; evenly, the mean over pairs of 0 and 1 is a half.
    rng = np.random.default_rng(2)
    pair = (rng.random(20_000) < 0.1).astype(int)
    weights = inverse_probability_weights(np.array([0.9, 0.1])[pair]).weights
    assert np.average(pair, weights=weights) == pytest.approx(0.5, abs=0.02)


@settings(max_examples=40)
@given(arrays(np.float64, st.integers(1, 30), elements=st.floats(0.001, 1)), st.floats(0.5, 5))
def test_weights_have_mean_one_and_a_cap_never_lowers_the_effective_number(probabilities, cap):
    plain, capped = inverse_probability_weights(probabilities), inverse_probability_weights(probabilities, cap=cap)
    assert (plain.weights.mean(), capped.weights.mean()) == pytest.approx((1, 1))
    assert plain.effective_n <= capped.effective_n + 1e-9 <= len(probabilities) + 1e-6


def test_no_votes_have_no_weights():
    found = inverse_probability_weights(np.empty(0))
    assert (len(found.weights), found.effective_n) == (0, None)


@pytest.mark.parametrize(("probabilities", "cap"), [([0.0], None), ([1.1], None), ([np.nan], None), ([0.5], 0.0)])
def test_what_are_no_probabilities_is_refused(probabilities, cap):
    with pytest.raises(InvalidVotesError):
        inverse_probability_weights(np.array(probabilities), cap=cap)
