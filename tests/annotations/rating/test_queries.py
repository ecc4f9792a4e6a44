"""SQL written by hand says the same as the querysets it stands for."""

import random
import uuid

import pytest
from django.utils import timezone

from annotations.models import Annotator, Assignment, Judgement, Study
from annotations.rating.assignment import ASSIGNMENT, AVAILABLE, HELD, available_to, next_assignment
from annotations.rating.leases import give_back
from annotations.rating.page import Workload, rating_page, workload
from annotations.web.access import ANNOTATOR, STUDY, THEMSELVES
from lib.sql import change, fetch, insert
from tests.annotations.helpers import vote_on
from tests.factories import AnnotatorFactory, make_study

pytestmark = pytest.mark.django_db


def values(instance):
    return {field.attname: getattr(instance, field.attname) for field in instance._meta.concrete_fields}


def test_instances_are_those_of_a_queryset():
    annotator = AnnotatorFactory(study=make_study())
    Study.objects.update(opens_at=timezone.now(), epsilon=0.25)
    held = next_assignment(annotator)
    (row,) = fetch(THEMSELVES, annotator.pk, annotator.study.public_id)
    (assignment,) = fetch(HELD, annotator.pk, annotator.pk)
    for found, model in (
        (ANNOTATOR.instance(row), Annotator),
        (STUDY.instance(row[ANNOTATOR.number :]), Study),
        (ASSIGNMENT.instance(assignment), Assignment),
    ):
        assert values(found) == values(model.objects.get(pk=found.pk))
        assert not found._state.adding
    assert ASSIGNMENT.instance(assignment) == held


def test_an_inserted_row_is_the_instance():
    annotator = AnnotatorFactory(study=make_study())
    judgement = Judgement(
        assignment=next_assignment(annotator), criterion=annotator.study.criteria.get(), outcome="tie", active_ms=7
    )
    insert(judgement)
    assert values(judgement) == values(Judgement.objects.get())
    judgement.outcome = "a"
    judgement.save()  # the same row
    assert Judgement.objects.get().outcome == "a"


def test_what_is_available_is_what_the_queryset_says():
    study = make_study(systems=3, documents=3, quota=2)
    people, rng = AnnotatorFactory.create_batch(3, study=study), random.Random(5)
    seen = set()
    for _ in range(25):
        assignment = next_assignment(rng.choice(people))
        if assignment is not None and rng.random() < 0.6:
            vote_on(assignment, "left")
        elif assignment is not None:
            give_back(assignment.pk, assignment.comparison_id, state=rng.choice(("expired", "skipped")))
        for annotator in people:
            found = {pk for (pk,) in fetch(f"SELECT comparison.id FROM {AVAILABLE}", study.pk, annotator.pk)}
            assert found == set(available_to(annotator).values_list("pk", flat=True))
            seen.add(len(found))
    assert len(seen) > 5


def test_training_and_gold_are_not_available():
    study = make_study(systems=3, documents=1)
    annotator = AnnotatorFactory(study=study)
    gold = study.comparisons.first()
    study.comparisons.filter(pk=gold.pk).update(purpose="gold", quota=1_000_000_000)
    found = {pk for (pk,) in fetch(f"SELECT comparison.id FROM {AVAILABLE}", study.pk, annotator.pk)}
    assert found == {pk for pk in study.comparisons.values_list("pk", flat=True) if pk != gold.pk}


def test_the_progress_line_counts_no_further_than_it_must(monkeypatch):
    monkeypatch.setattr("annotations.rating.page.MOST_COUNTED", 4)
    study = make_study(systems=3, documents=2, quota=1)
    annotator = AnnotatorFactory(study=study)
    assert workload(annotator) == Workload(done=0, total=4, more_than=4)
    for _ in range(2):
        vote_on(next_assignment(annotator), "left")
    assert workload(annotator) == Workload(done=2, total=6)


def test_the_progress_line_is_the_same_whether_the_pair_is_new_or_held(monkeypatch):
    """Of a new one it is known how many are left where they are many; of one that is held they are counted."""
    for module in ("page", "assignment"):
        monkeypatch.setattr(f"annotations.rating.{module}.MOST_COUNTED", 3)
    annotator = AnnotatorFactory(study=make_study(systems=3, documents=2, quota=1))
    known = []
    for left in (5, 4, 3, 2, 1, 0):
        new = next_assignment(annotator)
        held = next_assignment(annotator)
        lines = [(page.done, page.total, page.more_than) for page in (rating_page(new), rating_page(held))]
        assert lines[0] == lines[1]
        assert lines[0][2] == (3 if left > 3 else 0)
        known.append(new.many_left)
        assert not held.many_left
        vote_on(new, "left")
    assert known == [True, True, False, False, False, False]


def test_changes_are_counted():
    make_study(systems=3, documents=1, quota=3)
    add = "UPDATE annotations_comparison SET taken = taken + 1 WHERE quota = %s"
    assert (change(add, 3), change(add, 4)) == (3, 0)


def test_an_unknown_token_finds_nothing():
    annotator = AnnotatorFactory(study=make_study())
    assert fetch(THEMSELVES, annotator.pk, uuid.uuid4()) == []
