import numpy as np
import pytest

from benchmarks.judges.draw import JudgeDesign, draw_study
from stats.judges.arrays import NO_VERDICT, ItemAnswers, Items, PeopleVotes, answers
from stats.judges.corrected import win_rate
from stats.votes.arrays import A_SHARE
from tests.stats.judges.second.lee import lee_interval, rogan_gladen
from tests.stats.ratings.powered_mean import powered_mean
from tests.stats.simulate import TIE, A, B

NOBODY = PeopleVotes(*np.zeros((3, 0), dtype=int))


def single_answers(rng, n, m, *, share=0.6, right=0.8):
    """A pair of one document each; people voted on the first m, each person once; no ties."""
    items = Items(np.zeros(n, dtype=int), np.ones(n, dtype=int), np.arange(n))
    truth = np.where(rng.random(n) < share, A, B)
    outcome = np.where(rng.random(n) < right, truth, 1 - truth)
    return items, PeopleVotes(np.arange(m), np.arange(m), truth[:m]), ItemAnswers(outcome, A_SHARE[outcome])


def test_two_answers_give_rogan_and_gladens_estimate():
    # 1,000 pairs, the judge says A in 600; of 50 votes for A it says A in 40, of 50 for B in 10:
    # (0.6 + 0.8 - 1) / (0.8 + 0.8 - 1) = 2/3.
    n = 1000
    items = Items(np.zeros(n, dtype=int), np.ones(n, dtype=int), np.arange(n))
    outcome = np.repeat([A, B, A, B, A, B], [40, 10, 10, 40, 550, 350])
    votes = PeopleVotes(np.arange(100), np.arange(100), np.repeat([A, B], 50))
    found = win_rate(items, votes, ItemAnswers(outcome, A_SHARE[outcome]), 0)
    assert (found.sensitivity, found.specificity) == pytest.approx((0.8, 0.8))
    assert found.corrected.value == pytest.approx(2 / 3) == rogan_gladen(0.6, 0.8, 0.8)
    other = win_rate(items, votes, ItemAnswers(outcome, A_SHARE[outcome]), 1)
    assert other.corrected.value == pytest.approx(1 / 3)
    assert other.corrected.lower == pytest.approx(1 - found.corrected.upper, abs=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_the_interval_is_that_of_lee_et_al_for_independent_answers(seed):
    rng = np.random.default_rng(seed)
    items, votes, judge = single_answers(rng, 20_000, 400)
    found = win_rate(items, votes, judge, 0)
    right, against = found.sensitivity, found.specificity
    ones = int((votes.outcome == A).sum())
    lower, upper = lee_interval(judge.share.mean(), 20_000, against, 400 - ones, right, ones)
    assert found.corrected.lower == pytest.approx(lower, abs=0.015)
    assert found.corrected.upper == pytest.approx(upper, abs=0.015)
    assert upper - lower > 0.1


@pytest.mark.parametrize("seed", range(5))
def test_the_powered_rate_is_the_prediction_powered_mean(seed):
    items, votes, judge = single_answers(np.random.default_rng(seed), 1200, 200)
    found = win_rate(items, votes, judge, 0)
    mean = powered_mean(A_SHARE[votes.outcome], judge.share[:200], judge.share[200:])
    assert found.powered.value == pytest.approx(mean.value, abs=0.003)
    assert found.tuning * 1000 / 1200 == pytest.approx(mean.tuning, abs=0.02)
    assert found.powered.upper - found.powered.lower == pytest.approx(mean.upper - mean.lower, rel=0.06)
    assert found.effective == pytest.approx(mean.effective, rel=0.06)


def test_ties_are_half_of_each():
    # People: 20 A, 20 ties, 20 B; the judge says so too: sensitivity is (20 * 1 + 10 * 0.5) / 30.
    n = 60
    items = Items(np.zeros(n, dtype=int), np.ones(n, dtype=int), np.arange(n))
    outcome = np.repeat([A, TIE, B], 20)
    votes = PeopleVotes(np.arange(n), np.arange(n) % 5, outcome)
    found = win_rate(items, votes, ItemAnswers(outcome, A_SHARE[outcome]), 0)
    assert found.sensitivity == pytest.approx(25 / 30)
    assert found.corrected.value == pytest.approx(0.5)


def test_a_judge_that_says_nothing_sets_no_limits():
    rng = np.random.default_rng(8)
    items, votes, _ = single_answers(rng, 2000, 200)
    coin = np.where(rng.random(2000) < 0.5, A, B)
    coin[:200] = np.where(np.arange(200) % 20 < 11, votes.outcome, 1 - votes.outcome)
    found = win_rate(items, votes, ItemAnswers(coin, A_SHARE[coin]), 0)
    assert (found.corrected.lower, found.corrected.upper) == (0, 1)
    worse = np.where(np.arange(2000) < 200, 1 - np.resize(votes.outcome, 2000), coin)
    told = win_rate(items, votes, ItemAnswers(worse, A_SHARE[worse]), 0)
    assert told.corrected.reason.startswith("undefined")
    assert told.powered == told.people
    assert (told.tuning, told.effective) == (0, 200)


def test_never_wider_than_people_alone():
    for seed in range(30):
        design = JudgeDesign(documents=12 + seed, people=4, accuracy=0.5 + 0.01 * seed, first=0.2)
        study = draw_study(design, np.random.default_rng(seed))
        votes = study.votes.take(study.items.document[study.votes.item] < 8)
        found = win_rate(study.items, votes, answers(study.verdicts, len(study.items)), seed % 4)
        assert found.powered.upper - found.powered.lower <= found.people.upper - found.people.lower
        assert found.effective >= found.people.n * 0.999


def test_too_little_is_said():
    items, votes, judge = single_answers(np.random.default_rng(1), 100, 6, share=1.0)
    found = win_rate(items, votes, judge, 0)
    assert found.corrected.value is None
    assert found.corrected.reason.startswith("too few to say: 6 votes")
    assert found.powered.reason.startswith("too few to say")
    none = win_rate(items, NOBODY, judge, 0)
    assert (none.people.value, none.corrected.value, none.powered.value, none.effective) == (None,) * 4
    assert (none.sensitivity, none.specificity) == (None, None)
    silent = win_rate(items, NOBODY, ItemAnswers(np.full(100, NO_VERDICT), np.full(100, np.nan)), 0)
    assert silent.judge.value is None
    one_sided = win_rate(*single_answers(np.random.default_rng(1), 100, 60, share=1.0), 0)
    assert "against" in one_sided.corrected.reason
