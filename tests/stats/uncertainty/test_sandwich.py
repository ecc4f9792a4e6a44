"""Sandwich covariances, against statsmodels and published standard errors."""

from dataclasses import replace

import choix
import numpy as np
import pytest
import statsmodels.api as sm

from stats.strengths.bradley_terry import fit_bradley_terry
from stats.uncertainty.bootstrap import bootstrap_strengths, draw
from stats.uncertainty.sandwich import covariance_parts, interval, sandwich_covariance
from stats.votes.arrays import VoteArrays
from tests.stats.simulate import A, B, simulated

# Agresti (2002), Categorical Data Analysis, section 10.6: American League baseball 1987, row beat column.
TEAMS = ("Milwaukee", "Detroit", "Toronto", "New York", "Boston", "Cleveland", "Baltimore")
BASEBALL = np.array(
    [
        [0, 7, 9, 7, 7, 9, 11],
        [6, 0, 7, 5, 11, 9, 9],
        [4, 6, 0, 7, 7, 8, 12],
        [6, 8, 6, 0, 6, 7, 10],
        [6, 2, 6, 7, 0, 7, 12],
        [4, 4, 5, 6, 6, 0, 6],
        [2, 4, 1, 3, 1, 7, 0],
    ],
    dtype=float,
)
PUBLISHED = [1.58, 1.44, 1.29, 1.25, 1.11, 0.68, 0]


def votes_of(wins):
    first, second = np.nonzero(wins)
    counts = wins[first, second].astype(int)
    a, b = np.repeat(first, counts), np.repeat(second, counts)
    return VoteArrays(a, b, np.full(len(a), A), np.arange(len(a)), np.zeros(len(a), dtype=int), len(wins))


def design(sample):
    """Log-odds are a difference of strengths; the last system's is zero."""
    rows = np.zeros((len(sample), sample.n_systems))
    rows[np.arange(len(sample)), sample.system_a] = 1
    rows[np.arange(len(sample)), sample.system_b] -= 1
    return rows[:, :-1]


def relative_to_last(covariance):
    contrast = np.hstack([np.eye(len(covariance) - 1), -np.ones((len(covariance) - 1, 1))])
    return contrast @ covariance @ contrast.T


def test_agrestis_baseball_teams():
    strengths = fit_bradley_terry(BASEBALL)
    assert strengths - strengths[-1] == pytest.approx(PUBLISHED, abs=0.006)
    theirs = choix.ilsr_pairwise_dense(BASEBALL, max_iter=1000)
    assert strengths == pytest.approx(theirs - theirs.mean(), abs=0.003)


def test_baseball_errors_are_near_the_published_model_based_ones():
    # R's BradleyTerry2 gives 0.334 to 0.343 for the six against Baltimore, from the model's own curvature.
    sample = votes_of(BASEBALL)
    covariance = relative_to_last(sandwich_covariance(sample, fit_bradley_terry(BASEBALL)))
    assert np.sqrt(np.diag(covariance)) == pytest.approx(np.full(6, 0.338), rel=0.1)


def two_way_covariance(sample, strengths):
    parts = covariance_parts(sample, strengths)
    return parts.document + parts.annotator + parts.vote


@pytest.mark.parametrize("n_annotators", [4, 15])
def test_covariances_are_those_of_statsmodels(n_annotators):
    sample = simulated(1, n_votes=20_000, n_systems=5, n_documents=30, n_annotators=n_annotators)
    strengths = fit_bradley_terry(sample.wins())
    model = sm.GLM(sample.a_share, design(sample), family=sm.families.Binomial())
    single = model.fit(cov_type="HC0").cov_params()
    assert relative_to_last(sandwich_covariance(sample, strengths)) == pytest.approx(single, rel=1e-3)
    groups = np.column_stack([sample.document, sample.annotator])
    two_way = model.fit(cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}).cov_params()
    scale = np.sqrt(np.outer(np.diag(single), np.diag(single)))
    assert relative_to_last(two_way_covariance(sample, strengths)) / scale == pytest.approx(two_way / scale, abs=2e-3)


