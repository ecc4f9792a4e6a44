import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stats.metrics.combined import combined_index
from stats.uncertainty.sequences import confidence_sequence


def by_loop(results, alpha=0.05):
    """The theorem once more, one vote at a time."""
    mean, variance, bets, bet_results, surprise = 0.5, 0.25, 0.0, 0.0, 0.0
    total, squares = 0.5, 0.25
    low, high, bounds = 0.0, 1.0, []
    for t, x in enumerate(results, 1):
        bet = min(math.sqrt(2 * math.log(2 / alpha) / (variance * t * math.log(t + 1))), 0.5)
        bets, bet_results = bets + bet, bet_results + bet * x
        surprise += 4 * (x - mean) ** 2 * (-math.log(1 - bet) - bet) / 4
        total += x
        mean = total / (t + 1)
        squares += (x - mean) ** 2
        variance = squares / (t + 1)
        reach = (math.log(2 / alpha) + surprise) / bets
        low, high = max(low, bet_results / bets - reach), min(high, bet_results / bets + reach)
        bounds.append((low, high))
    return np.array(bounds).T


@settings(max_examples=50)
@given(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=60))
def test_bounds_are_those_of_the_theorem_vote_by_vote(results):
    found = confidence_sequence(np.array(results))
    assert np.array([found.lower, found.upper]) == pytest.approx(by_loop(results))


def test_the_first_vote_by_hand():
    # bet = min(sqrt(2 log 40 / (0.25 * 1 * log 2)), 0.5) = 0.5; a win: surprise (1/2)^2 * (log 2 - 0.5) = 0.0483;
    # reach = (3.689 + 0.0483) / 0.5 = 7.47: nothing is known yet.
    found = confidence_sequence(np.array([1.0]))
    assert (found.lower[0], found.upper[0], found.estimate[0]) == (0, 1, 1)
    assert found.decided_after is None


def test_peeking_after_every_vote_is_safe():
    # 200 even pairs, looked at after each of 800 votes; at most 5 % may ever seem decided, Binomial(200, 0.05) > 20 is
    # 1 in 1,000. The usual 95 % interval, looked at as often, is wrong in far more.
    rng = np.random.default_rng(0)
    wrong = naive = 0
    for _ in range(200):
        results = rng.integers(0, 2, 800).astype(float)
        wrong += confidence_sequence(results).decided_after is not None
        t = np.arange(1, 801)
        naive += (np.abs(np.cumsum(results) / t - 0.5)[20:] > 1.96 * 0.5 / np.sqrt(t[20:])).any()
    assert wrong <= 20
    assert naive > 60


def test_a_clear_lead_is_decided_in_a_few_dozen_votes():
    results = (np.random.default_rng(1).random(500) < 0.8).astype(float)
    found = confidence_sequence(results)
    assert 10 < found.decided_after < 120
    assert (np.diff(found.lower) >= 0).all()
    assert (np.diff(found.upper) <= 0).all()


def test_nothing_and_nonsense():
    assert len(confidence_sequence(np.empty(0)).lower) == 0
    assert confidence_sequence(np.empty(0)).decided_after is None
    for wrong in (-0.1, 1.1, np.nan):
        with pytest.raises(ValueError, match="0 to 1"):
            confidence_sequence(np.array([wrong]))


def test_combined_index_by_hand():
    # Ratings 900, 1000, 1100: -1.2247, 0, 1.2247. Seconds 1, 2, 3, lower is better: 1.2247, 0, -1.2247. 3 to 1.
    columns = np.array([[900.0, 1], [1000, 2], [1100, 3]])
    found = combined_index(columns, np.array([3.0, 1.0]), np.array([True, False]))
    assert found == pytest.approx([-1.2247 / 2, 0, 1.2247 / 2], abs=1e-4)


def test_combined_index_leaves_gaps_and_says_nothing_of_constants():
    columns = np.array([[1.0, 5.0, np.nan], [np.nan, 5.0, 1.0], [3.0, 5.0, 2.0]])
    found = combined_index(columns, np.array([1.0, 1.0, 0.0]), np.ones(3, dtype=bool))
    assert np.isnan(found[1])
    assert found[[0, 2]] == pytest.approx([-0.5, 0.5])


@pytest.mark.parametrize("weights", [[0.0, 0.0], [1.0, -1.0], [np.nan, 1.0]])
def test_weights_must_make_sense(weights):
    with pytest.raises(ValueError, match="Weights"):
        combined_index(np.zeros((2, 2)), np.array(weights), np.ones(2, dtype=bool))
