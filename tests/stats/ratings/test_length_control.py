import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import t

from stats.ratings.length_control import length_controlled
from stats.strengths.bradley_terry import InvalidWinsError, fit_bradley_terry
from stats.votes.arrays import VoteArrays
from tests.stats.simulate import A, B, simulated


def with_lengths(seed, n_votes, true, effect):
    """System i writes about 100 + 40 i words; people like long texts by so much."""
    rng = np.random.default_rng(seed)
    n = len(true)
    a = rng.integers(n, size=n_votes)
    b = (a + rng.integers(1, n, size=n_votes)) % n
    length_a, length_b = (rng.uniform(0.7, 1.3, n_votes) * (100 + 40 * index) for index in (a, b))
    gap = true[a] - true[b] + effect * (length_a - length_b) / (length_a + length_b)
    outcome = np.where(rng.random(n_votes) < 1 / (1 + np.exp(-gap)), A, B)
    sample = VoteArrays(a, b, outcome, rng.integers(80, size=n_votes), rng.integers(30, size=n_votes), n)
    return sample, length_a, length_b


def test_strengths_at_equal_length_are_found_where_plain_ratings_are_misled():
    # The longest system is the worst and looks like the best.
    true = np.array([0.3, 0.0, -0.3])
    sample, length_a, length_b = with_lengths(1, 40_000, true, 4.0)
    found = length_controlled(sample, length_a, length_b)
    assert found.strengths == pytest.approx(true, abs=0.06)
    assert found.effect / found.deviation == pytest.approx(4, abs=0.2)
    plain = fit_bradley_terry(sample.wins())
    assert plain.argmax() == 2


def test_it_is_statsmodels_logit_with_clustered_errors():
    sample, length_a, length_b = with_lengths(2, 20_000, np.array([0.5, 0.0, -0.2, -0.3]), 1.5)
    x = (length_a - length_b) / (length_a + length_b)
    found = length_controlled(sample, length_a, length_b)
    rows = np.zeros((len(x), 5))
    rows[np.arange(len(x)), sample.system_a] = 1
    rows[np.arange(len(x)), sample.system_b] -= 1
    rows[:, 4] = x / found.deviation
    model = sm.GLM(sample.a_share, rows[:, 1:], family=sm.families.Binomial())
    groups = (sample.document * 1000 + sample.annotator, sample.document, sample.annotator)
    fits = [model.fit(cov_type="cluster", cov_kwds={"groups": g, "use_correction": False}) for g in groups]
    theirs, counts = fits[0], [len(np.unique(group)) for group in groups]
    cell, document, annotator = (fit.bse[3] ** 2 for fit in fits)
    squares = [v * n / (n - 1) for v, n in zip((document, annotator), counts[1:], strict=True)]
    # What clusters add to the cells; what comes out negative is nothing.
    parts = [square if square > cell else 0 for square in squares]
    holders = sum(part > 0 for part in parts)
    variance = sum(parts) + (1 - holders) * cell
    squares = np.array([(1 - holders) * cell, *parts])
    freedom = variance**2 / (squares**2 / (np.array(counts) - 1)).sum()
    assert found.strengths[1:] - found.strengths[0] == pytest.approx(theirs.params[:3], abs=1e-3)
    assert found.effect == pytest.approx(theirs.params[3], abs=1e-3)
    reach = t.ppf(0.975, freedom) * np.sqrt(variance)
    assert found.effect_upper - found.effect == pytest.approx(reach, rel=0.01)


def test_equal_lengths_leave_the_ratings_as_they_are():
    sample = simulated(3, n_votes=2000, n_systems=4)
    ones = np.ones(2000)
    found = length_controlled(sample, 100 * ones, 100 * ones)
    assert found.strengths == pytest.approx(fit_bradley_terry(sample.wins()), abs=1e-6)
    assert np.isnan([found.effect, found.effect_lower]).all()
    assert found.deviation == 0


def test_swapping_a_and_b_changes_nothing():
    sample, length_a, length_b = with_lengths(4, 3000, np.array([0.5, 0.0, -0.5]), 1.0)
    swapped = VoteArrays(
        sample.system_b, sample.system_a, np.array([B, A])[sample.outcome], sample.document, sample.annotator, 3
    )
    one, other = length_controlled(sample, length_a, length_b), length_controlled(swapped, length_b, length_a)
    assert one.strengths == pytest.approx(other.strengths)
    assert one.effect == pytest.approx(other.effect)


def test_votes_that_always_go_to_the_longer_text_stay_finite():
    sample, length_a, length_b = with_lengths(5, 200, np.zeros(3), 0)
    always = VoteArrays(
        sample.system_a, sample.system_b, np.where(length_a > length_b, A, B), sample.document, sample.annotator, 3
    )
    found = length_controlled(always, length_a, length_b)
    assert np.isfinite([found.effect, *found.strengths, *found.lower]).all()
    assert found.effect > 1


@pytest.mark.parametrize("length", [0.0, -1.0, np.nan, np.inf])
def test_what_is_no_length_is_refused(length):
    sample = simulated(6, n_votes=2, n_systems=2)
    with pytest.raises(InvalidWinsError, match="Lengths"):
        length_controlled(sample, np.array([1.0, length]), np.ones(2))


@pytest.mark.simulation
def test_bounds_cover_the_true_effect():
    # Votes drawn apart: 150 studies; Binomial(150, 0.05) exceeds 18 once in 5,000. The clustered sandwich is a little
    # short with few clusters, so allow for 25.
    outside = 0
    for seed in range(150):
        sample, length_a, length_b = with_lengths(seed, 600, np.array([0.4, 0.0, -0.4]), 2.0)
        found = length_controlled(sample, length_a, length_b)
        outside += not found.effect_lower <= 2.0 * found.deviation <= found.effect_upper
    assert outside <= 25
