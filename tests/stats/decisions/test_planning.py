from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import t as student
from statsmodels.stats.power import NormalIndPower, TTestPower

from benchmarks.intervals.decisions.planning import PLANNED, plan
from leaderboards.boards.neighbours import NO_LIMIT, NO_LIMIT_YET, neighbour_gaps
from stats.decisions.planning import (
    FORECAST_LEVEL,
    UNKNOWN,
    Forecast,
    Growth,
    StudySize,
    chance_to_decide,
    growth_needed,
)
from stats.ratings.ratings import rate
from stats.strengths.bradley_terry import SCALE, fit_bradley_terry
from stats.uncertainty.bootstrap import bootstrap_strengths, draw
from stats.uncertainty.sandwich import sandwich_covariance
from stats.votes.arrays import VoteArrays
from tests.stats.decisions.single_votes import votes_for_win_rate
from tests.stats.decisions.spread import spread
from tests.stats.simulate import A, B, votes


def test_sixty_per_cent_takes_194_votes():
    # By hand: (1.96 * 0.5 + 0.8416 * sqrt(0.24))^2 / 0.1^2 = (0.98 + 0.4123)^2 / 0.01 = 193.9.
    assert votes_for_win_rate(0.6) == 194
    assert votes_for_win_rate(0.4) == 194
    assert votes_for_win_rate(0.5) == np.inf
    assert votes_for_win_rate(0.6, power=0.9) > 194
    # statsmodels, by Cohen's effect size h instead, comes near.
    h = 2 * (np.arcsin(np.sqrt(0.6)) - np.arcsin(np.sqrt(0.5)))
    theirs = NormalIndPower(ddof=0).solve_power(h, alpha=0.05, power=0.8, ratio=0)
    assert votes_for_win_rate(0.6) == pytest.approx(theirs, rel=0.02)


def test_so_many_votes_have_that_power():
    wins = np.random.default_rng(0).binomial(194, 0.6, 4000)
    assert (np.abs(wins / 194 - 0.5) > 1.96 * 0.5 / np.sqrt(194)).mean() == pytest.approx(0.8, abs=0.03)


def test_two_systems_of_single_votes_need_what_the_textbook_says():
    # 400 votes by as many people on as many documents, 220 to 180: the gap's error is that of single votes.
    sample = votes([(0, 1, A if i < 220 else B, i, i) for i in range(400)], 2)
    strengths = fit_bradley_terry(sample.wins())
    covariance = sandwich_covariance(sample, strengths)
    own = np.diag(covariance)
    error = np.sqrt(own[0] + own[1] - 2 * covariance[0, 1])
    growth = growth_needed(np.array([(strengths[0] - strengths[1]) / error]), np.array([1e4]), 0.025)
    assert 400 * growth.times[0] == pytest.approx(votes_for_win_rate(0.55), rel=0.02)


def test_growth_by_hand():
    # Two standard errors away, errors known: (2.8016 / 2)^2 = 1.962 times as many. Where few people say how large the
    # errors are, quantiles are those of t, and it takes more.
    found = growth_needed(np.array([2.0, 2.0]), np.array([1e4, 5.0]), 0.025)
    assert found.times[0] == pytest.approx(1.9625, abs=1e-3)
    assert found.times[1] > 2.1


def test_growth_as_statsmodels_solves_it():
    # A mean of n values with standard deviation 1 and gap 0.5: distance 0.5 * sqrt(n), freedom n - 1.
    n = TTestPower().solve_power(effect_size=0.5, alpha=0.01, power=0.8)
    found = growth_needed(np.array([0.5 * np.sqrt(12)]), np.array([11.0]), 0.005)
    assert 12 * found.times[0] == pytest.approx(n, rel=2e-3)


@pytest.mark.parametrize("gap", [0.5, 0.1])
def test_the_interval_holds_the_number_that_is_needed_in_eight_of_ten_pilots(gap):
    """Normal units, for which it is exact: 12 values a pilot; hardly any pilot sees the smaller gap."""
    n = TTestPower().solve_power(effect_size=gap, alpha=0.05, power=0.8)
    values = np.random.default_rng(7).normal(gap, 1, (4000, 12))
    distance = values.mean(axis=1) / values.std(axis=1, ddof=1) * np.sqrt(12)
    found = growth_needed(distance, np.full(4000, 11.0), 0.025)
    held = (12 * found.lower <= n) & (n <= 12 * found.upper)
    # Four standard errors of a share of 4,000.
    assert held.mean() == pytest.approx(FORECAST_LEVEL, abs=0.026)


