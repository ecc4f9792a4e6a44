import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import bootstrap, permutation_test
from statsmodels.stats.multitest import multipletests

from stats.metrics.significance import compare_with, holm, mean_intervals
from tests.stats.metrics.paired import compare_all, paired_randomization

# Fisher (1935), The Design of Experiments: heights of 15 pairs of Darwin's plants, crossed minus self-fertilized, in
# eighths of an inch.
DARWIN = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48], dtype=float)


def test_fishers_darwin_example():
    # Fisher counts 1,726 of the 32,768 sign choices whose sum is at least as far from zero: 5.267 %.
    assert paired_randomization(DARWIN, seed=0, rounds=40_000) == pytest.approx(1726 / 32768)


def test_random_flips_come_near_the_exact_answer():
    assert paired_randomization(DARWIN, seed=1, rounds=20_000) == pytest.approx(1726 / 32768, abs=0.006)


@settings(max_examples=20)
@given(st.lists(st.sampled_from([-2.0, -0.125, 0.0, 0.125, 0.375, 5.0]), min_size=2, max_size=8))
def test_exact_answers_are_scipys(differences):
    values = np.array(differences)
    theirs = permutation_test((values,), np.sum, permutation_type="samples", n_resamples=np.inf)
    assert paired_randomization(values, seed=0) == pytest.approx(min(theirs.pvalue, 1))


def test_by_hand():
    # Three differences of one sign: of 8 sign choices only all plus and all minus are as far from zero.
    assert paired_randomization(np.array([1.0, 2.0, 3.0]), seed=0) == pytest.approx(2 / 8)
    assert paired_randomization(np.zeros(30), seed=0) == 1
    assert np.isnan(paired_randomization(np.array([1.0]), seed=0))


def test_no_difference_is_rarely_called_one():
    rng = np.random.default_rng(2)
    p = np.array([paired_randomization(rng.normal(0, 1, 20), seed=i, rounds=199) for i in range(300)])
    assert (p <= 0.05).sum() <= 30  # Binomial(300, 0.05) exceeds 30 once in 5,000
    assert p.mean() == pytest.approx(0.5, abs=0.08)


def test_holm_by_hand_and_by_statsmodels():
    # 0.01 * 4, 0.02 * 3, 0.03 * 2 raised to 0.06, 0.5.
    p = np.array([0.02, 0.5, 0.01, 0.03])
    assert holm(p) == pytest.approx([0.06, 0.5, 0.04, 0.06])
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])


@settings(max_examples=15)
@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_is_statsmodels_and_missing_do_not_count(p):
    found = holm(np.array([*p, np.nan]))
    assert np.isnan(found[-1])
    if p:
        assert found[:-1] == pytest.approx(multipletests(p, method="holm")[1])


def test_all_pairs():
    rng = np.random.default_rng(3)
    values = rng.normal([[0.0], [0.0], [1.5]], 1, (3, 40))
    values[1, :39] = np.nan
    found = compare_all(values, seed=0)
    assert found["difference"][0, 2] == pytest.approx((values[0] - values[2]).mean())
    assert found["difference"][2, 0] == -found["difference"][0, 2]
    assert found["p_holm"][0, 2] == found["p"][0, 2] < 0.01  # the only pair with a test
    assert found["documents"][0, 1] == 1
    assert np.isnan([found["p"][0, 1], found["p_holm"][0, 1], found["p"][0, 0]]).all()
    assert (found["p"][0, 2], found["p_holm"][0, 2]) == (found["p"][2, 0], found["p_holm"][2, 0])


def test_mean_intervals_are_scipys():
    values = np.random.default_rng(4).gamma(2, 1, (1, 60))
    found = mean_intervals(values, seed=0, resamples=4000)
    theirs = bootstrap((values[0],), np.mean, method="percentile", n_resamples=4000, rng=1).confidence_interval
    assert found.mean[0] == pytest.approx(values.mean())
    assert (found.lower[0], found.upper[0]) == pytest.approx((theirs.low, theirs.high), abs=0.03)


def test_means_of_nothing_and_of_one_document_say_so():
    found = mean_intervals(np.array([[1.0, 3.0], [np.nan, 2.0], [np.nan, np.nan]]), seed=0)
    assert found.mean[:2] == pytest.approx([2, 2])
    assert found.reason == ("", "", "no values")
    assert found.interval_reason == ("", "one document", "no values")
    assert np.isnan([found.mean[2], found.lower[1], found.upper[2]]).all()
    assert (found.lower[0], found.upper[0]) == (1, 3)
    assert np.isnan(mean_intervals(np.empty((2, 0)), seed=0).mean).all()


def test_all_pairs_at_once_are_each_alone():
    values = np.random.default_rng(5).normal(0, 1, (4, 11))
    values[0, 3] = values[2, 7] = np.nan
    found = compare_all(values, seed=0)
    for i, j in ((0, 1), (0, 2), (1, 3)):
        both = values[i] - values[j]
        assert found["p"][i, j] == pytest.approx(paired_randomization(both[~np.isnan(both)], seed=0))
    assert compare_all(values[:1], seed=0)["p"].shape == (1, 1)


def test_against_one_system_each_pair_is_as_alone_and_holm_counts_these_pairs():
    values = np.random.default_rng(6).normal([[0.0], [0.3], [0.8], [0.0]], 1, (4, 30))
    values[3, 1:] = np.nan
    found = compare_with(values, 1, seed=0)
    both = values[0] - values[1]
    assert found.difference[0] == pytest.approx(both.mean())
    assert found.p[0] == pytest.approx(paired_randomization(both, seed=0), abs=0.02)
    assert found.p_holm[[0, 2]] == pytest.approx(holm(found.p[[0, 2]]))
    assert found.documents.tolist() == [30, 0, 30, 1]
    assert np.isnan([found.difference[1], found.p[1], found.p[3], found.p_holm[3]]).all()
