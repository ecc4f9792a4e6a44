"""Reading between simulated designs."""

import numpy as np
import pytest

from stats.decisions.forecast import LEVELS, SimulatedDesigns, forecast
from stats.decisions.power import VotingDesign

pytestmark = pytest.mark.once
DOCUMENTS = np.array([10.0, 40.0, 160.0])


def designs_of(annotators, noise=0.0, seed=0):
    """Ends that are normal around the truth less or plus a reach, with a spread of 1 / root of the votes."""
    votes = np.array([1.0, annotators])
    rng = np.random.default_rng(seed)
    ends = np.quantile(np.random.default_rng(1).normal(size=200_000), LEVELS)
    spread = 0.5 / np.sqrt(votes[:, None] * DOCUMENTS[None, :])
    lower = (ends - 1.96) * spread[..., None] * (1 + noise * rng.normal(size=(2, 3, len(LEVELS))))
    upper = (ends + 1.96) * spread[..., None]
    return SimulatedDesigns(annotators, DOCUMENTS, votes, lower, upper)


def test_at_a_design_it_says_what_was_simulated():
    given = [designs_of(3), designs_of(10)]
    told = forecast(given, VotingDesign(10, 40, 1), share=0.5, margin=0.1)
    # 0.1 is 0.1 / (0.5 / sqrt(40)) = 1.265 spreads: P(normal - 1.96 > -1.265) = P(normal > 0.695).
    assert told.good == pytest.approx(0.2435, abs=0.005)
    assert told.bad < 0.005


def test_it_moves_with_the_share_and_the_margin():
    given = [designs_of(3), designs_of(10)]
    design = VotingDesign(3, 40, 3)
    moved = forecast(given, design, 0.55, 0.05)
    assert moved.good == pytest.approx(forecast(given, design, 0.5, 0.1).good)
    assert forecast(given, design, 0.3, 0.05).bad > 0.9


def test_between_designs_it_lies_between_them():
    given = [designs_of(3), designs_of(10)]
    few, between, many = (forecast(given, VotingDesign(3, n, 1), 0.5, 0.1).good for n in (40, 80, 160))
    assert few < between < many
    fewer, among, more = (forecast(given, VotingDesign(n, 40, n), 0.5, 0.1).good for n in (3, 5, 10))
    assert fewer < among < more


def test_beyond_the_designs_the_nearest_one_holds():
    given = [designs_of(3), designs_of(10)]
    assert forecast(given, VotingDesign(50, 40, 50), 0.5, 0.1) == forecast(given, VotingDesign(10, 40, 10), 0.5, 0.1)
    assert forecast(given, VotingDesign(3, 999, 1), 0.5, 0.1) == forecast(given, VotingDesign(3, 160, 1), 0.5, 0.1)


def test_smoothing_takes_out_what_chance_made():
    rough = designs_of(10, noise=0.3)
    told = [
        forecast([designs_of(3), rough.smoothed()], VotingDesign(10, n, 1), 0.5, 0.06).good for n in range(10, 161, 10)
    ]
    assert told == sorted(told)
    exact = designs_of(10)
    np.testing.assert_allclose(exact.smoothed().lower, exact.lower)
    np.testing.assert_allclose(exact.smoothed().upper, exact.upper)
