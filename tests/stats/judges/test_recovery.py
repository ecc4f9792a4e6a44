"""Judges of known faults: do the intervals of the figures about them hold the truth as often as they say?"""

import numpy as np
import pytest

from benchmarks.judges.recovery import DESIGNS, recovered_rates, recovery
from benchmarks.judges.tables import passing

STUDIES = 150
# Binomial(150, 0.05) exceeds 17 once in 1,200; the calibration error is allowed 90 % (see docs/statistics.md), and
# Binomial(150, 0.1) exceeds 28 once in 2,000.
MOST_OUTSIDE = 17
MOST_OUTSIDE_CALIBRATION = 28


@pytest.mark.simulation
@pytest.mark.parametrize("name", ["accuracy 0.8", "30 % for the first", "30 % for the longer", "too sure"])
def test_figures_are_recovered(name):
    found = recovery(DESIGNS[name], STUDIES, seed=2)
    outside = {figure: round((1 - result.covers) * result.studies) for figure, result in found.items()}
    assert outside.pop("calibration") <= MOST_OUTSIDE_CALIBRATION
    assert max(outside.values()) <= MOST_OUTSIDE, outside
    # Not by being wide: a mean interval of a share is a sixth of the whole range at most.
    assert max(result.width for result in found.values()) < 0.2


@pytest.mark.simulation
def test_faults_are_told_from_virtues():
    plain, first, longer = (
        recovery(DESIGNS[n], 20, seed=3) for n in ("accuracy 0.8", "30 % for the first", "30 % for the longer")
    )
    assert first["first"].value > 0.6 > plain["first"].value
    assert first["flips"].value > 0.25 > plain["flips"].value
    assert longer["length"].value > 0.05 > plain["length"].value


@pytest.mark.simulation
@pytest.mark.parametrize("name", ["accuracy 0.6", "accuracy 0.9", "30 % for the first", "30 % for the longer"])
def test_corrected_win_rates_hold_the_truth_where_the_judge_does_not(name):
    found = recovered_rates(DESIGNS[name], STUDIES, seed=2)
    for rate in ("people", "corrected", "powered"):
        assert round((1 - found[rate].covers) * STUDIES) <= MOST_OUTSIDE, rate
    if name != "accuracy 0.9":
        assert found["judge"].covers < 0.5
    assert found["powered"].width <= found["people"].width
    if name == "accuracy 0.9":
        assert found["powered"].width < 0.9 * found["people"].width


@pytest.mark.simulation
def test_good_judges_pass_and_coins_do_not():
    rng = np.random.default_rng(4)
    good, coin = (passing(DESIGNS[name], 20, rng) for name in ("accuracy 0.9", "accuracy 0.5"))
    assert good[0] == good[1] == 1
    assert coin[0] == coin[1] == 0
    assert good[2] > coin[2] + 0.1