def test_no_gap_and_no_error_have_no_size():
    found = growth_needed(np.array([0.0, np.nan]), np.array([5.0, 5.0]), 0.025)
    assert found.times[0] == found.lower[0] == found.upper[0] == np.inf
    assert np.isnan([found.times[1], found.lower[1], found.upper[1]]).all()
    size = StudySize(100, 5, 10)
    assert size.grown(np.inf) is None and size.grown(np.nan) is None
    assert size.grown(2.5) == StudySize(250, 13, 25)
    # Never fewer than a board says anything of.
    assert size.grown(0.01) == StudySize(20, 3, 3)
    assert Forecast.of(size, found) == UNKNOWN


def test_ask_again_after_twice_the_votes_or_at_the_lower_end():
    growth = Growth(*(np.array([value]) for value in (6.0, 1.5, np.inf)))
    found = Forecast.of(StudySize(200, 10, 40), growth)
    assert (found.needed, found.lower, found.upper) == (StudySize(1200, 60, 240), StudySize(300, 15, 60), None)
    assert found.ask_again == 300
    assert Forecast.of(StudySize(200, 10, 40), replace(growth, lower=np.array([9.0]))).ask_again == 400


@settings(max_examples=60, deadline=None)
@given(st.floats(0.05, 8), st.floats(1, 200), st.floats(1e-5, 0.025))
@example(1.75, 1.0, 1e-5)  # the noncentral t of far larger studies is no number
def test_what_is_not_told_apart_needs_more(distance, freedom, tail):
    at = np.array([distance]), np.array([freedom])
    found = growth_needed(*at, tail)
    assert found.lower[0] <= found.upper[0]
    if np.isfinite(found.times[0]) and found.times[0] * (freedom + 1) > 2.001:
        assert chance_to_decide(found.times, *at, tail) == pytest.approx(0.8, abs=1e-3)
    if distance < student.isf(tail, freedom):
        assert found.times[0] > 1


def test_neighbours_err_as_resamples_differ():
    # A second implementation: documents and annotators drawn again. It counts single votes' noise more than once, so
    # annotators and documents must differ much.
    rng = np.random.default_rng(3)
    document, annotator = (index.ravel() for index in np.indices((60, 50)))
    a, b = np.array([(0, 1), (1, 2), (2, 0)])[rng.integers(3, size=len(document))].T
    liking = np.array([0.5, 0.2, -0.7]) + rng.normal(0, 1.5, (60, 3))[document] + rng.normal(0, 1.5, (50, 3))[annotator]
    row = np.arange(len(a))
    outcome = np.where(rng.random(len(a)) < 1 / (1 + np.exp(liking[row, b] - liking[row, a])), A, B)
    sample = VoteArrays(a, b, outcome, document, annotator, 3)
    strengths = fit_bradley_terry(sample.wins())
    drawn = bootstrap_strengths(sample, strengths, draw(np.random.default_rng(0), 60, 50, 1000))
    order = np.argsort(-strengths)
    rows = gaps_of(sample, ["x", "y", "z"])
    assert [row["better"] for row in rows] == ["xyz"[i] for i in order[:2]]
    gaps = SCALE * (drawn[:, order[:-1]] - drawn[:, order[1:]])
    assert [row["error"] for row in rows] == pytest.approx(gaps.std(axis=0, ddof=1), rel=0.1)
    for row in rows:
        # Three pairs at once take 2.39 standard errors in place of 1.96 (Bonferroni), and t a little more.
        needed = 3000 * (row["error"] * (2.394 + 0.8416) / row["gap"]) ** 2
        assert row["votes_needed"] == pytest.approx(needed, rel=0.08)
        people, documents = row["annotators_needed"] / 50, row["documents_needed"] / 60
        assert [people, documents] == pytest.approx([row["votes_needed"] / 3000] * 2, rel=0.05)
        assert row["votes_more"] == (0 if row["told"] == "differ" else row["votes_needed"] - 3000)


