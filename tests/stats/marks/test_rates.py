"""Rates of errors against numbers worked by hand, another way to compute them, and their promise in simulated studies."""

import numpy as np
import pytest

from stats.marks.arrays import Readings
from stats.marks.rates import NO_WORDS, NOTHING, Counts, difference, rate
from stats.votes.arrays import InvalidVotesError
from tests.stats.marks.simulated import answers, true_share


def made(count, exposure=None, document=None, annotator=None, **options):
    count = np.array(count, float)
    n = len(count)
    return Counts(
        count,
        np.ones(n) if exposure is None else np.array(exposure, float),
        np.arange(n) if document is None else np.array(document),
        np.zeros(n, int) if annotator is None else np.array(annotator),
        **options,
    )


def test_a_rate_is_errors_over_words():
    # 3 errors in 50 + 150 words are 1.5 in 100.
    found = rate(made([1, 2], [0.5, 1.5]))
    assert found.value == pytest.approx(1.5)
    assert 0 < found.lower < 1.5 < found.upper
    assert (found.n, found.documents, found.annotators) == (2, 2, 1)
    assert found.reason == (
        "too few to say: 2 readings of at least 20, 1 annotator of at least 3, 2 documents of at least 3"
    )


def test_independent_errors_have_the_score_interval():
    """With one reading a document and one reader the variance is that of a ratio, written here another way."""
    rng = np.random.default_rng(4)
    count, words = rng.poisson(2, 400).astype(float), rng.uniform(0.5, 1.5, 400)
    found = rate(made(count, words))
    value = count.sum() / words.sum()
    # Jackknife of the ratio.
    left_out = (count.sum() - count) / (words.sum() - words)
    error = np.sqrt(399 / 400 * ((left_out - left_out.mean()) ** 2).sum())
    assert found.value == pytest.approx(value)
    # Documents, each with one reading, add what by chance they seem to differ beyond the noise.
    half = (found.upper - found.lower) / 2
    assert 1.966 * error * 0.99 < half < 1.966 * error * 1.15


def test_documents_that_differ_widen_the_interval():
    document, reader = np.repeat(np.arange(10), 4), np.tile(np.arange(4), 10)
    alike = np.where(document % 2, 3.0, 1.0)
    mixed = np.where((document + reader) % 2, 3.0, 1.0)
    one, other = (rate(made(c, document=document, annotator=reader)) for c in (alike, mixed))
    assert one.value == other.value == 2
    assert one.upper - one.lower > 1.3 * (other.upper - other.lower)


def test_no_error_at_all_is_no_certainty():
    found = rate(made([0] * 30, document=np.repeat(np.arange(10), 3), annotator=np.tile(np.arange(3), 10)))
    assert (found.value, found.lower) == (0, 0)
    # t with 9 degrees of freedom, squared, over 10 documents' words.
    assert found.upper == pytest.approx(2.262**2 / 10, rel=1e-3)
    share = rate(made([0] * 30, document=np.repeat(np.arange(10), 3), annotator=np.tile(np.arange(3), 10), share=True))
    assert share.value == 0
    assert 0.2 < share.upper < 0.5


def test_what_is_undefined_says_why():
    assert rate(made([])).reason == NOTHING
    assert rate(made([1, 2], [0, 0])).reason == NO_WORDS
    one_document = rate(made([1, 2], document=[0, 0]))
    assert (one_document.value, one_document.lower) == (1.5, None)
    assert difference(made([1, 2], document=[0, 0]), made([1, 2])).value is None
    with pytest.raises(InvalidVotesError):
        made([1, 2], [1])
    with pytest.raises(InvalidVotesError, match="major <= errors"):
        column = np.zeros(1, int)
        Readings(column, column, column, np.ones(1), np.zeros((1, 1)), np.ones((1, 1)))


def test_an_empty_summary_counts_without_breaking_the_interval():
    found = rate(made([1, 2, 1, 3], [1, 1, 0, 1]))
    assert found.value == pytest.approx(7 / 3)
    assert np.isfinite([found.lower, found.upper]).all()


def test_a_difference_of_the_same_readings_is_sharper_than_of_others():
    rng = np.random.default_rng(7)
    one, effects = answers(rng, documents=30, readers=6)
    other, _ = answers(rng, documents=30, readers=6, both=effects)
    together = difference(one, other)
    apart = difference(one, Counts(other.count, other.exposure, other.document + 100, other.annotator + 100))
    assert together.value == pytest.approx(apart.value)
    assert together.upper - together.lower < 0.9 * (apart.upper - apart.lower)


def test_a_difference_from_nothing_keeps_its_uncertainty():
    none = made([0] * 20, document=np.arange(20) % 10, annotator=np.arange(20) // 10)
    found = difference(none, none)
    assert found.value == 0
    assert found.lower < -0.2 < 0.2 < found.upper


@pytest.mark.simulation
@pytest.mark.parametrize("spread", [0.0, 0.5])
def test_intervals_hold_the_truth_as_often_as_they_say(spread):
    """1,000 studies of 12 documents and 4 readers; without documents and readers as clusters 0.5 holds in under 80 %."""
    rng, held, naive, apart, shares = np.random.default_rng(11), [], [], [], []
    share = true_share(0.8, spread)
    for _ in range(1000):
        one, effects = answers(rng, spread=spread)
        other, _ = answers(rng, spread=spread, rate=1.2, both=effects)
        found = rate(one)
        held.append(found.lower <= 0.8 <= found.upper)
        half = 1.96 * np.sqrt(one.count.sum()) / one.exposure.sum()
        naive.append(abs(one.value - 0.8) <= half)
        gap = difference(one, other)
        apart.append(gap.lower <= -0.4 <= gap.upper)
        of_share = rate(answers(rng, spread=spread, share=True)[0])
        shares.append(of_share.lower <= share <= of_share.upper)
    assert 0.90 <= np.mean(held) <= 0.99, np.mean(held)
    assert 0.90 <= np.mean(apart) <= 0.995, np.mean(apart)
    assert 0.90 <= np.mean(shares) <= 0.995, np.mean(shares)
    # The promise is not empty: the same data do not keep it where readings are taken to be independent.
    assert spread == 0 or np.mean(naive) < 0.8
