"""Clicks at random against careful votes with tastes of one's own: against numerical integrals, person by person."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from benchmarks.raters.people import Clicks, PeopleDesign, found_in, shares
from stats.raters import own_tastes
from stats.raters.own_tastes import CARELESS, DISCRIMINATIONS, TASTES, USUAL, USUAL_SD, careless_ratios
from tests.stats.raters.test_reliability import decided


def careful(votes, gap, person, k, s):
    """Of two systems only the difference of tastes counts, normal with variance 2 s^2: integrated by SciPy."""
    own = votes.annotator == person
    sign, towards = 2 * votes.won[own] - 1, gap[own]
    side = np.where(votes.system_a[own] < votes.system_b[own], 1, -1)

    def chance(taste):
        return np.prod(1 / (1 + np.exp(-sign * (k * towards + side * taste))))

    if s == 0:
        return chance(0)
    spread = s * np.sqrt(2)
    return quad(lambda taste: chance(taste) * norm.pdf(taste, 0, spread), -8 * spread, 8 * spread, limit=200)[0]


def ratios_by_hand(votes, gap, people):
    grid = [(k, s) for k in DISCRIMINATIONS for s in TASTES]
    likelihood = np.array([[careful(votes, gap, who, k, s) for k, s in grid] for who in range(people)])
    clicks = 0.5 ** np.bincount(votes.annotator)
    mixed = (1 - CARELESS) * likelihood + CARELESS * clicks[:, np.newaxis]
    prior = np.array([norm.pdf(k, USUAL, USUAL_SD) for k, _ in grid])
    for who in range(people):
        weight = prior * np.prod([row / row.max() for other, row in enumerate(mixed) if other != who], axis=0)
        yield np.log(clicks[who] / ((weight / weight.sum()) @ likelihood[who]))


def test_it_is_the_likelihood_ratio_with_tastes_integrated_out(monkeypatch):
    monkeypatch.setattr(own_tastes, "DRAWS", 10_000)
    votes = decided(1, n=60, systems=2, people=4, items=20)
    gap = np.where(votes.system_a < votes.system_b, 0.9, -0.9)
    found = careless_ratios(votes, gap, np.arange(4))
    assert found == pytest.approx(list(ratios_by_hand(votes, gap, 4)), abs=0.03)


def test_few_draws_of_tastes_are_near_many(monkeypatch):
    votes = decided(2, n=300, systems=6, people=8, items=60)
    gap = 0.5 * (votes.system_b - votes.system_a)
    few = careless_ratios(votes, gap, np.arange(8))
    monkeypatch.setattr(own_tastes, "DRAWS", 1_000)
    assert few == pytest.approx(careless_ratios(votes, gap, np.arange(8)), abs=0.35)


def test_people_in_parts_and_in_any_choice_have_the_same_ratios(monkeypatch):
    votes = decided(3, n=200, systems=4, people=6, items=50)
    gap = 0.5 * (votes.system_b - votes.system_a)
    whole = careless_ratios(votes, gap, np.arange(6))
    monkeypatch.setattr(own_tastes, "VOTES_AT_ONCE", 1)
    assert careless_ratios(votes, gap, np.array([1, 4])) == pytest.approx(whole[[1, 4]])


def test_what_is_usual_is_learnt_from_some_of_very_many_people(monkeypatch):
    votes = decided(4, n=400, systems=4, people=12, items=60)
    gap = 0.6 * (votes.system_b - votes.system_a)
    whole = careless_ratios(votes, gap, np.arange(12))
    monkeypatch.setattr(own_tastes, "MOST_PEOPLE", 6)
    assert careless_ratios(votes, gap, np.arange(12)) == pytest.approx(whole, abs=1.5)


@pytest.mark.simulation
def test_it_finds_four_in_five_of_four_systems_and_flags_few():
    # 50 studies; of 100 others 89 were found, and 76 by the score test of before.
    design = PeopleDesign(9, systems=4, taste=0.3, documents=0.6, clicks=Clicks.TWO)
    _, model = found_in(design, 50, 5)
    hits, false = shares(design, model)
    assert hits > 0.78
    assert false < 0.02
