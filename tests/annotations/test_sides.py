"""Left and right: even within each comparison, and for each annotator and system."""

import random
from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from annotations.assignment import next_assignment
from annotations.leases import return_expired
from annotations.models import Assignment
from annotations.sides import leads
from tests.annotations.helpers import rate_everything, vote_on
from tests.factories import AnnotatorFactory, make_study

pytestmark = pytest.mark.django_db


def test_every_comparison_is_shown_as_often_one_way_as_the_other():
    study = make_study(systems=3, documents=4, quota=5)
    for _ in range(5):
        rate_everything(AnnotatorFactory(study=study))
    rows = Assignment.objects.values_list("comparison", "shown_left")
    counts = Counter(rows)
    for comparison in study.comparisons.values_list("pk", flat=True):
        assert abs(counts[comparison, "a"] - counts[comparison, "b"]) <= 1


def test_an_annotator_sees_each_system_about_as_often_left_as_right():
    """One annotator a comparison, so nothing but the annotator's own balance decides; a coin would be off by more."""
    study = make_study(systems=4, documents=20, quota=1)
    rate_everything(AnnotatorFactory(study=study))
    lead = Counter()
    for assignment in Assignment.objects.select_related("comparison__summary_a__run", "comparison__summary_b__run"):
        towards_a = 1 if assignment.shown_left == "a" else -1
        lead[assignment.comparison.summary_a.run.system_id] += towards_a
        lead[assignment.comparison.summary_b.run.system_id] -= towards_a
    assert max(map(abs, lead.values())) <= 3


def test_a_place_given_back_does_not_weigh():
    study = make_study(systems=2, documents=1, quota=2)
    comparison = study.comparisons.get()
    for _ in range(3):  # three times a left, all given back
        Assignment.objects.create(
            comparison=comparison, annotator=AnnotatorFactory(study=study), state="expired", shown_left="a"
        )
    for _ in range(2):
        rate_everything(AnnotatorFactory(study=study))
    done = Assignment.objects.filter(state="done").values_list("shown_left", flat=True)
    assert sorted(done) == ["a", "b"]


def test_who_comes_back_to_a_lapsed_pair_finds_it_balanced():
    for _ in range(10):  # a coin would be right in all ten once in a thousand runs
        study = make_study(systems=2, documents=1, quota=2)
        first, second = AnnotatorFactory.create_batch(2, study=study)
        lapsed = next_assignment(first)
        later = timezone.now() + timedelta(days=2)
        return_expired(study, now=later)
        between = next_assignment(second, now=later)
        again = next_assignment(first, now=later)
        assert (again.pk, again.shown_left) == (lapsed.pk, lapsed.shown_left)
        assert {again.shown_left, between.shown_left} == {"a", "b"}


def test_a_thousand_votes_leave_every_comparison_balanced():
    study = make_study(systems=4, documents=34, quota=5)
    annotators = AnnotatorFactory.create_batch(7, study=study)
    rng, votes = random.Random(1), 0
    while votes < 1000:
        assignment = next_assignment(rng.choice(annotators))
        if assignment is not None:
            vote_on(assignment, rng.choice(("left", "right", "tie")))
            votes += 1
    counts = Counter(Assignment.objects.filter(state="done").values_list("comparison", "shown_left"))
    assert counts.total() == 1000
    for comparison in study.comparisons.values_list("pk", flat=True):
        assert abs(counts[comparison, "a"] - counts[comparison, "b"]) <= 1


def test_the_kept_count_of_sides_is_the_same_as_counting_all(monkeypatch):
    """Some pairs are counted with the annotator, the rest anew: together every pair once."""
    monkeypatch.setattr("annotations.sides.COUNTED_ANEW", 4)
    monkeypatch.setattr("annotations.sides.SETTLED_AFTER", timedelta(0))
    annotator = AnnotatorFactory(study=make_study(systems=4, documents=5, quota=1))
    while assignment := next_assignment(annotator):
        vote_on(assignment, "left")
        expected = Counter()
        for one in annotator.assignments.select_related("comparison__summary_a__run", "comparison__summary_b__run"):
            towards_a = 1 if one.shown_left == "a" else -1
            expected[one.comparison.summary_a.run.system_id] += towards_a
            expected[one.comparison.summary_b.run.system_id] -= towards_a
        annotator.refresh_from_db()
        assert leads(annotator) == expected
    assert annotator.side_leads_until is not None
    assert len(annotator.side_leads) == 4


def test_the_first_side_is_a_coin():
    sides = Counter()
    for _ in range(30):
        study = make_study(systems=2, documents=1, quota=1)
        sides[rate_everything(AnnotatorFactory(study=study))[0].shown_left] += 1
    assert set(sides) == {"a", "b"}  # a fair coin shows one side only once in 500 million runs
