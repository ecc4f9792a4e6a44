import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from stats.metrics.metric_model import cross_predict, fit_logistic


def drawn(seed, n=120, k=2):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, k))
    chance = 1 / (1 + np.exp(-x @ np.array([1.5, -0.5])[:k]))
    return x, rng.choice([0.0, 1.0], n) * (rng.random(n) < 0.3) + (rng.random(n) < chance) * 0.5, np.ones(n)


def test_it_is_the_penalized_maximum_that_scipy_finds():
    x, share, weight = drawn(1)
    weight = weight + np.arange(len(weight)) % 3

    def loss(at):
        margin = x @ at
        return (weight * (np.logaddexp(0, margin) - share * margin)).sum() + 0.5 * at @ at

    assert fit_logistic(x, share, weight) == pytest.approx(minimize(loss, np.zeros(2), tol=1e-12).x, abs=1e-5)


def test_a_metric_that_always_tells_the_winner_stays_finite():
    x = np.linspace(-1, 1, 40)[:, np.newaxis]
    at = fit_logistic(x, (x[:, 0] > 0).astype(float), np.ones(40))
    assert 0 < at[0] < 100


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_which_system_is_a_means_nothing(seed):
    x, share, weight = drawn(seed)
    unit = np.arange(len(x)) % 12
    own, beyond = cross_predict(x, share, weight, unit, x[:7], seed=seed)
    swapped, away = cross_predict(-x, 1 - share, weight, unit, -x[:7], seed=seed)
    assert swapped == pytest.approx(1 - own)
    assert away == pytest.approx(1 - beyond)
    assert ((own > 0) & (own < 1)).all()


def test_a_vote_has_no_part_in_its_own_prediction():
    x, share, weight = drawn(3)
    unit = np.arange(len(x)) // 10
    own, _ = cross_predict(x, share, weight, unit, x[:1], seed=0)
    changed = np.where(unit == 4, 1 - share, share)
    again, _ = cross_predict(x, changed, weight, unit, x[:1], seed=0)
    assert again[unit == 4] == pytest.approx(own[unit == 4])
    assert abs(again - own).max() > 0.01


def test_one_document_cannot_be_predicted_from_another():
    x, share, weight = drawn(4)
    with pytest.raises(ValueError, match="two documents"):
        cross_predict(x, share, weight, np.zeros(len(x), dtype=int), x, seed=0)


def test_an_unknown_difference_is_no_difference():
    x, share, weight = drawn(5)
    _, beyond = cross_predict(x, share, weight, np.arange(len(x)), np.zeros((1, 2)), seed=0)
    assert beyond == pytest.approx([0.5])
