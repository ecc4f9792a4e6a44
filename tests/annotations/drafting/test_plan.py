"""What a study that is being set up would compare, and what is said to be wrong with it."""

from dataclasses import replace

import pytest

from annotations.drafting.pair_preview import preview_pair
from annotations.drafting.plan import plan_of
from annotations.models import Comparison, Study
from annotations.studies.setup import NewStudy, StudyScope, create_study
from models_runner.models import Regime, System
from tests.factories import DatasetFactory, DocumentFactory, RunFactory, SummaryFactory

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def runs():
    """Five documents, one of them Chinese; the first two systems summarized all, the third three, the fourth none."""
    dataset = DatasetFactory()
    documents = [
        DocumentFactory(dataset=dataset, external_id=f"m{n}", position=n, language="zh-Hans" if n == 4 else "en")
        for n in range(5)
    ]
    runs = [RunFactory(dataset=dataset) for _ in range(4)]
    for run, covered in zip(runs, (5, 5, 3, 0), strict=True):
        for document in documents[:covered]:
            SummaryFactory(run=run, document=document)
    return runs


def wanted(runs, *numbers, **settings):
    systems = [runs[n].system for n in numbers]
    return NewStudy("s", runs[0].dataset, systems, **settings)


def said(plan, field):
    return [problem.text for problem in plan.problems if problem.field == field]


def test_it_counts_what_would_be_rated(runs):
    study = wanted(runs, 0, 1, 2, small_system=runs[0].system, large_system=runs[2].system)
    plan = plan_of(study)
    assert (plan.units, plan.pairs, plan.asked_about) == (5, 5 + 3 + 3, 3)
    assert plan.covered == {runs[0].system_id: 5, runs[1].system_id: 5, runs[2].system_id: 3}
    assert plan.languages == {"en": 4, "zh": 1}
    made = create_study("made", study.dataset, study.systems)
    assert made.comparisons.count() == plan.pairs


def test_looks_that_would_find_nothing_are_told(runs):
    """Five pairs of the two with three votes each are 15 votes."""
    asks = wanted(runs, 0, 1, small_system=runs[0].system, large_system=runs[1].system, quota=3)
    far = replace(asks, look_votes=[20, 40])
    assert "planned at 40 votes, and this study takes 15 on" in said(plan_of(far, annotators=5), "look_votes").pop()
    near = replace(asks, quota=8, look_votes=[20, 40])
    assert said(plan_of(near, annotators=5), "look_votes") == []
    assert "you expect 4." in said(plan_of(near, annotators=4), "look_votes").pop()
    dated = replace(asks, look_dates=["2026-01-01T00:00:00Z", "2999-01-01T00:00:00Z"], look_maximum=20)
    assert "lies in the past" in said(plan_of(dated), "look_dates").pop()
    assert "By the last date 20 votes are planned" in said(plan_of(dated), "look_maximum").pop()
    to_come = replace(dated, quota=4, look_dates=["2998-01-01T00:00:00Z", "2999-01-01T00:00:00Z"])
    assert plan_of(to_come, annotators=5).problems == []


@pytest.mark.parametrize("scope", [{"sample": 2, "seed": 3}, {"chosen": ["m4"]}])
def test_it_counts_as_the_study_will_compare(runs, scope):
    study = wanted(runs, 0, 1, 2, scope=StudyScope(**scope))
    made = create_study("made", study.dataset, study.systems, scope=StudyScope(**scope))
    assert plan_of(study).pairs == made.comparisons.count()


def test_it_expects_as_many_drawn_pairs_as_studies_get(runs):
    """On average: a pair is drawn whether it has both summaries or not."""
    drawn = [StudyScope(pairs_per_document=1, seed=seed) for seed in range(40)]
    made = [
        create_study(f"s{scope.seed}", runs[0].dataset, [r.system for r in runs[:3]], scope=scope) for scope in drawn
    ]
    assert plan_of(wanted(runs, 0, 1, 2, scope=drawn[0])).pairs == round(3 + 2 / 3)
    assert sum(study.comparisons.count() for study in made) / len(made) == pytest.approx(3 + 2 / 3, abs=0.5)


def test_an_anchor_leaves_pairs_out(runs):
    anchored = StudyScope(anchor=runs[2].system)
    plan = plan_of(wanted(runs, 0, 1, 2, scope=anchored, small_system=runs[0].system, large_system=runs[1].system))
    assert (plan.pairs, plan.asked_about) == (6, 0)
    assert "are never compared with each other" in said(plan, "large_system")[0]


