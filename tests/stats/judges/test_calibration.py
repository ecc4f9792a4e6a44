from dataclasses import replace

import numpy as np
import pytest

from benchmarks.judges.draw import JudgeDesign, draw_study
from stats.judges.arrays import ItemAnswers, Items, OrderRule, PeopleVotes, answers
from stats.judges.calibration import calibration
from stats.judges.figures import judge_figures
from tests.stats.simulate import TIE, A, B

N = 8
ITEMS = Items(np.zeros(N, dtype=int), np.ones(N, dtype=int), np.arange(N))


def test_bins_by_hand():
    # Chances of the preferred side 0.55 (four times, right in 2 + a half of 4) and 0.95 (right in 3 of 4).
    share = np.array([0.55, 0.45, 0.55, 0.45, 0.95, 0.05, 0.95, 0.95])
    judge = ItemAnswers(np.where(share > 0.5, A, B), share)
    votes = PeopleVotes(np.arange(N), np.arange(N) % 2, np.array([A, B, B, TIE, A, B, A, B]))
    found = calibration(ITEMS, votes, judge, seed=1)
    assert [(b.lower, b.upper, b.n) for b in found.bins] == [(0.5, 0.6, 4), (0.9, 1.0, 4)]
    assert [b.chance for b in found.bins] == pytest.approx([0.55, 0.95])
    assert [b.right.value for b in found.bins] == [2.5 / 4, 3 / 4]
    assert found.plain == pytest.approx((4 * 0.075 + 4 * 0.2) / 8)
    assert 0 <= found.error.value <= found.plain


def test_a_calibrated_judge_has_less_error_than_one_too_sure():
    errors = []
    for sharpness in (1.0, 3.0):
        design = JudgeDesign(documents=150, ease=1.0, ties=0, people_right=0.999, sharpness=sharpness)
        study = draw_study(design, np.random.default_rng(1))
        judge = answers(study.verdicts, len(study.items), OrderRule.MEAN)
        errors.append(calibration(study.items, study.votes, judge, seed=1).error)
    assert errors[0].value < 0.03
    assert errors[1].above(0.05)


def test_too_little_is_said():
    none = calibration(ITEMS, PeopleVotes(*np.zeros((3, 0), dtype=int)), ItemAnswers(np.full(N, A), np.ones(N)), seed=1)
    assert (none.bins, none.plain, none.error.value) == ((), None, None)
    one = PeopleVotes(np.zeros(3, dtype=int), np.arange(3), np.array([A, A, B]))
    found = calibration(ITEMS, one, ItemAnswers(np.full(N, A), np.ones(N)), seed=1)
    assert found.error.reason.startswith("too few to say")
    assert found.plain == pytest.approx(1 / 3)


def test_answers_without_chances_are_not_taken_for_sure_ones():
    rng = np.random.default_rng(2)
    study = draw_study(JudgeDesign(accuracy=0.7, samples=2), rng)
    hard = replace(study.verdicts, share=np.full(len(study.verdicts.item), np.nan))
    once = hard.take(hard.sample == 0)
    found = judge_figures(study.items, study.votes, once, rule=OrderRule.MEAN, seed=1).calibration
    assert found.error.value is None
    assert "without chances" in found.error.reason
    assert found.bins == ()
    # How often a judge says the same is a chance.
    assert judge_figures(study.items, study.votes, hard, rule=OrderRule.MEAN, seed=1).calibration.error.value > 0
    told = judge_figures(study.items, study.votes, study.verdicts, rule=OrderRule.MEAN, seed=1).calibration
    assert told.error.upper < 0.2
