import numpy as np
import pytest

from stats.raters.guess import guess_rate, is_unblinded
from stats.uncertainty.proportions import wilson
from stats.votes.arrays import InvalidVotesError
from tests.stats.raters.simulate import codes


def test_every_answer_counts_alike():
    # Annotator 4 is right in 3 of 4, annotator 9 in 0 of 1.
    share = guess_rate(codes([4, 4, 9, 4, 4]), np.array([True, True, False, False, True]))
    assert (share.hits, share.n, share.value) == (3, 5, 0.6)


def test_coin_flippers_are_not_called_unblinded():
    rng = np.random.default_rng(1)
    annotator = np.repeat(np.arange(12), 25)
    called = [is_unblinded(guess_rate(annotator, rng.random(300) < 0.5)) for _ in range(500)]
    assert np.mean(called) < 0.05  # one side of a 95 % interval: 0.025


def test_one_person_with_a_trick_among_six_proves_nothing_about_the_rest():
    annotator = np.repeat(np.arange(6), 40)
    correct = np.where(annotator == 0, True, np.tile([True, False], 120))
    share = guess_rate(annotator, correct)
    assert share.value == pytest.approx(140 / 240)
    assert wilson(140, 240).lower > 0.5  # as if the answers were independent
    assert is_unblinded(share) is False


def test_all_with_a_trick_are_found():
    rng = np.random.default_rng(2)
    annotator = np.repeat(np.arange(10), 30)
    assert is_unblinded(guess_rate(annotator, rng.random(300) < 0.75))


def test_one_annotator_has_no_interval():
    share = guess_rate(codes([2, 2, 2]), np.array([True, True, False]))
    assert (share.lower, is_unblinded(share)) == (None, None)
    assert share.reason


def test_no_guesses_are_no_rate():
    share = guess_rate(codes([]), np.array([], dtype=bool))
    assert (share.value, is_unblinded(share)) == (None, None)


def test_shapes_must_agree():
    with pytest.raises(InvalidVotesError):
        guess_rate(codes([1, 2]), np.array([True]))
