import numpy as np
import pytest

from benchmarks.judges.draw import JudgeDesign, draw_study
from stats.judges.arrays import NO_VERDICT, ItemAnswers, Items, PeopleVotes, Verdicts, answers
from stats.judges.biases import family_bias, length_bias, position_bias, sample_consistency
from stats.metrics.metric_model import fit_logistic
from stats.votes.arrays import A_SHARE, InvalidVotesError
from tests.stats.judges.test_arrays import verdicts
from tests.stats.simulate import TIE, A, B

ITEMS = Items(np.array([0, 0, 1, 0]), np.array([1, 2, 2, 1]), np.array([0, 1, 2, 3]))
NO_VOTES = PeopleVotes(*np.zeros((3, 0), dtype=int))


def test_position_by_hand():
    rows = [(0, A, True), (0, A, False), (1, A, True), (1, B, False), (2, TIE, True), (2, B, False), (3, B, True)]
    found = position_bias(ITEMS, verdicts(rows))
    # Decided in both-order samples: item 0 first and not, item 1 first twice, item 2 first once of its one decided.
    assert found.first_share.value == pytest.approx(4 / 5)
    assert found.flip_rate.value == pytest.approx(2 / 3)
    assert found.reversed_rate.value == pytest.approx(1 / 3)
    assert found.pairs == 3


def test_a_judge_that_always_says_the_first_is_seen():
    study = draw_study(JudgeDesign(first=1.0), np.random.default_rng(0))
    found = position_bias(study.items, study.verdicts)
    assert (found.first_share.value, found.flip_rate.value, found.reversed_rate.value) == (1, 1, 1)
    assert found.first_share.above(0.9)


def test_one_order_says_nothing_of_positions():
    found = position_bias(ITEMS, verdicts([(0, A, True), (1, B, True), (2, NO_VERDICT, False)]))
    assert found.first_share.value is None
    assert found.flip_rate.reason == "too few to say: no pair was judged in both orders"


def test_a_judge_that_likes_length_is_seen_by_both_measures():
    rng = np.random.default_rng(2)
    for longer, biased in ((0.4, True), (0.0, False)):
        study = draw_study(JudgeDesign(longer=longer, documents=100), rng)
        judge = answers(study.verdicts, len(study.items))
        found = length_bias(study.items, study.length, study.votes, judge)
        assert found.given == "people"
        assert found.slope.above(0) is biased
        assert found.beyond_people.above(0) is biased
        systems = length_bias(study.items, study.length, NO_VOTES, judge)
        assert systems.given == "systems"
        assert systems.slope.above(0) is biased
        assert systems.beyond_people.value is None


def test_people_who_like_length_too_do_not_make_a_bias():
    # The judge says what people say, and people always prefer the longer.
    rng = np.random.default_rng(3)
    n = 200
    items = Items(np.zeros(n, dtype=int), np.ones(n, dtype=int), np.repeat(np.arange(50), 4))
    length = rng.integers(50, 100, (n, 2)).astype(float)
    outcome = np.where(length[:, 0] > length[:, 1], A, B)
    votes = PeopleVotes(np.repeat(np.arange(n), 3), np.tile(np.arange(3), n), np.repeat(outcome, 3))
    found = length_bias(items, length, votes, ItemAnswers(outcome, A_SHARE[outcome]))
    assert found.beyond_people.value == 0


def test_the_slope_is_that_of_the_logistic_model():
    study = draw_study(JudgeDesign(longer=0.3), np.random.default_rng(5))
    judge = answers(study.verdicts, len(study.items))
    gap = (study.length[:, 0] - study.length[:, 1]) / study.length.sum(axis=1)
    people = np.bincount(study.votes.item, A_SHARE[study.votes.outcome]) / np.bincount(study.votes.item) - 0.5
    x = np.column_stack([gap / np.sqrt((gap**2).mean()), people])
    slope = fit_logistic(x, judge.share, np.ones(len(x)), ridge=0.1)[0]
    assert length_bias(study.items, study.length, study.votes, judge).slope.value == pytest.approx(slope)


def test_length_is_undefined_without_differences_or_verdicts():
    judge = ItemAnswers(np.full(4, A), np.ones(4))
    same = length_bias(ITEMS, np.ones((4, 2)), NO_VOTES, judge)
    assert same.slope.reason.startswith("undefined")
    silent = length_bias(ITEMS, np.ones((4, 2)), NO_VOTES, ItemAnswers(np.full(4, NO_VERDICT), np.full(4, np.nan)))
    assert silent.slope.reason.startswith("too few to say")
    with pytest.raises(InvalidVotesError):
        length_bias(ITEMS, np.ones((3, 2)), NO_VOTES, judge)


def test_family_by_hand_and_in_a_study():
    # Items 0, 1, 3 set system 0 against others; the judge always says system 0, people half of the time.
    judge = ItemAnswers(np.array([A, A, B, A]), np.array([1.0, 1, 0, 1]))
    votes = PeopleVotes(np.array([0, 0, 1, 1, 2]), np.array([0, 1, 0, 1, 0]), np.array([A, B, A, TIE, A]))
    found = family_bias(ITEMS, np.array([True, False, False]), votes, judge)
    assert found.judge_share.value == 1
    assert found.people_share.value == pytest.approx(2.5 / 4)
    assert found.beyond_people.value == pytest.approx(1 - 2.5 / 4)
    none = family_bias(ITEMS, np.array([False, False, False]), votes, judge)
    assert none.beyond_people.reason.startswith("undefined")

    rng = np.random.default_rng(6)
    study = draw_study(JudgeDesign(documents=100), rng)
    related = np.arange(4) == 3
    judge = answers(study.verdicts, len(study.items))
    assert not family_bias(study.items, related, study.votes, judge).beyond_people.above(0)
    own = (rng.random(len(study.items)) < 0.4) & (study.items.system_b == 3)
    outcome = np.where(own, B, judge.outcome)
    biased = ItemAnswers(outcome, np.where(own, 0.0, judge.share))
    assert family_bias(study.items, related, study.votes, biased).beyond_people.above(0)


def test_samples_by_hand():
    rows = [(0, A, True, s) for s in range(3)] + [(0, B, False, 0), (0, B, False, 1)]
    rows += [(1, A, True, 0), (1, B, True, 1), (1, B, True, 2), (2, A, True, 0)]
    # Item 0: alike in both orders; item 1: one of three pairs.
    assert sample_consistency(ITEMS, verdicts(rows)).value == pytest.approx((1 + 1 + 1 / 3) / 3)
    single = Verdicts(*np.zeros((2, 1), dtype=int), np.array([True]), np.zeros(1, dtype=int), np.array([np.nan]))
    assert sample_consistency(ITEMS, single).value is None
