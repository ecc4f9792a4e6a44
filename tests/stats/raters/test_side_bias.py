import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import binomtest

from stats.raters.side_bias import is_biased, side_bias
from stats.votes.arrays import InvalidVotesError, ShownCode
from tests.stats.raters.simulate import codes

LEFT, RIGHT, TIE, BOTH_BAD = ShownCode


def test_ties_and_both_bad_are_left_out():
    result = side_bias(codes([LEFT, LEFT, RIGHT, TIE, BOTH_BAD, LEFT]), codes([0, 0, 0, 0, 1, 1]))
    assert (result.overall.hits, result.overall.n, result.left_out) == (3, 4, 2)
    assert {person: (share.hits, share.n) for person, share in result.by_annotator.items()} == {0: (2, 3), 1: (1, 1)}


@given(arrays(np.int64, 40, elements=st.integers(0, 3)), arrays(np.int64, 40, elements=st.integers(0, 4)))
def test_a_loop_and_scipy_give_the_same(shown, annotator):
    result = side_bias(shown, annotator)
    for person, share in result.by_annotator.items():
        votes = [choice for choice, who in zip(shown, annotator, strict=True) if who == person and choice < 2]
        if not votes:
            assert share.value is None
            continue
        theirs = binomtest(votes.count(LEFT), len(votes)).proportion_ci(0.95, method="wilson")
        assert (share.lower, share.upper) == pytest.approx((theirs.low, theirs.high), abs=1e-9)
    assert result.overall.n == sum(share.n for share in result.by_annotator.values())


def test_sixty_of_a_hundred_is_a_bias_and_fifty_nine_is_not():
    # Wilson's lower bound of 60/100 is 0.5020, of 59/100 is 0.4920.
    for left, biased in ((60, True), (59, False), (40, True), (41, False)):
        result = side_bias(codes([LEFT] * left + [RIGHT] * (100 - left)), np.zeros(100, dtype=np.int64))
        assert is_biased(result.overall) is biased


def test_nobody_decisive_is_undefined():
    result = side_bias(codes([TIE, BOTH_BAD]), codes([3, 3]))
    assert (result.overall.value, result.by_annotator[3].value) == (None, None)
    assert is_biased(result.overall) is None


def test_annotators_without_bias_are_called_biased_at_the_level_of_the_interval():
    rng = np.random.default_rng(1)
    result = side_bias(rng.integers(2, size=60_000), np.repeat(np.arange(1000), 60))
    assert np.mean([is_biased(share) for share in result.by_annotator.values()]) < 0.07


def test_an_unknown_choice_is_refused():
    with pytest.raises(InvalidVotesError):
        side_bias(codes([4]), codes([0]))
