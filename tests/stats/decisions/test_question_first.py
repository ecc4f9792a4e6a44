"""Most votes to the two systems in question: the chances, and the votes it saves in simulated studies."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from benchmarks.intervals.decisions.deciding import BEST, DEFAULT, HELD_OUT, best_order, cost, found
from benchmarks.intervals.designs import Design
from benchmarks.simulate import measure
from stats.decisions.sampling import NoPairAvailableError, question_probabilities
from stats.votes.arrays import InvalidVotesError


def by_fractions(in_question, epsilon):
    """Second implementation, in exact numbers."""
    n = len(in_question)
    if not any(in_question):
        return [float(Fraction(1, n))] * n
    share = Fraction(epsilon).limit_denominator(1000)
    return [float((1 - share) * int(asked) + share / n) for asked in in_question]


@pytest.mark.parametrize("epsilon", [0.05, 0.2, 1.0])
@pytest.mark.parametrize("in_question", [[True], [False, True, False], [False, False], [True, *[False] * 44]])
def test_chances_sum_to_one_and_every_pair_keeps_one(in_question, epsilon):
    chances = question_probabilities(np.array(in_question), epsilon=epsilon)
    assert chances == pytest.approx(by_fractions(in_question, epsilon))
    assert chances.sum() == pytest.approx(1)
    assert chances.min() > 0


def test_nothing_to_draw_and_no_chance_for_the_others_are_refused():
    with pytest.raises(NoPairAvailableError):
        question_probabilities(np.array([], dtype=bool))
    for epsilon in (0.0, 1.1):
        with pytest.raises(InvalidVotesError):
            question_probabilities(np.array([True, False]), epsilon=epsilon)


@pytest.mark.simulation
def test_it_decides_with_less_than_half_of_the_votes_at_the_same_errors():
    # Votes are read from shares of 100 studies, known to some 8 %. Of 400 studies without a difference 5 % may find one:
    # Binomial(400, 0.05) exceeds 34 once in 500.
    asked = HELD_OUT[1]
    usual, first = (cost(asked, way, 100, seed=3) for way in (DEFAULT, BEST))
    assert first.votes < usual.votes / 2
    assert first.time < usual.time
    for way, needed in ((DEFAULT, usual), (BEST, first)):
        equal = way.design(replace(asked, gap=0.0), round(needed.votes))
        assert (found(equal, 400, seed=3) != 0).sum() <= 34


@pytest.mark.simulation
def test_boards_hold_the_truth_where_two_are_in_question():
    design = Design(12, 240, 5, 1, question=0.2, taste_annotator=0.4, taste_document=0.7)
    row = measure(design, 200, seed=4)["calibrated"]
    # Nine contrasts of 200 studies; those of one study go together.
    assert 92.5 <= row["covers"] <= 98
    assert row["width"] <= 1.3


def test_a_metric_that_orders_documents_gains_next_to_nothing():
    assert all(0.97 <= best_order(asked, documents=20_000) <= 1 for asked in HELD_OUT)


@pytest.mark.simulation
def test_too_few_votes_find_nothing():
    assert (found(BEST.design(HELD_OUT[0], 60), 100, seed=5) != 0).mean() < 0.6
