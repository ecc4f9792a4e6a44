import numpy as np
import pytest
import statsmodels.api as sm

from stats.ratings.style_control import style_controlled
from stats.strengths.bradley_terry import InvalidWinsError, fit_bradley_terry
from stats.votes.arrays import VoteArrays
from tests.stats.simulate import A, B, simulated


def with_style(seed, n_votes, true, effects):
    """System i writes about 100 + 40 i words and i list items; nobody writes the third feature."""
    rng = np.random.default_rng(seed)
    n = len(true)
    a = rng.integers(n, size=n_votes)
    b = (a + rng.integers(1, n, size=n_votes)) % n
    style_a, style_b = (
        np.column_stack([rng.uniform(0.7, 1.3, n_votes) * (100 + 40 * i), rng.poisson(i), np.zeros(n_votes)])
        for i in (a, b)
    )
    gap = true[a] - true[b] + differences(style_a, style_b) @ np.array([*effects, 0.0])
    outcome = np.where(rng.random(n_votes) < 1 / (1 + np.exp(-gap)), A, B)
    votes = VoteArrays(a, b, outcome, rng.integers(80, size=n_votes), rng.integers(30, size=n_votes), n)
    return votes, style_a, style_b


def differences(style_a, style_b):
    """The arena's normalised differences, written another way: element by element."""
    rows = zip(style_a.tolist(), style_b.tolist(), strict=True)
    return np.array([[(p - q) / (p + q) if p + q else 0.0 for p, q in zip(x, y, strict=True)] for x, y in rows])


def test_strengths_and_effects_at_equal_style_are_found_where_plain_ratings_are_misled():
    true = np.array([0.3, 0.0, -0.3])
    votes, style_a, style_b = with_style(1, 40_000, true, (2.0, 0.8))
    found = style_controlled(votes, style_a, style_b)
    assert found.strengths == pytest.approx(true, abs=0.08)
    assert found.effects[:2] / found.deviations[:2] == pytest.approx([2.0, 0.8], abs=0.2)
    assert fit_bradley_terry(votes.wins()).argmax() == 2


def test_it_is_statsmodels_logit_on_the_arenas_differences():
    votes, style_a, style_b = with_style(2, 20_000, np.array([0.5, 0.0, -0.2, -0.3]), (1.5, 0.5))
    found = style_controlled(votes, style_a, style_b)
    x = differences(style_a, style_b)[:, :2]
    rows = np.zeros((len(x), 4))
    rows[np.arange(len(x)), votes.system_a] = 1
    rows[np.arange(len(x)), votes.system_b] -= 1
    scaled = x / np.sqrt((x**2).mean(axis=0))
    theirs = sm.GLM(votes.a_share, np.column_stack([rows[:, 1:], scaled]), family=sm.families.Binomial()).fit()
    assert found.strengths[1:] - found.strengths[0] == pytest.approx(theirs.params[:3], abs=1e-3)
    assert found.effects[:2] == pytest.approx(theirs.params[3:], abs=1e-3)
    assert found.deviations[:2] == pytest.approx(np.sqrt((x**2).mean(axis=0)))


def test_a_feature_that_nobody_varies_has_no_effect_and_changes_nothing():
    votes, style_a, style_b = with_style(3, 3_000, np.array([0.5, 0.0, -0.5]), (1.0, 0.5))
    with_it, without = (
        style_controlled(votes, style_a, style_b),
        style_controlled(votes, style_a[:, :2], style_b[:, :2]),
    )
    assert np.isnan([with_it.effects[2], with_it.effects_lower[2], with_it.effects_upper[2]]).all()
    assert with_it.deviations[2] == 0
    assert with_it.strengths == pytest.approx(without.strengths)
    assert with_it.effects[:2] == pytest.approx(without.effects)


def test_equal_styles_leave_the_ratings_as_they_are():
    votes = simulated(5, n_votes=2_000, n_systems=4)
    same = np.ones((2_000, 3))
    found = style_controlled(votes, same, same)
    assert found.strengths == pytest.approx(fit_bradley_terry(votes.wins()), abs=1e-6)
    assert np.isnan(found.effects).all()


def test_features_that_always_go_together_stay_finite():
    votes, style_a, style_b = with_style(6, 400, np.zeros(3), (1.0, 0.0))
    twice = [np.column_stack([style[:, 0], style[:, 0]]) for style in (style_a, style_b)]
    found = style_controlled(votes, *twice)
    assert found.effects[0] == pytest.approx(found.effects[1])
    assert np.isfinite([*found.effects_lower, *found.strengths]).all()


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf])
def test_what_is_no_count_is_refused(value):
    votes = simulated(7, n_votes=2, n_systems=2)
    with pytest.raises(InvalidWinsError, match="style"):
        style_controlled(votes, np.array([[1.0], [value]]), np.ones((2, 1)))