def test_gaps_in_summaries_are_said(runs):
    plan = plan_of(wanted(runs, 0, 2, 3))
    slugs = [runs[n].system.slug for n in (2, 3)]
    assert said(plan, "systems") == [
        f"{slugs[0]} has summaries for 3 of 5 documents; its pairs come from those 3.",
        f"{slugs[1]} has no medium summaries here yet. Its pairs are added once a run is done.",
    ]
    assert not any(problem.blocking for problem in plan.problems)


def test_what_would_be_refused_is_said_beforehand(runs):
    plan = plan_of(wanted(runs, 0, criteria=(), quota=0, small_system=runs[1].system))
    blocking = {problem.field for problem in plan.problems if problem.blocking}
    assert blocking == {"systems", "criteria", "quota", "small_system"}
    nowhere = plan_of(wanted(runs, 0, 1, scope=StudyScope(split="tset")))
    assert said(nowhere, "split") == [f"Dataset {runs[0].dataset.name} has no documents in split 'tset'."]


def test_more_votes_than_people_are_named(runs):
    assert "need as many annotators; you expect 2" in said(plan_of(wanted(runs, 0, 1, quota=3), 2), "annotators")[0]
    assert not said(plan_of(wanted(runs, 0, 1, quota=3), 3), "annotators")


def test_a_pair_that_nobody_named_is_asked_for(runs):
    runs[0].system.parameters = 1_000
    assert "Name the small and the large system" in said(plan_of(wanted(runs, 0, 1)), "small_system")[0]
    assert not said(plan_of(wanted(runs, 0, 1, margin=None)), "small_system")


def test_looking_stores_nothing_and_asks_few_questions(runs, django_assert_max_num_queries):
    study = wanted(runs, 0, 1, 2)
    with django_assert_max_num_queries(16):
        plan_of(study)
        preview_pair(study)
    assert not Study.objects.exists()
    assert not Comparison.objects.exists()


def test_that_the_board_will_find_no_two_systems_is_said_before(runs):
    """Systems of unknown size can be replaced and replace nothing; baselines the other way round."""
    told = said(plan_of(wanted(runs, 0, 1)), "small_system")[0]
    assert "no verdict: no other system here has fewer than 2 billion parameters" in told
    System.objects.filter(pk=runs[0].system_id).update(parameters=1_000)
    first, second = System.objects.filter(pk__in=[runs[0].system_id, runs[1].system_id])
    study = NewStudy("s", runs[0].dataset, [first, second])
    assert "Otherwise the votes choose them" in said(plan_of(study), "small_system")[0]
    assert "Otherwise the votes" in said(plan_of(replace(study, large_system=second)), "small_system")[0]
    second.regime = Regime.BASELINE
    told = "Name the large system that you ask about. Otherwise there will be no verdict: the others here are compact systems and baselines alone."
    assert said(plan_of(study), "small_system") == [told]
    assert said(plan_of(replace(study, small_system=first)), "small_system") == [told]


def test_the_preview_is_the_pair_in_question_of_the_first_document(runs):
    systems = {"small_system": runs[2].system, "large_system": runs[1].system}
    pair = preview_pair(wanted(runs, 0, 1, 2, **systems))
    texts = {run.summaries.get(document__external_id="m0").text for run in runs[1:3]}
    assert {pair.left, pair.right} == texts
    assert [choice.value for choice in pair.choices] == ["left", "tie", "right", "both_bad"]
    assert preview_pair(wanted(runs, 0, 3)) is None


def test_the_preview_says_nothing_about_systems(runs):
    pair = preview_pair(wanted(runs, 0, 1, 2))
    names = {str(value) for run in runs for value in (run.system.slug, run.system.name)}
    assert not [name for name in names if name in repr(pair)]


def test_it_knows_whose_summaries_are_being_written(runs):
    for run, status in ((runs[2], "pending"), (runs[3], "pending"), (runs[1], "cancelled")):
        SummaryFactory(
            run=run, document=DocumentFactory(dataset=run.dataset, position=9 + run.pk), status=status, text=""
        )
    assert plan_of(wanted(runs, 0, 1)).being_written == {runs[2].system_id, runs[3].system_id}
    assert plan_of(wanted(runs, 0, 1, instruction="long")).being_written == set()