def gaps_of(sample, names):
    return neighbour_gaps(rate(sample, seed=0, resamples=100), names)


def test_a_sweep_does_not_say_how_many_votes_it_takes():
    short, long = ([(0, 1, A, d, d % 3) for d in range(n)] for n in (4, 30))
    (row,) = gaps_of(votes(short, 2), "xy")
    assert (row["told"], row["votes_needed"], row["reason"]) == ("too few", None, NO_LIMIT_YET)
    (row,) = gaps_of(votes(long, 2), "xy")
    assert (row["told"], row["votes_needed"], row["reason"]) == ("differ", None, NO_LIMIT)


def test_beside_a_sweep_others_have_their_votes():
    between = [(0, 1, [A, B, A][d % 3], d, d // 3 % 4) for d in range(30)]
    beaten = [(i, 2, A, d, d % 4) for d in range(30) for i in (0, 1)]
    (alone,) = gaps_of(votes(between, 2), "xy")
    first, second = gaps_of(votes(between + beaten, 3), "xyz")
    assert (first["better"], first["worse"], first["reason"]) == ("x", "y", "")
    assert first["error"] == pytest.approx(alone["error"], rel=0.05)
    # Three pairs are compared at once in place of one, and a third of the votes are between the two.
    assert 3 * alone["votes_needed"] < first["votes_needed"] < 6 * alone["votes_needed"]
    assert second["reason"] == NO_LIMIT


def clustered(seed, *, documents, annotators, per_cell=1, document_sd=0.0, annotator_sd=0.0):
    rng = np.random.default_rng(seed)
    document, annotator = (index.ravel() for index in np.indices((documents, annotators)))
    document, annotator = np.repeat(document, per_cell), np.repeat(annotator, per_cell)
    taste = rng.normal(0, document_sd, documents)[document] + rng.normal(0, annotator_sd, annotators)[annotator]
    outcome = np.where(rng.random(len(taste)) < 1 / (1 + np.exp(-taste)), A, B)
    zeros = np.zeros(len(taste), dtype=int)
    return VoteArrays(zeros, zeros + 1, outcome, document, annotator, 2)


def test_where_the_spread_comes_from_is_found():
    found = spread(clustered(2, documents=100, annotators=30, annotator_sd=1.0), 0, 1)
    assert found.annotator > 5 * max(found.document, found.vote)
    # A tenth of the vote's own variance is nothing beside the annotators': more votes hardly help, more annotators do.
    assert found.width(votes=10) > 0.9 * found.width()
    assert found.width(annotators=4, documents=4, votes=4) == pytest.approx(found.width() / 2)


def test_votes_apart_have_the_variance_of_a_win_rate():
    # Half of 2,000: log-odds have variance 4 / 2000.
    found = spread(clustered(3, documents=50, annotators=40), 0, 1)
    assert found.vote == pytest.approx(4 / 2000, rel=0.05)
    assert found.error() == pytest.approx(SCALE * np.sqrt(4 / 2000), rel=0.5)


def test_a_forecast_holds_for_a_study_of_four_times_the_size():
    small = clustered(4, documents=60, annotators=20, document_sd=0.8, annotator_sd=0.8)
    forecast = spread(small, 0, 1).error(documents=4, annotators=4, votes=16)
    errors = []
    for seed in range(40):
        sample = clustered(seed + 5, documents=240, annotators=80, document_sd=0.8, annotator_sd=0.8)
        errors.append(SCALE * np.diff(fit_bradley_terry(sample.wins()))[0])
    assert forecast == pytest.approx(np.std(errors), rel=0.5)


def test_needed_votes_go_up_with_the_power_to_tell():
    found, demanding = (growth_needed(np.array([3.0, 5, 1]), np.full(3, 20.0), 0.01, power=p) for p in (0.8, 0.95))
    assert (demanding.times > found.times).all()


@pytest.mark.simulation
def test_studies_of_the_size_that_is_needed_tell_the_two_apart():
    """A small version of benchmarks/simulate.py --planning; six systems, so 15 pairs are compared at once."""
    found = plan(PLANNED[6], 60, seed=11)
    # Of 60, 48 are promised; fewer than 37 come once in 2,000.
    assert found.apart >= 37 / 60
    assert found.held >= 37 / 60
    assert found.times > 5
