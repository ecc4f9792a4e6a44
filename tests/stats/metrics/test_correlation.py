"""Coefficients of many rows at once."""

import numpy as np
import pytest

from stats.metrics import correlation
from stats.metrics.correlation import correlations

# Arithmetic on arrays.
pytestmark = pytest.mark.once


@pytest.fixture
def rows():
    generator = np.random.default_rng(4)
    x, y = generator.normal(size=(6, 40)), generator.integers(0, 4, (6, 40)).astype(float)
    x[1] = y[1] + 0.1 * x[1]
    y[2] = 3.0  # constant
    x[3, :38] = np.nan  # two values
    x[4, :] = np.nan
    y[5, ::3] = np.nan
    return x, y


def test_rows_that_are_sorted_have_the_coefficient_of_all_pairs(rows, monkeypatch):
    of_pairs = correlations(*rows)
    monkeypatch.setattr(correlation, "WIDE", 2)
    assert correlations(*rows) == pytest.approx(of_pairs, nan_ok=True)
    assert np.isnan(of_pairs[0]).tolist() == [False, False, True, np.isnan(of_pairs[0, 3]), True, False]
    assert of_pairs[0, 1] > 0.7


def test_a_wide_row_by_hand():
    """The order turned round, but for one tie of the first two of y: 19,899 pairs of 19,900 times 19,899."""
    x, y = np.arange(200.0), -np.arange(200.0)
    y[0] = y[1]
    tau = correlations(x[np.newaxis], y[np.newaxis])[0, 0]
    assert tau == pytest.approx(-19_899 / np.sqrt(19_900 * 19_899))
