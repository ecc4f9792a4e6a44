import numpy as np
import pytest
from scipy.stats import false_discovery_control

from benchmarks.judges.draw import JudgeDesign, draw_study
from stats.judges.alt_test import alt_test, rejected
from stats.judges.arrays import NO_VERDICT, ItemAnswers, Items, PeopleVotes, answers
from stats.votes.arrays import A_SHARE, InvalidVotesError
from tests.stats.judges import mtbench
from tests.stats.judges.second.second_alt_test import second_alt_test


def arrays(people, judge):
    """Dictionaries of answers by item as arrays."""
    keys = sorted({item for given in people.values() for item in given})
    number = {item: i for i, item in enumerate(keys)}
    rows = [(number[i], k, answer) for k, given in enumerate(people.values()) for i, answer in given.items()]
    n = len(keys)
    outcome = np.array([judge.get(item, NO_VERDICT) for item in keys])
    share = np.where(outcome >= 0, A_SHARE[outcome], np.nan)
    items = Items(np.zeros(n, dtype=int), np.ones(n, dtype=int), np.arange(n))
    return items, PeopleVotes(*np.array(rows).T), ItemAnswers(outcome, share)


@pytest.mark.parametrize(("name", "advantage"), [("gemini_flash", 0.72), ("gemini_pro", 0.76)])
def test_the_authors_numbers_on_mt_bench(name, advantage):
    # Calderon et al. (2025), MT-Bench, epsilon 0.2: winning rate 0.00, advantage probability 0.72 and 0.76.
    people = {who: mtbench.answers(text) for who, text in mtbench.PEOPLE.items()}
    found = alt_test(*arrays(people, mtbench.answers(mtbench.JUDGES[name])), epsilon=0.2, least=30)
    assert (found.winning_rate, found.passes) == (0.0, False)
    assert round(found.advantage, 2) == advantage
    assert len(found.people) == 3
    assert found.reason == ""


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("epsilon", [0.0, 0.1, 0.3])
def test_the_second_implementation_says_the_same(seed, epsilon):
    design = JudgeDesign(documents=20, people=5, accuracy=0.6 + 0.05 * seed)
    study = draw_study(design, np.random.default_rng(seed))
    judge = answers(study.verdicts, len(study.items))
    found = alt_test(study.items, study.votes, judge, epsilon=epsilon)
    votes = study.votes
    people = {u: {} for u in range(5)}
    for item, u, outcome in zip(*(c.tolist() for c in (votes.item, votes.annotator, votes.outcome)), strict=True):
        people[u][item] = outcome
    winning, advantage = second_alt_test(people, dict(enumerate(judge.outcome.tolist())), epsilon)
    assert found.winning_rate == pytest.approx(winning)
    assert found.advantage == pytest.approx(advantage)


def test_a_judge_as_good_as_people_passes_and_a_coin_does_not():
    rng = np.random.default_rng(3)
    for accuracy, passes in ((0.95, True), (0.5, False)):
        study = draw_study(JudgeDesign(accuracy=accuracy), rng)
        found = alt_test(study.items, study.votes, answers(study.verdicts, len(study.items)), epsilon=0.1)
        assert found.passes is passes
        by_document = alt_test(
            study.items, study.votes, answers(study.verdicts, len(study.items)), epsilon=0.1, by_document=True
        )
        assert by_document.passes is passes
        assert by_document.people[0].units < found.people[0].units


@pytest.mark.simulation
def test_a_judge_that_is_epsilon_worse_wins_rarely():
    # The hypothesis holds exactly: the person leads in 0.2 more of the items; one person, so no correction over people.
    rng = np.random.default_rng(5)
    n, times, won = 60, 400, 0
    items = Items(np.zeros(n, dtype=int), np.ones(n, dtype=int), np.arange(n))
    for _ in range(times):
        # Two people who always agree; the judge is right in 80 % of the items, so that each person leads in 20 %.
        votes = PeopleVotes(np.tile(np.arange(n), 2), np.repeat([0, 1], n), np.zeros(2 * n, dtype=int))
        outcome = (rng.random(n) < 0.2).astype(int)
        found = alt_test(items, votes, ItemAnswers(outcome, A_SHARE[outcome]), epsilon=0.2)
        won += found.passes
    # The two tests are the same test, so the rate is that of one at 5 % after Benjamini and Yekutieli: 2/2 * 5 % / 1.5.
    # Binomial(400, 0.033) exceeds 26 once in 2,000.
    assert won <= 26


def test_few_units_use_wilcoxon_and_fewer_say_nothing():
    people = {k: dict.fromkeys(range(12), 0) for k in range(3)}
    found = alt_test(*arrays(people, dict.fromkeys(range(12), 0)), epsilon=0.2)
    assert {person.method for person in found.people} == {"Wilcoxon"}
    # All 12 leads are 0, less 0.2: every sign is negative, which happens by chance once in 2^12.
    assert found.people[0].p_value < 0.002
    assert found.winning_rate == 1
    few = alt_test(*arrays({k: dict.fromkeys(range(9), 0) for k in range(3)}, dict.fromkeys(range(9), 0)))
    assert (few.winning_rate, few.advantage, few.passes, few.left_out) == (None, None, None, 3)
    assert few.reason.startswith("too few to say")


def test_two_people_are_said_to_be_few():
    people = {k: {i: i % 2 for i in range(40)} for k in range(2)}
    found = alt_test(*arrays(people, {i: i % 2 for i in range(40)}))
    assert found.passes
    assert "two people" in found.reason


def test_items_without_verdict_or_other_votes_do_not_count():
    people = {0: dict.fromkeys(range(40), 0), 1: dict.fromkeys(range(40), 0), 2: dict.fromkeys(range(40, 80), 0)}
    found = alt_test(*arrays(people, dict.fromkeys(range(35), 0)))
    assert [person.units for person in found.people] == [35, 35]
    assert found.left_out == 1


def test_the_false_discovery_rate_is_held_as_scipy_holds_it():
    rng = np.random.default_rng(1)
    for _ in range(50):
        p = rng.random(rng.integers(1, 9)) ** 3
        assert (rejected(p, 0.05) == (false_discovery_control(p, method="by") <= 0.05)).all()


def test_settings_out_of_range_are_refused():
    people = {k: dict.fromkeys(range(12), 0) for k in range(3)}
    for wrong in ({"epsilon": 1.0}, {"epsilon": -0.1}, {"rate": 0.0}):
        with pytest.raises(InvalidVotesError):
            alt_test(*arrays(people, {}), **wrong)
    with pytest.raises(InvalidVotesError, match="two votes"):
        alt_test(
            Items(np.array([0]), np.array([1]), np.array([0])),
            PeopleVotes(np.array([0, 0]), np.array([1, 1]), np.array([0, 0])),
            ItemAnswers(np.array([0]), np.array([1.0])),
        )
