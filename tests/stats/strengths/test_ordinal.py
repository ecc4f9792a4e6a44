"""The ordinal model against a likelihood written out vote by vote, Davidson's model, and numerical derivatives."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import approx_fprime, minimize

from stats.ratings.estimates import Ties
from stats.ratings.ratings import rate
from stats.strengths.bradley_terry import fit_bradley_terry, to_rating
from stats.strengths.davidson import fit_davidson
from stats.strengths.ordinal import HALVES, OrdinalCounts, Thresholds, chances, fit_ordinal
from stats.uncertainty.sandwich import bread_of, cell_sandwich, document_and_annotator, residuals_of
from stats.votes.arrays import InvalidVotesError, VoteArrays

TRUE = np.array([0.9, 0.3, 0.0, -0.4, -0.8])
THRESHOLDS = Thresholds(-0.3, -0.9)
OUTCOME, STRENGTH = np.array([0, 0, 2, 1, 1]), np.array([2, 1, 0, 1, 2])


def simulated(seed, n_votes=2000, *, unsaid=0.0, documents=60, annotators=12):
    rng = np.random.default_rng(seed)
    n = len(TRUE)
    a = rng.integers(n, size=n_votes)
    b = (a + rng.integers(1, n, size=n_votes)) % n
    p = chances(TRUE[a] - TRUE[b], THRESHOLDS)
    answer = (rng.random(n_votes) > np.cumsum(p, axis=0)).sum(axis=0)
    said = STRENGTH[answer] * (rng.random(n_votes) >= unsaid)
    document, annotator = rng.integers(documents, size=n_votes), rng.integers(annotators, size=n_votes)
    return VoteArrays(a, b, OUTCOME[answer], document, annotator, n, strength=said)


def log_likelihood(at, votes):
    """Vote by vote, from the chances of the five answers; without the prior."""
    n = votes.n_systems
    s, tie, much = at[:n], at[n], at[n + 1]
    total = 0.0
    for a, b, outcome, said in zip(votes.system_a, votes.system_b, votes.outcome, votes.strength, strict=True):
        first, second = (a, b) if outcome != 1 else (b, a)
        d = s[first] - s[second]
        likely = {"much": much + d, "slightly": d / 2, "tie": tie, "worse": -d / 2, "much worse": much - d}
        of = {0: ("much", "slightly"), 1: ("slightly",), 2: ("much",)}[said] if outcome < 2 else ("tie",)
        total += np.log(sum(np.exp(likely[name]) for name in of) / sum(map(np.exp, likely.values())))
    return total


@pytest.mark.parametrize("unsaid", [0.0, 0.4])
def test_it_is_the_maximum_of_the_likelihood_of_every_vote(unsaid):
    votes = simulated(1, 400, unsaid=unsaid)
    strengths, thresholds = fit_ordinal(OrdinalCounts.of(votes))
    best = minimize(lambda at: 0.005 * (at**2).sum() - log_likelihood(at, votes), np.zeros(7), method="BFGS").x
    assert strengths == pytest.approx(best[:5] - best[:5].mean(), abs=1e-4)
    assert (thresholds.tie, thresholds.much) == pytest.approx(tuple(best[5:]), abs=1e-4)


def test_known_strengths_are_found_again():
    n = len(TRUE)
    p = 1e6 * chances(TRUE[:, np.newaxis] - TRUE[np.newaxis, :], THRESHOLDS) * (1 - np.eye(n))
    strengths, thresholds = fit_ordinal(OrdinalCounts(p[0], p[1], np.zeros((n, n)), p[2]))
    assert strengths == pytest.approx(TRUE - TRUE.mean(), abs=1e-6)
    assert (thresholds.tie, thresholds.much) == pytest.approx((THRESHOLDS.tie, THRESHOLDS.much), abs=1e-6)


@pytest.mark.parametrize("said", [np.zeros(2000, np.int64), None])
def test_where_nobody_says_how_much_it_is_davidsons_model(said):
    votes = replace(simulated(2), strength=said)
    strengths, thresholds = fit_ordinal(OrdinalCounts.of(votes))
    davidson, tie = fit_davidson(votes.decided_wins(), votes.ties())
    # "Much" is a possible answer that nobody gave; the prior keeps a trace of it.
    assert strengths == pytest.approx(davidson, abs=2e-3)
    assert thresholds.tie == pytest.approx(tie, abs=2e-3)
    ordinal, other = (rate(votes, seed=1, ties=ties) for ties in (Ties.ORDINAL, Ties.DAVIDSON))
    assert ordinal.rating == pytest.approx(other.rating, abs=0.5)
    assert ordinal.upper - ordinal.lower == pytest.approx(other.upper - other.lower, rel=0.01)
    assert ordinal.warnings[0].startswith("No vote says how much better")


def test_swapping_sides_and_numbers_of_systems_changes_nothing():
    votes = simulated(3, unsaid=0.2)
    swapped = replace(
        votes, system_a=votes.system_b, system_b=votes.system_a, outcome=np.array([1, 0, 2, 3])[votes.outcome]
    )
    renamed = replace(votes, system_a=4 - votes.system_a, system_b=4 - votes.system_b)
    ratings = rate(votes, seed=1, ties=Ties.ORDINAL)
    assert rate(swapped, seed=1, ties=Ties.ORDINAL).rating == pytest.approx(ratings.rating)
    assert rate(renamed, seed=1, ties=Ties.ORDINAL).rating[::-1] == pytest.approx(ratings.rating)


@pytest.mark.parametrize("unsaid", [0.0, 0.4])
def test_the_sandwich_is_that_of_numerical_derivatives(unsaid):
    votes = simulated(4, 300, unsaid=unsaid, documents=8, annotators=4)
    strengths, known = fit_ordinal(OrdinalCounts.of(votes))

    def of(chosen):
        return lambda s: log_likelihood(np.r_[s, known.tie, known.much], votes.take(chosen))

    def gradient(s, chosen):
        return approx_fprime(s, of(chosen), 1e-6)

    n, whole = votes.n_systems, np.arange(len(votes))
    step = 1e-3
    hessian = -np.array(
        [
            (gradient(strengths + step * e, whole) - gradient(strengths - step * e, whole)) / (2 * step)
            for e in np.eye(n)
        ]
    )
    centre = np.eye(n) - 1 / n
    inverse = centre @ np.linalg.inv(hessian + 0.01 * np.eye(n)) @ centre
    assert bread_of(votes, strengths, known) == pytest.approx(inverse, rel=1e-3, abs=1e-5)
    cells = document_and_annotator(votes)
    by_cell = [gradient(strengths, np.flatnonzero(cells == cell)) for cell in np.unique(cells)]
    middle = sum(np.outer(g, g) for g in by_cell)
    found, number = cell_sandwich(votes, residuals_of(votes, strengths, known), bread_of(votes, strengths, known))
    assert number == len(by_cell)
    assert found == pytest.approx(inverse @ middle @ inverse, rel=1e-2, abs=1e-5)


def test_neighbouring_answers_have_odds_that_are_linear_in_the_gap():
    gap = np.linspace(-3, 3, 7)
    odds = np.diff(np.log(chances(gap, THRESHOLDS)), axis=0)
    assert np.diff(odds, axis=1) == pytest.approx(np.full((4, 6), -0.5))
    assert HALVES.tolist() == [2, 1, 0, -1, -2]


@pytest.mark.parametrize("unsaid", [0.0, 0.9, 1.0])
def test_one_sided_and_few_answers_stay_finite(unsaid):
    votes = replace(simulated(5, 40, unsaid=unsaid), system_a=np.zeros(40, np.int64), system_b=np.ones(40, np.int64))
    won = replace(votes, outcome=np.zeros(40, np.int64), n_systems=2)
    strengths, thresholds = fit_ordinal(OrdinalCounts.of(won))
    assert np.isfinite([*strengths, thresholds.tie, thresholds.much]).all()
    assert strengths[0] > strengths[1]


def test_votes_without_a_strength_are_counted_in_a_warning():
    votes = simulated(6, unsaid=0.5)
    decided = int((votes.outcome < 2).sum())
    unsaid = int(((votes.outcome < 2) & (votes.strength == 0)).sum())
    (warning,) = rate(votes, seed=1, ties=Ties.ORDINAL).warnings
    assert warning == f"{unsaid:,} of {decided:,} decided votes do not say how much better: each may be either."


@pytest.mark.parametrize("strength", [np.full(2000, 3), np.ones(3, np.int64), np.ones(2000, np.int64)])
def test_a_strength_that_is_none_is_refused(strength):
    with pytest.raises(InvalidVotesError, match="strength"):
        replace(simulated(7), strength=strength)


# Annotators, documents, votes, how far tastes go, and the share of votes that say how much better.
DESIGNS = {
    "no tastes": (12, 60, 600, 0.0, 1.0),
    "tastes": (20, 60, 900, 0.4, 1.0),
    "half said": (20, 60, 900, 0.4, 0.5),
}


def with_tastes(rng, annotators, documents, n_votes, taste, said):
    """Votes whose annotators and documents favour systems of their own."""
    n = len(TRUE)
    of_annotator, of_document = (taste * rng.normal(size=(units, n)) for units in (annotators, documents))
    a = rng.integers(n, size=n_votes)
    b = (a + rng.integers(1, n, size=n_votes)) % n
    annotator, document = rng.integers(annotators, size=n_votes), rng.integers(documents, size=n_votes)
    felt = TRUE + of_annotator[annotator] + of_document[document]
    rows = np.arange(n_votes)
    p = chances(felt[rows, a] - felt[rows, b], THRESHOLDS)
    answer = (rng.random(n_votes) > np.cumsum(p, axis=0)).sum(axis=0)
    strength = STRENGTH[answer] * (rng.random(n_votes) < said)
    return VoteArrays(a, b, OUTCOME[answer], document, annotator, n, strength=strength)


def simulate_studies(design, studies, seed=1):
    """Return the share of intervals that hold, and the mean width against that of ties as halves, both in spreads."""
    rng = np.random.default_rng(seed)
    annotators, documents, n_votes, taste, said = DESIGNS[design]
    everybody = with_tastes(rng, 20_000, 20_000, 400_000, taste, said)
    truth, _ = fit_ordinal(OrdinalCounts.of(everybody))
    halves = fit_bradley_terry(everybody.wins())
    held, widths = [], []
    for _ in range(studies):
        votes = with_tastes(rng, annotators, documents, n_votes, taste, said)
        ordinal, plain = (rate(votes, seed=1, ties=ties, resamples=100) for ties in (Ties.ORDINAL, Ties.HALF))
        held.append((ordinal.lower <= to_rating(truth)) & (to_rating(truth) <= ordinal.upper))
        width, other = (ratings.upper - ratings.lower for ratings in (ordinal, plain))
        widths.append((width.mean() / np.ptp(truth)) / (other.mean() / np.ptp(halves)))
    return float(np.mean(held)), float(np.mean(widths))


@pytest.mark.simulation
@pytest.mark.parametrize("design", DESIGNS)
def test_intervals_hold_and_are_narrower(design):
    held, width = simulate_studies(design, 150)
    assert 0.93 <= held <= 0.98
    assert width < (0.95 if design == "no tastes" else 1)
