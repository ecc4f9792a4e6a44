import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import expit

from benchmarks.intervals.decisions.stopping import EVERY, Watched, draw_in_order
from benchmarks.intervals.designs import Design
from stats.metrics.combined import combined_index
from stats.strengths.bradley_terry import fit_bradley_terry
from stats.uncertainty.calibrated import precision
from stats.uncertainty.sequences import MIXTURE, Lacking, confidence_sequence, mixture_quantile
from stats.votes.arrays import OutcomeCode, VoteArrays


def units_by_loop(results, unit):
    """One kind of units from its table: sum of squares between, units, squared shares, expectation, freedom."""
    results, unit = np.array(results), np.array(unit)
    n, mean = len(results), np.mean(results)
    sizes = np.array([np.sum(unit == u) for u in set(unit.tolist())], dtype=float)
    between = sum(np.sum(unit == u) * (results[unit == u].mean() - mean) ** 2 for u in set(unit.tolist()))
    matrix = np.diag(sizes) - np.outer(sizes, sizes) / n
    trace, of_square = np.trace(matrix), np.trace(matrix @ matrix)
    return between, len(sizes), (sizes**2).sum() / n**2, trace, max(trace**2 / max(of_square, 1e-9), 1)


def by_loop(results, document, annotator):
    """The bounds after the last vote, from all votes again."""
    n, mean = len(results), np.mean(results)
    single = (sum((x - mean) ** 2 for x in results) + 0.25) / (n + 1) * n / max(n - 1, 1)
    variance, shaken = single / n, (single / n) ** 2 / max(n - 1, 1)
    for unit in (document, annotator):
        between, count, squares, trace, freedom = units_by_loop(results, unit)
        trace = max(trace, 1e-9)
        variance += squares * max(between - single * (count - 1), 0) / trace
        shaken += (squares * between / trace) ** 2 / freedom
    freedom = min(max(variance**2 / shaken, 1), max(n - 1, 1))
    reach = float(mixture_quantile(np.array([freedom]), 0.05)[0]) * math.sqrt(variance)
    return max(mean - reach, 0), min(mean + reach, 1)


votes = st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.integers(0, 6), st.integers(0, 4))


@settings(max_examples=50)
@given(st.lists(votes, min_size=1, max_size=40))
def test_running_sums_are_those_of_all_votes_again(rows):
    results, document, annotator = (list(column) for column in zip(*rows, strict=True))
    found = confidence_sequence(np.array(results), np.array(document), np.array(annotator))
    for n in range(1, len(rows) + 1):
        expected = by_loop(results[:n], document[:n], annotator[:n])
        assert (found.lower[n - 1], found.upper[n - 1]) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("k", "alpha"), [(4, 0.05), (10, 0.05), (40, 0.01)])
def test_the_quantile_is_where_the_mixed_likelihood_ratio_reaches_one_in_alpha(k, alpha):
    # Marginal likelihoods of normal results with the scale integrated out, effect N(0, 1 / c): by quadrature.
    t = float(mixture_quantile(np.array([k - 1.0]), alpha)[0])
    x = np.linspace(-1, 1, k)
    x = (x - x.mean()) / x.std(ddof=1) + t / math.sqrt(k)

    def log_likelihood(effect):
        centre = math.sqrt((x**2).sum() / k)
        values = lambda s: k * (math.log(centre) - math.log(s)) - ((x - effect * s) ** 2).sum() / (2 * s**2) + k / 2  # noqa: E731
        return quad(lambda log_s: math.exp(values(math.exp(log_s))), math.log(centre) - 6, math.log(centre) + 6)[0]

    sd = 1 / math.sqrt(MIXTURE)
    mixed = quad(
        lambda g: log_likelihood(g) * math.exp(-((g / sd) ** 2) / 2) / (sd * math.sqrt(2 * math.pi)), -12, 12, limit=200
    )[0]
    assert mixed / log_likelihood(0) == pytest.approx(1 / alpha, rel=1e-3)


def test_few_units_never_reach_it():
    assert np.isinf(mixture_quantile(np.array([1.0]), 0.05)[0])
    assert mixture_quantile(np.array([4.0]), 0.05)[0] == pytest.approx(5.4, abs=0.1)


def test_the_error_is_that_of_boards():
    watched = Watched(Design(12, 200, 2, 4, taste_annotator=0.5, taste_document=0.8, gap=0.4))
    results, document, annotator = draw_in_order(watched, np.random.default_rng(3))
    outcome = np.select([results == 1, results == 0], [OutcomeCode.A, OutcomeCode.B], OutcomeCode.TIE)
    zeros = np.zeros(len(results), dtype=np.int64)
    arrays = VoteArrays(zeros, zeros + 1, outcome.astype(np.int64), document, annotator, 2)
    strengths = fit_bradley_terry(arrays.wins())
    sure, found = precision(arrays, strengths), confidence_sequence(results, document, annotator)
    share = expit(strengths[0] - strengths[1])
    assert found.estimate[-1] == pytest.approx(share, abs=0.01)
    reach = sure.error[0, 1] * share * (1 - share) * mixture_quantile(sure.freedom[0, 1], 0.05)
    assert found.upper[-1] - found.estimate[-1] == pytest.approx(reach, rel=0.1)


@pytest.mark.simulation
@pytest.mark.parametrize(("documents", "stretches"), [(300, False), (300, True), (1000, False), (1000, True)])
def test_peeking_is_safe_with_five_people_of_different_taste(documents, stretches):
    # 500 studies without a difference, looked at after every 50 votes; Binomial(500, 0.05) > 40 is 1 in 1,000. Bounds
    # that take votes on different documents for independent stop in 10 to 53 % here.
    watched = Watched(Design(5, documents, 2, 1, taste_annotator=0.4, taste_document=0.7, gap=0.0), stretches)
    rng = np.random.default_rng(documents)
    wrong = sum(confidence_sequence(*draw_in_order(watched, rng)).decided[EVERY - 1 :: EVERY].any() for _ in range(500))
    assert wrong <= 40


def test_a_clear_lead_is_decided_soon():
    rng = np.random.default_rng(1)
    found = confidence_sequence((rng.random(500) < 0.8).astype(float), np.arange(500), rng.integers(0, 8, 500))
    assert 30 <= found.decided_after < 120


def test_few_people_documents_and_votes_decide_nothing():
    every = np.arange(400)
    four = confidence_sequence(np.ones(400), every, every % 4)
    assert (four.decided_after, four.lacking) == (None, Lacking.ANNOTATORS)
    most_by_one = confidence_sequence(np.ones(400), every, np.where(every % 5 < 3, 0, every % 40))
    assert (most_by_one.decided_after, most_by_one.lacking) == (None, Lacking.ANNOTATORS)
    assert confidence_sequence(np.ones(400), every % 4, every % 40).lacking == Lacking.DOCUMENTS
    assert confidence_sequence(np.ones(29), every[:29], every[:29]).lacking == Lacking.VOTES
    assert confidence_sequence(np.ones(30), every[:30], every[:30] % 5).decided_after == 30


def test_nothing_and_nonsense():
    nothing = np.empty(0, dtype=np.int64)
    found = confidence_sequence(np.empty(0), nothing, nothing)
    assert (len(found.lower), found.decided_after, found.lacking) == (0, None, Lacking.VOTES)
    for wrong in (-0.1, 1.1, np.nan):
        with pytest.raises(ValueError, match="0 to 1"):
            confidence_sequence(np.array([wrong]), np.zeros(1, dtype=int), np.zeros(1, dtype=int))


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
