import numpy as np
import pytest

from benchmarks.judges.draw import JudgeDesign, draw_study
from stats.judges.agreement import agreement, among_people
from stats.judges.arrays import NO_VERDICT, ItemAnswers, Items, PeopleVotes, answers, classes
from stats.votes.arrays import A_SHARE, InvalidVotesError
from tests.stats.judges.second.second_dyads import second_among_people
from tests.stats.simulate import BOTH_BAD, TIE, A, B


def judged(outcome):
    outcome = np.array(outcome)
    return ItemAnswers(outcome, np.where(outcome >= 0, A_SHARE[outcome], np.nan))


# The second item compares systems 1 and 0, in this order.
ITEMS = Items(np.array([0, 1, 0, 0]), np.array([1, 0, 1, 1]), np.array([0, 1, 2, 3]))
VOTES = PeopleVotes(
    np.array([0, 0, 0, 1, 1, 2, 2, 3, 3]),
    np.array([0, 1, 2, 0, 1, 0, 2, 0, 1]),
    np.array([A, A, B, A, A, TIE, BOTH_BAD, B, B]),
)


def test_by_hand():
    found = agreement(ITEMS, VOTES, judged([A, B, TIE, NO_VERDICT]))
    # Votes: item 0 gives 2 of 3, item 1 none of 2, item 2 both, as both bad is a tie here.
    assert found.with_people.value == pytest.approx(4 / 7)
    assert (found.with_people.n, found.no_verdict) == (7, 2)
    # Pairs of votes: 1 of 3 alike, then 1 of 1 three times.
    assert found.among_people.value == pytest.approx(4 / 6)
    # People agree on a better one only on item 1 (of those with a verdict), where the judge says the other.
    assert (found.where_people_agree.value, found.where_people_agree.n) == (0, 1)
    # System 0 is a in rows and columns: item 1's votes for its a are for system 1.
    assert found.confusion.tolist() == [[2, 0, 0], [3, 0, 0], [0, 0, 2]]
    assert found.with_people.reason.startswith("too few to say: 7 votes")


def test_pairs_of_people_are_counted_as_elsewhere():
    study = draw_study(JudgeDesign(documents=25, per_document=4), np.random.default_rng(4))
    rows = zip(study.votes.item.tolist(), study.votes.annotator.tolist(), classes(study.votes.outcome), strict=True)
    value, pairs = second_among_people(rows)
    found = among_people(study.items, study.votes)
    assert found.value == pytest.approx(value)
    assert found.n == 2 * pairs
    assert found.lower < value < found.upper


def test_a_perfect_copy_of_a_person_is_said_to_agree():
    study = draw_study(JudgeDesign(per_document=6, ties=0), np.random.default_rng(1))
    one = study.votes.annotator == 0
    copy = np.full(len(study.items), NO_VERDICT)
    copy[study.votes.item[one]] = study.votes.outcome[one]
    found = agreement(study.items, study.votes.take(one), judged(copy))
    assert found.with_people.value == 1
    assert found.among_people.value is None
    assert found.among_people.reason.startswith("too few to say: no pair")


def test_without_votes_nothing_is_said():
    none = PeopleVotes(*np.zeros((3, 0), dtype=int))
    found = agreement(ITEMS, none, judged([A, B, TIE, A]))
    for estimate in (found.with_people, found.among_people, found.where_people_agree):
        assert estimate.value is None
        assert estimate.reason.startswith("too few to say")
    assert found.confusion.sum() == 0


def test_a_person_votes_once_on_an_item():
    with pytest.raises(InvalidVotesError):
        agreement(ITEMS, PeopleVotes(np.array([0, 0]), np.array([1, 1]), np.array([A, B])), judged([A, A, A, A]))


def test_more_people_of_different_skill_make_the_interval_wider_than_single_votes_would():
    study = draw_study(JudgeDesign(skill=1.5, people=4, per_document=4), np.random.default_rng(7))
    judge = answers(study.verdicts, len(study.items))
    found = agreement(study.items, study.votes, judge).with_people
    single = 2 * 1.96 * np.sqrt(found.value * (1 - found.value) / found.n)
    assert found.upper - found.lower > 1.5 * single
