import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.judges.arrays import Items
from stats.judges.directing import directed, draw, inclusion_chances, uncertainty
from stats.votes.arrays import InvalidVotesError


def test_unsure_and_divided_items_are_both_seen():
    predicted = np.array([0.5, 0.95, 0.95, 0.5])
    shares = np.array([[0.5, 0.5], [1.0, 0.9], [1.0, 0.0], [np.nan, np.nan]])
    found = uncertainty(predicted, shares)
    assert found == pytest.approx([0.25, 0.0475 + 0.0025, 0.0475 + 0.25, 0.25])


@given(st.lists(st.floats(0, 10), min_size=1, max_size=40), st.data())
def test_chances_are_never_zero_and_sum_to_the_budget(scores, data):
    budget = data.draw(st.integers(1, len(scores)))
    epsilon = data.draw(st.floats(0.05, 1))
    chance = inclusion_chances(np.array(scores), budget, epsilon=epsilon)
    assert chance.sum() == pytest.approx(budget)
    assert chance.min() >= epsilon * budget / len(scores) * 0.999 or budget == len(scores)
    assert chance.max() <= 1
    assert len(draw(chance, np.random.default_rng(1))) == budget


def test_by_hand():
    # Half alike (1/4 each), half by score (0.7, 0.1, 0.1, 0.1): two of four, 0.95 and 0.35 three times.
    assert inclusion_chances(np.array([7.0, 1, 1, 1]), 2) == pytest.approx([0.95, 0.35, 0.35, 0.35])
    # The first would have 1.425 of three: it is certain, and the others share two.
    assert inclusion_chances(np.array([7.0, 1, 1, 1]), 3) == pytest.approx([1, 2 / 3, 2 / 3, 2 / 3])
    assert inclusion_chances(np.zeros(4), 2) == pytest.approx([0.5] * 4)


@pytest.mark.simulation
def test_units_are_drawn_as_often_as_their_chances_say():
    rng = np.random.default_rng(2)
    chance = inclusion_chances(rng.random(12) ** 3, 5)
    times = np.zeros(12)
    for _ in range(4000):
        times[draw(chance, rng)] += 1
    assert np.abs(times / 4000 - chance).max() < 4 * np.sqrt(0.25 / 4000)


def test_documents_are_drawn_whole_and_pairs_within_them_by_chance():
    rng = np.random.default_rng(3)
    document = np.repeat(np.arange(20), 6)
    items = Items(np.zeros(120, dtype=int), np.ones(120, dtype=int), document)
    unsure = rng.random(120)
    whole = directed(items, unsure, 5, rng)
    assert (np.bincount(document[whole.item], minlength=20) % 6 == 0).all()
    assert len(whole.item) == 30
    assert whole.weight.mean() == pytest.approx(1)
    some = directed(items, unsure, 5, rng, pairs=2)
    assert sorted(np.bincount(document[some.item], minlength=20).tolist()) == [0] * 15 + [2] * 5
    # The whole is known: 1 / chance sums to the number of items in the mean.
    sums = [(1 / directed(items, unsure, 5, rng, pairs=2).chance).sum() for _ in range(800)]
    assert np.mean(sums) == pytest.approx(120, abs=4 * np.std(sums) / np.sqrt(800))


@pytest.mark.parametrize(
    "wrong", [(np.ones(3), 0, 0.5), (np.ones(3), 4, 0.5), (np.ones(3), 1, 0.0), (-np.ones(3), 1, 0.5)]
)
def test_what_makes_no_chances_is_refused(wrong):
    score, budget, epsilon = wrong
    with pytest.raises(InvalidVotesError):
        inclusion_chances(score, budget, epsilon=epsilon)
