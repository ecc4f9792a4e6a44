import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from stats.raters.gold import gold_check, gold_checks
from stats.votes.arrays import InvalidVotesError
from tests.stats.raters.simulate import codes


def test_one_wrong_of_one_worked_by_hand():
    # Beta(1/2, 3/2) has the density (2/pi) sqrt((1 - x) / x), whose integral is (2/pi)(asin sqrt x + sqrt(x (1 - x))).
    expected = 2 / np.pi * (np.arcsin(np.sqrt(0.7)) + np.sqrt(0.7 * 0.3))
    assert gold_check(0, 1).probability_below == pytest.approx(expected)


@pytest.mark.parametrize(
    ("hits", "n", "failed"), [(0, 1, False), (0, 2, True), (1, 3, False), (1, 4, True), (2, 5, False), (7, 10, False)]
)
def test_a_few_unlucky_answers_fail_nobody(hits, n, failed):
    assert gold_check(hits, n).failed is failed


@given(st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.1, 0.9))
def test_integrating_the_likelihood_gives_the_same(counts, threshold):
    hits, n = counts

    def density(angle):  # x = sin^2(angle) takes the poles of the prior away
        return 2 * np.sin(angle) ** (2 * hits) * np.cos(angle) ** (2 * (n - hits))

    # Both integrals can be as small as 1e-8, where an absolute error of that size would be all of it.
    below, whole = (quad(density, 0, end, epsabs=0)[0] for end in (np.arcsin(np.sqrt(threshold)), np.pi / 2))
    assert gold_check(hits, n, threshold=threshold).probability_below == pytest.approx(below / whole, abs=1e-6)


@given(st.integers(1, 30), st.data())
def test_more_right_answers_never_look_worse(n, data):
    hits = data.draw(st.integers(0, n - 1))
    assert gold_check(hits + 1, n).probability_below < gold_check(hits, n).probability_below


def test_somebody_just_good_enough_seldom_fails():
    hits = np.random.default_rng(1).binomial(20, 0.7, size=2000)
    assert np.mean([gold_check(int(h), 20).failed for h in hits]) < 0.08


def test_somebody_who_guesses_fails():
    hits = np.random.default_rng(2).binomial(20, 1 / 3, size=500)
    assert np.mean([gold_check(int(h), 20).failed for h in hits]) > 0.9


def test_no_gold_answers_are_no_check():
    check = gold_check(0, 0)
    assert (check.accuracy.value, check.probability_below, check.failed) == (None, None, None)
    assert check.reason == "no gold items answered yet"


def test_every_annotator_has_a_check():
    checks = gold_checks(codes([1, 1, 3, 1]), np.array([True, False, True, True]))
    assert {person: (check.accuracy.hits, check.accuracy.n) for person, check in checks.items()} == {
        1: (2, 3),
        3: (1, 1),
    }


@pytest.mark.parametrize(("hits", "n", "options"), [(3, 2, {}), (1, 2, {"threshold": 1.0}), (1, 2, {"certainty": 0.0})])
def test_what_is_no_check_is_refused(hits, n, options):
    with pytest.raises(InvalidVotesError):
        gold_check(hits, n, **options)
