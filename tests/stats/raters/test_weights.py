"""Weights by reliability: from other documents alone, and what they gain in simulated studies."""

import numpy as np
import pytest

from benchmarks.raters.people import Clicks, PeopleDesign, draw
from benchmarks.raters.weighted import arrays_of, weighted_row
from stats.raters import weights as module
from stats.raters.reliability import discriminations, reliabilities
from stats.raters.weights import FOLDS, reliability_weights

DESIGN = PeopleDesign(8, systems=5, taste=0.4, documents=0.7, clicks=Clicks.TWO)


def study_of(seed):
    study = draw(DESIGN, np.random.default_rng(seed))
    return study, arrays_of(study, DESIGN.systems)


def test_votes_on_a_document_have_no_part_in_their_own_weights():
    study, votes = study_of(1)
    before = reliability_weights(votes, study.comparison, seed=3)
    turned = votes.document == 7
    outcome = np.where(turned & (votes.outcome < 2), 1 - votes.outcome, votes.outcome)
    changed = arrays_of(study.__class__(**{**study.__dict__, "outcome": outcome}), DESIGN.systems)
    after = reliability_weights(changed, study.comparison, seed=3)
    same_fold = module._folds(votes.document, 3) == module._folds(votes.document, 3)[turned][0]
    # All weights are scaled to mean 1: within the fold nothing else changes.
    assert after[same_fold] / after[same_fold][0] == pytest.approx(before[same_fold] / before[same_fold][0])
    assert not np.allclose(after[~same_fold] / after[~same_fold][0], before[~same_fold] / before[~same_fold][0])


def test_weights_by_a_loop_over_folds_and_people():
    study, votes = study_of(2)
    fold = module._folds(votes.document, 5)
    expected = np.ones(len(votes))
    for number in range(FOLDS):
        out = fold != number
        columns = (study.system_a, study.system_b, study.comparison, study.annotator, study.outcome)
        found = reliabilities(*(column[out] for column in columns))
        for who, one in found.items():
            if one.value is not None:
                expected[(fold == number) & (study.annotator == who)] = min(max(one.value, 0.02), 1.5)
    found = reliability_weights(votes, study.comparison, seed=5)
    assert found == pytest.approx(expected / expected.mean())


def test_a_clicker_weighs_little_and_somebody_new_as_much_as_the_mean():
    study, votes = study_of(3)
    weights = reliability_weights(votes, study.comparison, seed=1)
    of_people = np.bincount(votes.annotator, weights) / np.bincount(votes.annotator)
    assert of_people[0] < 0.5 < of_people[1:].min()
    assert weights.mean() == pytest.approx(1)
    people, value = discriminations(*[np.zeros(0, dtype=np.int64)] * 5)
    assert len(people) == len(value) == 0


@pytest.mark.simulation
def test_three_clickers_of_ten_no_longer_shrink_the_leads():
    design = PeopleDesign(10, 3, systems=5, taste=0.4, documents=0.7, clicks=Clicks.TWO)
    cells = weighted_row(design, 40, 4).removeprefix(design.name).split()
    alike_lead, alike_width, covers, lead, width = map(float, cells[1:])
    assert alike_lead < 0.8 < 0.9 < lead < 1.1
    assert width < 0.9 * alike_width
    assert covers >= 91
