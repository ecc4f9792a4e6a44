import numpy as np
import pytest

from benchmarks.judges.draw import JudgeDesign, draw_study
from stats.judges.agreement import agreement
from stats.judges.arrays import NO_VERDICT, ItemAnswers, Items, OrderRule, PeopleVotes, answers, answers_from_scores
from stats.judges.figures import WhyNot, judge_figures, worst_disagreements
from stats.votes.arrays import A_SHARE
from tests.stats.simulate import TIE, A, B


def figures(seed=1, *, related=None, chosen=None, **changes):
    study = draw_study(JudgeDesign(**{"documents": 80, **changes}), np.random.default_rng(seed))
    if chosen is not None:
        chosen = study.items.document < chosen
    return study, judge_figures(
        study.items,
        study.votes,
        study.verdicts,
        rule=OrderRule.CONSERVATIVE,
        seed=1,
        length=study.length,
        related=related,
        chosen=chosen,
    )


@pytest.mark.parametrize(
    ("changes", "why_not"),
    [
        ({"accuracy": 0.95}, set()),
        ({"accuracy": 0.5}, {WhyNot.FAILS, WhyNot.BELOW_PEOPLE}),
        ({"accuracy": 0.95, "first": 0.6}, {WhyNot.FAILS, WhyNot.BELOW_PEOPLE, WhyNot.POSITION}),
        ({"accuracy": 0.95, "longer": 0.9}, {WhyNot.FAILS, WhyNot.BELOW_PEOPLE, WhyNot.LENGTH}),
        ({"documents": 1}, {WhyNot.TOO_FEW}),
    ],
)
def test_what_speaks_against_a_judge(changes, why_not):
    _, found = figures(**changes)
    assert set(found.why_not) == why_not
    assert found.may_stand_in is (None if WhyNot.TOO_FEW in why_not else not why_not)


def test_everything_is_there_and_of_the_chosen_items_alone():
    study, found = figures(chosen=40, related=np.arange(4) == 1)
    assert found.pairs == 40 * 6
    assert found.agreement.with_people.documents == 40
    judge = answers(study.verdicts, len(study.items))
    some = study.votes.take(study.items.document[study.votes.item] < 40)
    assert found.agreement.with_people == agreement(study.items, some, judge).with_people
    assert found.family.beyond_people.value is not None
    assert (found.no_verdict, found.consistency.value) == (0, None)


def test_disagreements_come_worst_first():
    items = Items(np.zeros(5, dtype=int), np.ones(5, dtype=int), np.arange(5))
    votes = PeopleVotes(
        np.array([0, 1, 1, 1, 2, 2, 3, 4]), np.array([0, 0, 1, 2, 0, 1, 0, 0]), np.array([B, B, B, B, A, A, B, B])
    )
    outcome = np.array([A, A, A, TIE, NO_VERDICT])
    found = worst_disagreements(items, votes, ItemAnswers(outcome, np.where(outcome >= 0, A_SHARE[outcome], np.nan)))
    assert found.tolist() == [1, 0, 3]


def test_scores_are_compared():
    found = answers_from_scores(np.array([[4.0, 3], [2, 2], [1, 5], [np.nan, 3]]))
    assert found.outcome.tolist() == [A, TIE, B, NO_VERDICT]
    assert found.share[:3].tolist() == [1, 0.5, 0]
    assert np.isnan(found.share[3])
