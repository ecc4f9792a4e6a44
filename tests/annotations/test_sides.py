"""Left and right: even within each comparison, and for each annotator and system."""

from collections import Counter

import pytest

from annotations.models import Assignment
from tests.annotations.helpers import rate_everything
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


def test_the_first_side_is_a_coin():
    sides = Counter()
    for _ in range(30):
        study = make_study(systems=2, documents=1, quota=1)
        sides[rate_everything(AnnotatorFactory(study=study))[0].shown_left] += 1
    assert set(sides) == {"a", "b"}  # a fair coin shows one side only once in 500 million runs
