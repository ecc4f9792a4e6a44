import numpy as np
import pytest
from statsmodels.stats.power import NormalIndPower

from leaderboards.boards.neighbours import NO_LIMIT, NO_LIMIT_YET, neighbours
from stats.decisions.planning import separation
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
    variance = own[:, np.newaxis] + own - 2 * covariance
    needed = separation(strengths, variance, 400).votes_needed[0]
    assert needed == pytest.approx(votes_for_win_rate(0.55), rel=0.02)


def test_separation_by_hand():
    # Gap of 0.1 in log-odds with standard error 0.05 from 1,000 votes: (0.05 * 2.8016 / 0.1)^2 * 1000 = 1,962.
    found = separation(np.array([0.0, 0.1]), np.array([[0.01, 0.0025], [0.0025, 0.01]]), 1000)
    assert (found.better.tolist(), found.worse.tolist()) == ([1], [0])
    assert found.gap == pytest.approx([SCALE * 0.1])
    assert found.error == pytest.approx([SCALE * 0.05])
    assert found.votes_needed == pytest.approx([1962], abs=1)


def test_no_gap_and_no_error():
    found = separation(np.array([0.3, 0.3, 0.0]), np.array([[1.0, 1, 1], [1, 1, 0], [1, 0, 1]]), 100)
    assert found.votes_needed[0] == np.inf
    assert np.isnan([found.votes_needed[1], found.error[1]]).all()
    assert len(separation(np.zeros(1), np.zeros((1, 1)), 10).gap) == 0


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
    rows = neighbours(sample, ["x", "y", "z"])
    assert [row["better"] for row in rows] == ["xyz"[i] for i in order[:2]]
    gaps = SCALE * (drawn[:, order[:-1]] - drawn[:, order[1:]])
    assert [row["error"] for row in rows] == pytest.approx(gaps.std(axis=0, ddof=1), rel=0.1)
    for row in rows:
        needed = 3000 * (row["error"] * 2.80158 / row["gap"]) ** 2
        assert row["votes_needed"] == pytest.approx(needed, rel=1e-4)
        assert row["votes_more"] == max(0, row["votes_needed"] - 3000)


def test_a_sweep_does_not_say_how_many_votes_it_takes():
    short, long = ([(0, 1, A, d, d % 2) for d in range(n)] for n in (4, 30))
    (row,) = neighbours(votes(short, 2), "xy")
    assert (row["votes_needed"], row["reason"]) == (None, NO_LIMIT_YET)
    (row,) = neighbours(votes(long, 2), "xy")
    assert (row["votes_needed"], row["reason"]) == (None, NO_LIMIT)


def test_beside_a_sweep_others_have_their_votes():
    between = [(0, 1, [A, B, A][d % 3], d, d // 3 % 4) for d in range(30)]
    beaten = [(i, 2, A, d, d % 4) for d in range(30) for i in (0, 1)]
    (alone,) = neighbours(votes(between, 2), "xy")
    first, second = neighbours(votes(between + beaten, 3), "xyz")
    assert (first["better"], first["worse"], first["reason"]) == ("x", "y", "")
    # A third of the votes are between the two.
    assert first["votes_needed"] == pytest.approx(3 * alone["votes_needed"], rel=0.05)
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
    strengths = np.array([0.6, 0.3, -0.2, -0.7])
    found, demanding = (separation(strengths, np.full((4, 4), 0.01), 2000, power=power) for power in (0.8, 0.95))
    assert (demanding.votes_needed > found.votes_needed).all()
