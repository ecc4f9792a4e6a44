import numpy as np
import pytest

from stats.judges.arrays import NO_VERDICT, Items, OrderRule, PeopleVotes, Verdicts, answers, both_orders
from stats.votes.arrays import InvalidVotesError
from tests.stats.simulate import BOTH_BAD, TIE, A, B


def verdicts(rows):
    """rows: (item, outcome, a_first), (.., sample) or (.., sample, share)."""
    full = [(*row, 0, np.nan)[:5] if len(row) == 3 else (*row, np.nan)[:5] for row in rows]
    item, outcome, a_first, sample, share = zip(*full, strict=True)
    whole = [np.array(column) for column in (item, outcome, a_first, sample)]
    return Verdicts(*whole, np.array(share, dtype=float))


BOTH = verdicts(
    [
        *((0, A, True), (0, A, False)),  # survives the swap
        *((1, A, True), (1, B, False)),  # always the first
        *((2, TIE, True), (2, BOTH_BAD, False)),  # neither is better, said in two ways
        *((3, B, True), (3, NO_VERDICT, False)),  # one order has no verdict
        *((4, A, True), (4, TIE, False)),
        (5, NO_VERDICT, True),
    ]
)


def test_orders_that_disagree_are_a_tie():
    found = answers(BOTH, 7)
    assert found.outcome.tolist() == [A, TIE, TIE, B, TIE, NO_VERDICT, NO_VERDICT]
    assert found.share[:5].tolist() == [1, 0.5, 0.5, 0, 0.5]
    assert np.isnan(found.share[5:]).all()
    assert found.given.tolist() == [True] * 5 + [False] * 2


def test_the_other_rule_takes_the_mean():
    found = answers(BOTH, 7, OrderRule.MEAN)
    # A win and a tie are as likely as each other.
    assert found.outcome.tolist() == [A, TIE, TIE, B, TIE, NO_VERDICT, NO_VERDICT]
    assert found.share[4] == 0.75


def test_neither_counts_where_it_is_likeliest_whichever_side_is_likelier():
    once, twice = np.array([0]), np.array([0, 0])
    told = Verdicts(once, np.array([A]), once == 0, once, np.array([0.525]), np.array([0.45]))
    found = answers(told, 1, OrderRule.MEAN)
    assert (found.outcome.tolist(), found.share.tolist()) == ([TIE], [0.525])
    # Chances 0.7, 0.1, 0.2 and 0.2, 0.1, 0.7: as likely as each other, though a is above one half.
    told = Verdicts(twice, twice + A, twice == 0, np.array([0, 1]), np.array([0.8, 0.55]), np.array([0.2, 0.7]))
    assert answers(told, 1, OrderRule.MEAN).outcome.tolist() == [TIE]
    assert answers(told.take([0]), 1, OrderRule.MEAN).outcome.tolist() == [A]


def test_a_sample_in_both_orders_weighs_as_much_as_one_in_one_order():
    rows = [(0, A, True, 0, 0.6), (0, A, False, 0, 0.6), (0, B, True, 1, 0.3)]
    assert answers(verdicts(rows), 1, OrderRule.MEAN).share.tolist() == [pytest.approx(0.45)]


def test_chances_are_taken_where_there_are_some():
    told = verdicts([(0, A, True, 0, 0.9), (0, B, False, 0, 0.4)])
    assert answers(told, 1, OrderRule.MEAN).share.tolist() == [0.65]
    assert answers(told, 1, OrderRule.MEAN).outcome.tolist() == [A]
    # Conservative: the two answers differ, so the chances say nothing.
    assert (answers(told, 1).share.tolist(), answers(told, 1).outcome.tolist()) == ([0.5], [TIE])


def test_samples_are_counted_after_their_orders():
    rows = [(0, A, True, s) for s in range(3)] + [(0, A, False, 0), (0, A, False, 1), (0, B, False, 2)]
    found = answers(verdicts(rows), 1)
    assert (found.outcome.tolist(), found.share.tolist()) == ([A], [pytest.approx(2.5 / 3)])
    even = verdicts([(0, A, True, 0), (0, B, True, 1)])
    assert answers(even, 1).outcome.tolist() == [TIE]


def test_both_orders_are_matched_by_sample():
    found = both_orders(verdicts([(0, A, True, 0), (0, B, False, 1), (1, A, True, 1), (1, A, False, 1)]))
    assert (found.item.tolist(), found.differ.tolist()) == ([1], [False])
    assert both_orders(BOTH).item.tolist() == [0, 1, 2, 4]
    assert both_orders(BOTH).differ.tolist() == [False, True, False, True]


def test_what_makes_no_sense_is_refused():
    one, two = np.array([0]), np.array([0, 1])
    with pytest.raises(InvalidVotesError):
        Items(one, one, one)
    with pytest.raises(InvalidVotesError):
        PeopleVotes(one, one, np.array([NO_VERDICT]))
    with pytest.raises(InvalidVotesError):
        PeopleVotes(one, two, one)
    with pytest.raises(InvalidVotesError):
        Verdicts(one, np.array([4]), one > 1, one, np.array([np.nan]))
    with pytest.raises(InvalidVotesError):
        Verdicts(one, one, one > 1, one, np.array([1.2]))
    with pytest.raises(InvalidVotesError):
        Verdicts(one, two, one > 1, one, np.array([0.2]))
