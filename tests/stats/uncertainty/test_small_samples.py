"""Few documents or annotators make intervals wider, by factors that can be worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, t

from stats.ratings.ratings import rate
from stats.strengths.bradley_terry import fit_bradley_terry
from stats.uncertainty.sandwich import CovarianceParts, covariance_parts
from stats.uncertainty.small_samples import Components, UnitCounts, counts_of, expanded, expansion
from tests.stats.simulate import A, B, simulated, votes

NONE = np.zeros((2, 2))
ONE = np.array([[1.0, -1.0], [-1.0, 1.0]])


def test_all_variance_between_five_annotators_by_hand():
    # (k - 1) / k of it is seen, and t with 4 degrees of freedom: 2.776 / 1.960 * sqrt(5 / 4) = 1.584.
    found = Components.of(CovarianceParts(NONE, ONE, NONE), UnitCounts(40, 5, 200))
    assert found.freedom == pytest.approx(np.full((2, 2), 4))
    assert found.expansion() == pytest.approx(np.full((2, 2), 1.584), abs=1e-3)
    # Of the difference of the two: 1 + 1 + 2 * 1, times 5/4.
    assert found.variance[0, 1] == pytest.approx(4 * 1.25)


def test_two_sources_by_hand():
    # Cells 1; the mean square of documents is 2 * 40/39, that of annotators 5/4, and each holds the cells' 1.
    found = Components.of(CovarianceParts(ONE, NONE, ONE), UnitCounts(40, 5, 200))
    squares = np.array([2 * 40 / 39, 5 / 4, 1])
    variance = squares[0] + squares[1] - squares[2]
    assert found.variance[0, 0] == pytest.approx(variance)
    assert found.freedom[0, 0] == pytest.approx(variance**2 / (squares**2 / (39, 4, 199)).sum())
    # What the bootstrap does not show, by the sources without the cells' part.
    document, annotator = squares[:2] - 1
    freedom = variance**2 / (1 / 199 + document**2 / 39 + annotator**2 / 4)
    seen = 1 + document * 39 / 40 + annotator * 4 / 5
    assert found.expansion()[0, 0] == pytest.approx(t.ppf(0.975, freedom) / norm.ppf(0.975) * np.sqrt(variance / seen))


def test_sources_without_a_part_leave_the_cells_their_freedom():
    found = Components.of(CovarianceParts(-ONE / 2, -ONE / 2, ONE), UnitCounts(40, 5, 200))
    assert found.freedom[0, 0] == pytest.approx(199)
    assert found.variance[0, 0] == pytest.approx(1)


def test_freedom_never_falls_below_that_of_the_fewest_units():
    # Squares of two units each, 1.2 and 1.2, less the cells' 1: 1.4^2 / (1.2^2 + 1.2^2 + 1 / 3) = 0.61.
    found = Components.of(CovarianceParts(-0.4 * ONE, -0.4 * ONE, ONE), UnitCounts(2, 2, 4))
    assert found.variance[0, 0] == pytest.approx(1.4)
    assert found.freedom[0, 0] == 1


def test_it_is_an_analysis_of_variance():
    # Every annotator judges every document once: mean squares from means over rows, columns and cells.
    rng = np.random.default_rng(5)
    liking = 0.4 + rng.normal(0, 0.8, (6, 1)) + rng.normal(0, 1.5, (1, 30))
    wins = rng.random((6, 30)) < 1 / (1 + np.exp(-liking))
    annotator, document = np.indices(wins.shape)
    outcome = np.where(wins, A, B)
    rows = np.stack([outcome, document, annotator], axis=-1).reshape(-1, 3)
    sample = votes([(0, 1, *row) for row in rows.tolist()], 2)
    found = Components.of(covariance_parts(sample, fit_bradley_terry(sample.wins())), counts_of(sample))
    mean = wins.mean()
    of_annotators = ((wins.mean(axis=1) - mean) ** 2).sum() / 5 / 6
    of_documents = ((wins.mean(axis=0) - mean) ** 2).sum() / 29 / 30
    of_cells = ((wins - mean) ** 2).sum() / wins.size**2
    variance = of_annotators + of_documents - of_cells
    squares = np.array([of_annotators, of_documents, of_cells])
    assert (squares[:2] > of_cells).all()
    # From a mean of wins to log-odds by the delta method.
    assert found.variance[0, 1] == pytest.approx(variance / (mean * (1 - mean)) ** 2, rel=2e-3)
    assert found.freedom[0, 1] == pytest.approx(variance**2 / (squares**2 / (5, 29, 179)).sum(), rel=2e-3)


def test_one_annotator_leaves_the_documents():
    found = Components.of(CovarianceParts(NONE, NONE, ONE), UnitCounts(10, 1, 10))
    assert found.variance[0, 0] == pytest.approx(10 / 9)
    assert found.freedom[0, 0] == pytest.approx(9)


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(2, 6), st.integers(2, 8))
def test_never_narrower_whatever_the_votes(seed, n_annotators, n_documents):
    sample = simulated(seed, n_votes=150, n_systems=3, n_annotators=n_annotators, n_documents=n_documents)
    factor = expansion(sample, fit_bradley_terry(sample.wins()))
    assert (factor >= 1).all()
    assert factor == pytest.approx(factor.T)
    assert np.isfinite(factor).all()


def test_many_units_change_nothing():
    sample = simulated(1, n_votes=20_000, n_systems=4, n_documents=500, n_annotators=300)
    assert expansion(sample, fit_bradley_terry(sample.wins())) == pytest.approx(np.ones((4, 4)), abs=0.01)


def test_a_board_is_as_unsure_as_its_few_annotators_differ():
    # Two people who always disagree say nothing about a third.
    rows = [(0, 1, outcome, document, person) for document in range(20) for person, outcome in ((0, 0), (1, 1))]
    found = rate(votes(rows, 2), seed=0, resamples=200)
    assert found.upper[0] - found.lower[0] > 1000
    assert (found.rank == 1).all()


def test_a_bound_goes_so_many_times_as_far():
    assert expanded(np.array([0.0, 3.0]), np.array([1.0, 1.0]), np.array([2.0, 2.0])).tolist() == [-1.0, 5.0]
