"""The reliability of annotators: by hand, against SciPy's optimisers, and in simulated studies."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.stats import beta, chi2, norm

from benchmarks.raters.people import HELD_OUT, Clicks, PeopleDesign, draw, found_in, shares
from stats.raters import others, reliability
from stats.raters.others import DecidedVotes, expected_gap
from stats.raters.reliability import (
    CARELESS,
    CARELESS_OF,
    CARELESS_SD,
    GRID,
    SPREAD,
    SPREAD_WEIGHT,
    USUAL,
    USUAL_SD,
    Finding,
    fit_group,
    log_likelihoods,
    own_preference,
    reliabilities,
)
from stats.strengths.bradley_terry import PENALTY
from stats.votes.arrays import InvalidVotesError
from tests.stats.raters.simulate import TIE, A, B, codes

CLEAR = PeopleDesign(6, systems=6, votes=60, gap=1.0)


def decided(seed, n=300, systems=4, people=5, items=60):
    """Draw votes sorted by annotator."""
    rng = np.random.default_rng(seed)
    pairs = np.array([(i, j) for i in range(systems) for j in range(i + 1, systems)])
    of_item = pairs[rng.integers(len(pairs), size=items)]
    keys = rng.choice(people * items, size=min(n, people * items), replace=False)
    person, item = np.divmod(np.sort(keys), items)
    a, b = of_item[item].T
    won = (rng.random(len(item)) < 1 / (1 + np.exp(-0.6 * (b - a)))).astype(float)
    return DecidedVotes(person.astype(np.int64), a, b, item.astype(np.int64), won, systems)


def fitted(votes, chosen):
    """Maximise the penalized likelihood of some votes by SciPy."""
    a, b, sign = votes.system_a[chosen], votes.system_b[chosen], 2 * votes.won[chosen] - 1

    def loss(strengths):
        return np.log1p(np.exp(-sign * (strengths[a] - strengths[b]))).sum() + PENALTY / 2 * (strengths**2).sum()

    return minimize(loss, np.zeros(votes.n_systems), method="BFGS", options={"gtol": 1e-9}).x


@pytest.mark.parametrize(("large", "tolerance"), [(0.0, 1e-4), (1.0, 0.06)])
def test_what_others_expect_has_no_part_of_ones_own_votes(monkeypatch, large, tolerance):
    # Those who gave much are left out by a fit, the others by a step of Newton's method.
    monkeypatch.setattr(others, "LARGE_SHARE", large)
    votes = decided(1, n=800, people=10, items=100)
    monkeypatch.setattr(others, "_effects_by_others", lambda votes: np.zeros(len(votes.won)))
    found = expected_gap(votes)
    for person in range(10):
        strengths = fitted(votes, votes.annotator != person)
        own = votes.annotator == person
        assert found[own] == pytest.approx(
            strengths[votes.system_a[own]] - strengths[votes.system_b[own]], abs=tolerance
        )


def test_what_others_said_of_the_same_pair_by_a_loop():
    votes = decided(2)
    everybody = fitted(votes, np.ones(len(votes.won), dtype=bool))
    chance = 1 / (1 + np.exp(-(everybody[votes.system_a] - everybody[votes.system_b])))
    residual, weight = votes.won - chance, chance * (1 - chance)
    same = (votes.item[:, np.newaxis] == votes.item) & ~np.eye(len(votes.item), dtype=bool)
    variance = (residual @ same @ residual) / (weight @ same @ weight)
    expected = [(residual[row].sum() / (weight[row].sum() + 1 / variance) if variance > 0 else 0.0) for row in same]
    assert others._effects_by_others(votes) == pytest.approx(expected, abs=1e-4)


def test_votes_on_one_comparison_move_what_is_expected_of_it():
    # Between equals, everybody prefers a on even items and b on odd ones.
    item = np.tile(np.arange(40), 3)
    votes = DecidedVotes(
        np.repeat(np.arange(3), 40), np.zeros(120, dtype=int), np.ones(120, dtype=int), item, 1.0 - item % 2, 2
    )
    gap = expected_gap(votes)
    assert gap[item % 2 == 0].min() > 0.5
    assert gap[item % 2 == 1].max() < -0.5


def test_likelihoods_by_a_loop(monkeypatch):
    monkeypatch.setattr(reliability, "VOTES_AT_ONCE", 70)
    votes = decided(3)
    gap = np.random.default_rng(4).normal(size=len(votes.won))
    found = log_likelihoods(votes, gap)
    for person in range(5):
        own = votes.annotator == person
        for k in (0, 40, 100):
            chance = 1 / (1 + np.exp(-GRID[k] * gap[own]))
            assert found[person, k] == pytest.approx(np.log(np.where(votes.won[own] > 0, chance, 1 - chance)).sum())


def test_the_group_is_what_a_general_optimiser_finds():
    rng = np.random.default_rng(5)
    true = np.r_[rng.normal(0, 0.1, 6), rng.normal(0.9, 0.25, 30)]
    seen, error = true + rng.normal(0, 0.3, 36), 0.3
    likelihood = norm.pdf(seen[:, np.newaxis], GRID, error)

    def loss(parameters):
        mean, spread, share = parameters[0], np.exp(parameters[1]), 1 / (1 + np.exp(-parameters[2]))
        careful = norm.pdf(seen, mean, np.hypot(spread, error))
        careless = norm.pdf(seen, 0, np.hypot(CARELESS_SD, error))
        prior = norm.logpdf(mean, USUAL, USUAL_SD)
        prior -= SPREAD_WEIGHT * (np.log(spread) + SPREAD**2 / spread**2 / 2)
        prior += beta.logpdf(share, 1 + CARELESS, 1 + CARELESS_OF - CARELESS)
        return -np.log((1 - share) * careful + share * careless).sum() - prior

    best = minimize(loss, [1, np.log(0.3), -3], method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-9}).x
    found = fit_group(likelihood)
    assert found.mean == pytest.approx(best[0], abs=2e-3)
    assert found.spread == pytest.approx(np.exp(best[1]), abs=2e-3)
    assert found.careless == pytest.approx(1 / (1 + np.exp(-best[2])), abs=2e-3)


def test_value_and_interval_are_those_of_an_integral():
    study = draw(CLEAR, np.random.default_rng(6))
    columns = (study.system_a, study.system_b, study.comparison, study.annotator, study.outcome)
    found = reliabilities(*columns)[3]
    kept = np.flatnonzero(study.outcome < TIE)
    kept = kept[np.argsort(study.annotator[kept], kind="stable")]
    who, a, b, item = (column[kept] for column in (study.annotator, study.system_a, study.system_b, study.comparison))
    votes = DecidedVotes(
        who, a, b, np.unique(item, return_inverse=True)[1], (study.outcome[kept] == A).astype(float), 6
    )
    gap = expected_gap(votes)
    log = log_likelihoods(votes, gap)
    group = fit_group(np.exp(log - log.max(axis=1, keepdims=True)))
    own = votes.annotator == 3
    towards = np.where(votes.won[own] > 0, gap[own], -gap[own])

    def density(b):
        prior = (1 - group.careless) * norm.pdf(b, group.mean, group.spread)
        prior += group.careless * norm.pdf(b, 0, CARELESS_SD)
        return prior * np.exp(-np.log1p(np.exp(-b * towards)).sum() - log[3].max())

    total = quad(density, -2, 4, limit=200)[0]
    assert found.value == pytest.approx(quad(lambda b: b * density(b), -2, 4)[0] / total / group.mean, abs=1e-3)
    below = quad(density, -2, found.lower * group.mean, limit=200)[0] / total
    above = quad(density, found.upper * group.mean, 4, limit=200)[0] / total
    assert (below, above) == pytest.approx((0.025, 0.025), abs=2e-3)


def test_own_preferences_by_simulation_of_coins():
    votes = decided(7, n=200, people=2)
    statistic = chi2.isf(own_preference(votes, 1), 3)
    own = votes.annotator == 1
    rng, n = np.random.default_rng(8), int(own.sum())
    incidence = np.zeros((n, 4))
    incidence[np.arange(n), votes.system_a[own]] = 1
    incidence[np.arange(n), votes.system_b[own]] = -1
    inverse = np.linalg.pinv(incidence.T @ incidence / 4)

    def of(won):
        score = (won - 0.5) @ incidence
        return score @ inverse @ score

    assert statistic == pytest.approx(of(votes.won[own]))
    coins = np.array([of(rng.integers(2, size=n)) for _ in range(4000)])
    assert (coins >= statistic).mean() == pytest.approx(own_preference(votes, 1), abs=0.03)


def test_who_contradicts_everybody_is_said_to():
    study = draw(PeopleDesign(6, 0, systems=6, gap=1.0), np.random.default_rng(9))
    turned = np.where(study.annotator == 2, np.where(study.outcome == A, B, A), study.outcome)
    outcome = np.where(study.outcome >= TIE, study.outcome, turned)
    found = reliabilities(study.system_a, study.system_b, study.comparison, study.annotator, outcome)
    assert {who: one.finding for who, one in found.items() if one.finding} == {2: Finding.AGAINST}
    assert found[2].upper < 0


def test_the_order_of_the_votes_and_which_summary_is_a_change_nothing():
    study = draw(CLEAR, np.random.default_rng(10))
    columns = [study.system_a, study.system_b, study.comparison, study.annotator, study.outcome]
    found = reliabilities(*columns)
    order = np.random.default_rng(11).permutation(len(study.outcome))
    flipped = study.comparison % 2 == 1
    mirror = codes([B, A, 2, 3])
    columns[4] = np.where(flipped, mirror[study.outcome], study.outcome)
    columns[0], columns[1] = (
        np.where(flipped, study.system_b, study.system_a),
        np.where(flipped, study.system_a, study.system_b),
    )
    again = reliabilities(*(column[order] for column in columns))
    for who, one in found.items():
        assert again[who].value == pytest.approx(one.value, abs=1e-9)
        assert again[who].p_value == pytest.approx(one.p_value, abs=1e-9)
        assert again[who].finding == one.finding


def test_too_few_votes_for_one_of_two_are_undecided():
    study = draw(PeopleDesign(6, 0, votes=30), np.random.default_rng(12))
    outcome = np.where(study.annotator == 1, TIE, study.outcome)
    found = reliabilities(study.system_a, study.system_b, study.comparison, study.annotator, outcome)
    assert (found[1].value, found[1].lower, found[1].n_votes, found[1].finding) == (None, None, 0, "")
    assert "0 votes that prefer one of two summaries" in found[1].reason
    assert found[2].value is not None


def test_nothing_is_found_among_four_people():
    study = draw(PeopleDesign(4, systems=6, votes=200, gap=1.0, clicks=Clicks.TWO), np.random.default_rng(13))
    found = reliabilities(study.system_a, study.system_b, study.comparison, study.annotator, study.outcome)
    assert found[0].value < 0.4
    assert [one.finding for one in found.values()] == [""] * 4


def test_one_annotator_alone_and_nobody():
    columns = codes([0] * 20), codes([1] * 20), codes(range(20)), codes([7] * 20), codes([0, 1] * 10)
    assert reliabilities(*columns)[7].reason == reliability.NOBODY_ELSE
    assert reliabilities(*[codes([])] * 5) == {}
    with pytest.raises(InvalidVotesError):
        reliabilities(*columns[:4], codes([4] * 20))


# A clicker of left and right uses the same answers as anybody, which only the model sees.
SEEN = PeopleDesign(12, systems=5, per_comparison=2, clicks=Clicks.TWO)
UNSEEN = PeopleDesign(12, 0, systems=5, taste=0.4, documents=0.7)


@pytest.mark.simulation
def test_clickers_at_sixty_votes_are_found_and_careful_people_are_not():
    old, new = found_in(SEEN, 60, 7)
    assert shares(SEEN, new)[0] >= 0.8
    assert shares(SEEN, old)[0] <= 0.1
    assert shares(SEEN, new)[1] <= 0.02


@pytest.mark.simulation
@pytest.mark.parametrize("others", [0, 2])
def test_careful_people_with_other_tastes_are_seldom_flagged(others):
    design = PeopleDesign(12, 0, systems=5, taste=0.4, documents=0.7, others=others)
    new = found_in(design, 60, 8)[1]
    # Of 720 annotators 2 %, and what chance adds to that in one of a thousand samples.
    assert shares(design, new)[1] <= 0.036


def test_the_designs_of_the_table_have_names_of_their_own():
    assert len({design.name for design in HELD_OUT}) == len(HELD_OUT)
