import numpy as np
import pytest

from annotations.models import Outcome
from annotations.quality import vote_columns
from leaderboards.data import votes as board_votes
from stats.votes.arrays import InvalidVotesError, OutcomeCode, ShownCode, shown_choice, system_pairs
from tests.stats.raters.simulate import BOTH_BAD, TIE, A, B, codes


def test_what_was_shown_follows_from_the_side_of_a():
    shown = shown_choice(codes([A, A, B, B, TIE, BOTH_BAD]), np.array([True, False, True, False, True, False]))
    left, right = ShownCode.LEFT, ShownCode.RIGHT
    assert shown.tolist() == [left, right, right, left, ShownCode.TIE, ShownCode.BOTH_BAD]


def test_a_pair_is_seen_from_its_first_system_whichever_was_a():
    pair, outcome, pairs = system_pairs(codes([2, 0, 1, 2]), codes([0, 2, 2, 0]), codes([A, A, B, TIE]))
    assert pairs.tolist() == [[0, 2], [1, 2]]
    assert pair.tolist() == [0, 0, 1, 0]
    assert outcome.tolist() == [B, A, B, TIE]


def test_no_votes_are_no_pairs():
    pair, outcome, pairs = system_pairs(codes([]), codes([]), codes([]))
    assert (len(pair), len(outcome), pairs.shape) == (0, 0, (0, 2))


@pytest.mark.parametrize(
    ("a", "b", "outcome"), [([0], [0], [A]), ([0], [1], [4]), ([0, 1], [1], [A]), ([-1], [1], [A])]
)
def test_what_are_no_votes_is_refused(a, b, outcome):
    with pytest.raises(InvalidVotesError):
        system_pairs(codes(a), codes(b), codes(outcome))


def test_codes_are_those_of_the_boards():
    # Stored snapshots and releases hold these numbers; raters' statistics and boards read the same words as them.
    assert {code.name: code.value for code in OutcomeCode} == {"A": 0, "B": 1, "TIE": 2, "BOTH_BAD": 3}
    assert {code.name: code.value for code in ShownCode} == {"LEFT": 0, "RIGHT": 1, "TIE": 2, "BOTH_BAD": 3}
    assert {word.name: vote_columns.OUTCOME_CODES[word] for word in Outcome} == {
        code.name: code for code in OutcomeCode
    }
    assert board_votes.OUTCOME_CODES is vote_columns.OUTCOME_CODES