def test_weighted_votes_are_those_of_statsmodels():
    rng = np.random.default_rng(2)
    plain = simulated(2, n_votes=20_000, n_systems=4)
    columns = (plain.system_a, plain.system_b, plain.outcome, plain.document, plain.annotator)
    sample = VoteArrays(*columns, 4, rng.uniform(0.5, 4, 20_000))
    model = sm.GLM(sample.a_share, design(sample), family=sm.families.Binomial(), freq_weights=None)
    # Weights multiply each vote's gradient, so its square has the squared weight: worked out here by hand.
    strengths = fit_bradley_terry(sample.wins())
    chance = 1 / (1 + np.exp(-design(sample) @ (strengths[:-1] - strengths[-1])))
    scores = design(sample) * (sample.weight * (sample.a_share - chance))[:, None]
    bread = np.linalg.inv((design(sample) * (sample.weight * chance * (1 - chance))[:, None]).T @ model.exog)
    by_hand = bread @ scores.T @ scores @ bread
    assert relative_to_last(sandwich_covariance(sample, strengths)) == pytest.approx(by_hand, rel=1e-3)


def test_two_systems_by_hand():
    # 75 wins of 100: the log-odds have variance 1 / (100 * 0.75 * 0.25) = 0.0533, each strength a quarter of it.
    sample = votes_of(np.array([[0.0, 75], [25, 0]]))
    strengths = fit_bradley_terry(sample.wins())
    covariance = sandwich_covariance(sample, strengths)
    assert covariance == pytest.approx(0.0533 / 4 * np.array([[1, -1], [-1, 1]]), abs=2e-5)
    lower, upper = interval(strengths - strengths[1], covariance, anchor=1)
    assert (upper - lower) == pytest.approx([2 * 1.96 * np.sqrt(0.0533), 0], abs=1e-3)


def test_two_way_errors_are_near_those_of_the_bootstrap():
    # Annotators differ in taste, documents too: both ways of reckoning must see it, single votes must not.
    rng = np.random.default_rng(3)
    documents, annotators = rng.integers(60, size=6000), rng.integers(40, size=6000)
    taste = rng.normal(0, 1, 60)[documents] + rng.normal(0, 1, 40)[annotators]
    outcome = np.where(rng.random(6000) < 1 / (1 + np.exp(-taste)), A, B)
    zeros = np.zeros(6000, dtype=int)
    sample = VoteArrays(zeros, zeros + 1, outcome, documents, annotators, 2)
    strengths = fit_bradley_terry(sample.wins())
    drawn = bootstrap_strengths(sample, strengths, draw(np.random.default_rng(4), 60, 40, 400))
    error, single = (np.sqrt(f(sample, strengths)[0, 0]) for f in (two_way_covariance, sandwich_covariance))
    assert drawn[:, 0].std() == pytest.approx(error, rel=0.2)
    assert error > 4 * single


@pytest.mark.simulation
def test_single_vote_intervals_cover_when_votes_are_apart():
    # 300 simulated studies of two systems, 5 % expected outside; Binomial(300, 0.05) exceeds 30 once in 5,000 times.
    outside = 0
    for seed in range(300):
        sample = simulated(seed, n_votes=300, n_systems=2, ties=0, strengths=[0.4, -0.4])
        strengths = fit_bradley_terry(sample.wins())
        lower, upper = interval(strengths, sandwich_covariance(sample, strengths))
        outside += not lower[0] <= 0.4 <= upper[0]
    assert outside <= 30


def test_what_is_known_of_votes_is_not_said_of_others():
    sample = simulated(3, n_votes=400, n_systems=4)
    strengths = fit_bradley_terry(sample.wins())
    parts = covariance_parts(sample, strengths)
    assert covariance_parts(sample, strengths) is parts
    fewer, others = sample.take(np.arange(len(sample)) < 200), strengths * 0.5
    for votes, given in ((fewer, strengths), (sample, others)):
        anew = covariance_parts(replace(votes), given)
        assert (covariance_parts(votes, given).vote == anew.vote).all()
        assert not np.allclose(anew.vote, parts.vote, rtol=1e-3)
