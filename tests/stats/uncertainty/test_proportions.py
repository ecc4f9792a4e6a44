import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from statsmodels.stats.proportion import proportion_confint

from stats.uncertainty.proportions import CLUSTERED, UNANIMOUS, clustered_wilson, wilson, wilson_interval
from stats.votes.arrays import InvalidVotesError
from tests.stats.raters.simulate import codes


@pytest.mark.parametrize(
    ("hits", "n", "lower", "upper"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_published_examples(hits, n, lower, upper):
    # Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3.
    share = wilson(hits, n)
    assert (share.lower, share.upper) == pytest.approx((lower, upper), abs=5e-5)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.5, 0.999))
def test_scipy_gives_the_same(counts, level):
    share = wilson(*counts, level=level)
    theirs = binomtest(*counts).proportion_ci(level, method="wilson")
    assert (share.lower, share.upper) == pytest.approx((theirs.low, theirs.high), abs=1e-9)
    assert 0 <= share.lower <= share.value <= share.upper <= 1


def test_no_answers_are_no_share():
    for share in (wilson(0, 0), clustered_wilson(codes([]), codes([]), cluster="annotator")):
        assert (share.value, share.lower, share.upper, share.n) == (None, None, None, 0)
        assert share.reason == "no answers yet"
        assert share.excludes(0.5) is None


def test_what_lies_outside_the_interval_is_excluded():
    share = wilson(50, 100)
    assert not share.excludes(0.5)
    assert share.excludes(0.3)
    assert share.excludes(0.7)


def test_a_design_effect_worked_by_hand():
    # Two clusters, 8 and 2 of 10: share 0.5, variance 2/1 * (3^2 + 3^2) / 20^2 = 0.09 against 0.25 / 20 = 0.0125.
    share = clustered_wilson(codes([8, 2]), codes([10, 10]), cluster="annotator")
    assert share.effective_n == pytest.approx(20 / 7.2)
    assert share.method == CLUSTERED


@given(st.lists(st.integers(0, 10), min_size=2, max_size=12))
def test_the_design_effect_is_that_of_the_jackknife(hits):
    # With clusters of one size, leaving out each in turn gives exactly the same variance.
    hits = codes(hits)
    n = np.full(len(hits), 10)
    share = clustered_wilson(hits, n, cluster="annotator")
    if share.method == UNANIMOUS:
        return
    without = (hits.sum() - hits) / (n.sum() - n)
    variance = (len(hits) - 1) / len(hits) * ((without - without.mean()) ** 2).sum()
    independent = share.value * (1 - share.value) / n.sum()
    assert share.effective_n == pytest.approx(n.sum() / max(1, variance / independent))


def test_clusters_never_make_the_interval_shorter():
    # Alternating hits give clusters that are more alike than by chance.
    clustered = clustered_wilson(np.full(30, 5), np.full(30, 10), cluster="annotator")
    assert clustered.effective_n == 300
    assert clustered.upper - clustered.lower >= wilson(150, 300).upper - wilson(150, 300).lower


def test_answers_all_alike_count_once_a_cluster():
    share = clustered_wilson(np.full(5, 20), np.full(5, 20), cluster="annotator")
    assert (share.lower, share.upper) == pytest.approx((wilson(5, 5).lower, 1.0))
    assert (share.n, share.effective_n, share.method) == (100, 5, UNANIMOUS)


def test_one_cluster_has_a_share_and_no_interval():
    share = clustered_wilson(codes([6, 0]), codes([10, 0]), cluster="annotator")
    assert (share.value, share.lower, share.upper) == (0.6, None, None)
    assert "one annotator" in share.reason


@pytest.mark.simulation
def test_the_interval_covers_where_clusters_differ_and_the_plain_one_does_not():
    # 15 annotators with 20 answers each, own shares Beta(1.2, 0.8): correlation 1/3 within an annotator.
    rng = np.random.default_rng(1)
    hits = rng.binomial(20, rng.beta(1.2, 0.8, size=(1000, 15)))
    clustered = [clustered_wilson(row, np.full(15, 20), cluster="annotator").excludes(0.6) for row in hits]
    plain = [wilson(int(row.sum()), 300).excludes(0.6) for row in hits]
    assert np.mean(clustered) < 0.08
    assert np.mean(plain) > 0.3


@pytest.mark.parametrize(("hits", "n", "level"), [(3, 2, 0.95), (-1, 2, 0.95), (1, 2, 0.0), (1, 2, 1.0)])
def test_what_is_no_share_is_refused(hits, n, level):
    with pytest.raises(InvalidVotesError):
        wilson(hits, n, level=level)


@pytest.mark.parametrize(("hits", "n"), [([3], [2]), ([1, 1], [2]), ([[1]], [[2]])])
def test_what_are_no_clusters_is_refused(hits, n):
    with pytest.raises(InvalidVotesError):
        clustered_wilson(codes(hits), codes(n), cluster="annotator")


def test_wilson_is_newcombes_example_and_statsmodels():
    # Newcombe (1998), Statistics in Medicine 17, 857-872, table I: 81 of 263 gives 0.2553 to 0.3662.
    lower, upper = wilson_interval(np.array([81.0]), np.array([263.0]))
    assert (lower[0], upper[0]) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert (lower[0], upper[0]) == pytest.approx(proportion_confint(81, 263, method="wilson"))


def test_many_shares_at_once_are_each_alone_and_none_without_answers():
    hits, n = np.array([[0, 3, 7], [81, 0, 40]]), np.array([[4, 3, 9], [263, 0, 80]])
    lower, upper = wilson_interval(hits, n, level=0.9)
    for row, column in np.ndindex(hits.shape):
        share = wilson(int(hits[row, column]), int(n[row, column]), level=0.9)
        if share.lower is None:
            assert np.isnan([lower[row, column], upper[row, column]]).all()
        else:
            assert (share.lower, share.upper) == (lower[row, column], upper[row, column])


def test_half_answers_have_an_interval_between_those_of_their_neighbours():
    lower, upper = wilson_interval(np.array([2.0, 2.5, 3.0]), np.full(3, 4.0))
    assert (np.diff(lower) > 0).all()
    assert (np.diff(upper) > 0).all()
