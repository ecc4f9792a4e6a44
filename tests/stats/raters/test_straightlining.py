from itertools import groupby, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.raters.straightlining import run_probability, same_answers, straightlining
from stats.votes.arrays import InvalidVotesError, ShownCode
from tests.stats.raters.simulate import BOTH_BAD, TIE, A, B, codes

LEFT, RIGHT = ShownCode.LEFT, ShownCode.RIGHT


def longest(choices):
    return max(len(list(run)) for _, run in groupby(choices))


def test_a_run_worked_by_hand():
    # Three throws of a fair coin: two of eight have no run of two (HTH, THT).
    assert run_probability(np.array([0.5, 0.5]), 3, 2) == pytest.approx(0.75)


@given(st.integers(1, 6), st.integers(1, 7), st.lists(st.integers(1, 5), min_size=1, max_size=3))
def test_adding_up_all_sequences_gives_the_same(n, length, weights):
    frequencies = np.array(weights) / sum(weights)
    expected = sum(
        np.prod(frequencies[list(sequence)])
        for sequence in product(range(len(weights)), repeat=n)
        if longest(sequence) >= length
    )
    assert run_probability(frequencies, n, length) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("n", "length"), [(60, 6), (200, 8), (40, 15)])
def test_simulation_gives_the_same(n, length):
    frequencies, rng = np.array([0.45, 0.3, 0.2, 0.05]), np.random.default_rng(1)
    choices = rng.choice(4, p=frequencies, size=(4000, n))
    same = np.cumsum(choices[:, 1:] == choices[:, :-1], axis=1)
    # A run of `length` is a stretch of length - 1 equal neighbours.
    padded = np.pad(same, ((0, 0), (1, 0)))
    reached = (padded[:, length - 1 :] - padded[:, : -(length - 1)] == length - 1).any(axis=1)
    assert run_probability(frequencies, n, length) == pytest.approx(reached.mean(), abs=0.03)


def test_tiny_chances_are_not_lost_to_rounding():
    # Worked by hand: ten choices, and the run begins at the first vote or, after another choice, at one of five more.
    assert run_probability(np.full(10, 0.1), 30, 25) == pytest.approx(10 * 0.1**25 * (1 + 5 * 0.9), rel=1e-9)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=40))
def test_the_longest_run_is_that_of_groupby(choices):
    found = straightlining(codes(choices))
    assert found.longest_run == longest(choices)
    assert found.commonest_share == max(choices.count(choice) for choice in choices) / len(choices)
    assert 0 < found.run_probability <= 1


def test_a_phase_of_clicking_through_stands_out():
    rng = np.random.default_rng(2)
    honest = rng.integers(3, size=60)
    clicking = honest.copy()
    clicking[20:40] = LEFT
    assert straightlining(honest).run_probability > 0.01
    found = straightlining(clicking)
    assert found.run_probability < 0.001
    assert (found.run_choice, found.longest_run >= 20) == (LEFT, True)


def test_clicking_left_all_the_time_shows_in_the_share_not_in_the_run():
    found = straightlining(np.zeros(30, dtype=np.int64))
    assert (found.longest_run, found.commonest_share, found.commonest_choice) == (30, 1.0, LEFT)
    assert found.run_probability == pytest.approx(1)


def test_no_votes_have_no_run():
    found = straightlining(codes([]))
    assert (found.longest_run, found.run_probability, found.commonest_share, found.n) == (None, None, None, 0)
    assert found.reason == "no votes yet"


@pytest.mark.parametrize(
    ("frequencies", "n", "length"), [([0.5, 0.6], 3, 2), ([1.5, -0.5], 3, 2), ([1.0], -1, 2), ([1.0], 3, 0)]
)
def test_what_is_no_distribution_is_refused(frequencies, n, length):
    with pytest.raises(InvalidVotesError):
        run_probability(np.array(frequencies), n, length)


def test_the_same_answer_to_everything_beside_the_others():
    # Annotator 0: pairs 0 and 1 with two criteria, one of them all the same, and pair 2 with one only. Annotator 1: one
    # pair, the same. Annotator 2: one pair, not the same.
    item = codes([0, 0, 1, 1, 2, 0, 0, 0, 5, 5])
    annotator = codes([0, 0, 0, 0, 0, 1, 1, 1, 2, 2])
    outcome = codes([A, A, A, B, TIE, B, B, B, TIE, BOTH_BAD])
    found = same_answers(item, annotator, outcome)
    assert {who: (same.share.hits, same.share.n) for who, same in found.items()} == {0: (1, 2), 1: (1, 1), 2: (0, 1)}
    assert {who: same.others for who, same in found.items()} == {0: 0.5, 1: 0.25, 2: 0.75}


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2), st.integers(0, 3)), max_size=40))
def test_sets_of_answers_give_the_same_count(rows):
    given_answers = {}
    for item, who, outcome in rows:
        given_answers.setdefault((who, item), []).append(outcome)
    columns = [codes(column) for column in zip(*rows, strict=True)] if rows else [codes([])] * 3
    for who, same in same_answers(*columns).items():
        several = [answers for (person, _), answers in given_answers.items() if person == who and len(answers) > 1]
        assert (same.share.hits, same.share.n) == (sum(len(set(answers)) == 1 for answers in several), len(several))


def test_one_criterion_says_nothing():
    found = same_answers(codes([0, 1]), codes([0, 1]), codes([A, A]))[0]
    assert (found.share.value, found.others) == (None, None)
    assert found.reason
