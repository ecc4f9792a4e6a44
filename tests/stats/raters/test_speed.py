import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import median_abs_deviation

from stats.raters.speed import speeds
from stats.votes.arrays import InvalidVotesError
from tests.stats.raters.simulate import codes


def constant(seconds, *, votes=6, words=300):
    """Annotator i takes seconds[i] for each of `votes` comparisons."""
    annotator = np.repeat(np.arange(len(seconds)), votes)
    return annotator, np.repeat(np.array(seconds, dtype=float), votes), np.full(len(annotator), words)


def test_faster_than_the_words_can_be_read():
    # 300 words at 1,200 a minute are 15 seconds; exactly 15 is not faster.
    found = speeds(codes([0] * 4), np.array([14.9, 15.0, 3.0, 60.0]), codes([300] * 4))[0]
    assert (found.too_fast.hits, found.too_fast.n, found.median_seconds) == (2, 4, pytest.approx(14.95))


def test_an_outlier_worked_by_hand():
    # The others: logs of 2^3 .. 2^7 have median 5 ln 2 and MAD 1 ln 2; log 2 is 4 of those below: z = -0.6745 * 4.
    found = speeds(*constant([8, 16, 32, 64, 128, 2]))[5]
    assert found.robust_z == pytest.approx(-0.6745 * 4)
    assert (found.fast, found.slow) == (False, False)
    found = speeds(*constant([8, 16, 32, 64, 128, 0.5]))[5]
    assert (found.robust_z, found.fast, found.slow) == (pytest.approx(-0.6745 * 6), True, False)


@settings(max_examples=40)
@given(st.lists(st.floats(0.5, 500), min_size=6, max_size=12))
def test_scipy_gives_the_same_deviation(seconds):
    for person, found in speeds(*constant(seconds)).items():
        others = np.log(np.delete(seconds, person))
        scale = median_abs_deviation(others, scale="normal")
        if found.robust_z is None:
            assert scale == 0
        elif scale > 1e-9:
            assert found.robust_z == pytest.approx(
                (np.log(seconds[person]) - np.median(others)) / scale, rel=1e-4, abs=1e-9
            )


def test_speaking_of_minutes_instead_of_seconds_changes_no_outlier():
    seconds = [20, 25, 31, 44, 60, 3]
    in_seconds, in_minutes = speeds(*constant(seconds)), speeds(*constant([s / 60 for s in seconds]))
    assert [s.robust_z for s in in_seconds.values()] == pytest.approx([s.robust_z for s in in_minutes.values()])


def test_one_long_break_does_not_make_somebody_slow():
    annotator, seconds, words = constant([30, 33, 36, 40, 45, 50])
    seconds[0] = 40_000
    assert speeds(annotator, seconds, words)[0].slow is False


def test_somebody_far_slower_is_marked():
    found = speeds(*constant([30, 33, 36, 40, 45, 600]))[5]
    assert (found.fast, found.slow) == (False, True)


def test_unmeasured_times_are_left_out_and_counted():
    found = speeds(codes([0, 0, 1]), np.array([np.nan, 20.0, np.nan]), codes([100] * 3))
    assert (found[0].median_seconds, found[0].n, found[0].n_unmeasured) == (20, 1, 1)
    assert (found[1].median_seconds, found[1].too_fast.value, found[1].robust_z) == (None, None, None)
    assert found[1].reason


@pytest.mark.parametrize(
    ("seconds", "votes", "words"),
    [
        ([10, 20, 30], 6, "others have"),
        ([10, 20, 30, 40, 50, 60], 4, "fewer than 5"),
        ([20, 20, 20, 20, 20, 3], 6, "equally fast"),
    ],
)
def test_no_scale_is_no_outlier(seconds, votes, words):
    found = speeds(*constant(seconds, votes=votes))[len(seconds) - 1]
    assert (found.robust_z, found.fast, found.slow) == (None, None, None)
    assert words in found.reason


def test_a_vote_in_no_time_is_finite():
    assert np.isfinite(speeds(*constant([30, 33, 36, 40, 45, 0]))[5].robust_z)


@pytest.mark.parametrize("seconds", [[-1.0], [np.inf]])
def test_impossible_times_are_refused(seconds):
    with pytest.raises(InvalidVotesError):
        speeds(codes([0]), np.array(seconds), codes([10]))
