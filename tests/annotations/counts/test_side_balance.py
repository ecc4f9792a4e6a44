"""Left and right: even within each comparison, and for each annotator and system."""

import random
from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from annotations.counts.side_balance import count_sides, recounted_leads
from annotations.gold.items import remove
from annotations.models import Assignment, SideLead
from annotations.rating.assignment import next_assignment
from annotations.rating.leases import return_expired
from tests.annotations.helpers import make_gold, rate_everything, vote_on
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


@pytest.mark.simulation
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


def leads():
    """By annotator and system, as they are kept."""
    return dict(SideLead.objects.values_list("pk", "lead"))


def shown(comparison, side):
    """The systems left and right where this side is shown left."""
    pair = [summary.run.system_id for summary in (comparison.summary_a, comparison.summary_b)]
    return pair if side == "a" else pair[::-1]


def test_every_pair_given_is_counted():
    """By hand, and by what counts anew."""
    study = make_study(systems=4, documents=5, quota=2)
    expected = Counter()
    for annotator in AnnotatorFactory.create_batch(2, study=study):
        for assignment in rate_everything(annotator):
            left, right = shown(assignment.comparison, assignment.shown_left)
            expected[annotator.pk, left] += 1
            expected[annotator.pk, right] -= 1
    assert len(leads()) == 8
    assert leads() == recounted_leads() == dict(expected)


def test_a_pair_given_back_was_seen_and_counts_once():
    study = make_study(systems=2, documents=1, quota=1)
    annotator = AnnotatorFactory(study=study)
    given = next_assignment(annotator)
    before = leads()
    later = timezone.now() + timedelta(days=2)
    return_expired(study, now=later)
    assert leads() == before != {}
    assert next_assignment(annotator, now=later).pk == given.pk
    assert leads() == before == recounted_leads()


def test_the_lead_of_a_system_decides_where_the_comparison_does_not():
    for _ in range(10):  # a coin would be right in all ten once in a thousand runs
        study = make_study(systems=2, documents=1, quota=1)
        annotator = AnnotatorFactory(study=study)
        of_a, of_b = shown(study.comparisons.get(), "a")
        count_sides(annotator.pk, of_b, of_a)
        assert next_assignment(annotator).shown_left == "a"


def test_a_pair_of_one_system_with_itself_leaves_no_count():
    """An attention check."""
    study = make_study(systems=2, documents=1)
    system, _ = shown(study.comparisons.get(), "a")
    count_sides(AnnotatorFactory(study=study).pk, system, system)
    assert leads() == {}


def test_a_pair_that_is_removed_counts_no_more():
    study = make_study(systems=3, documents=2, quota=2)
    pair = make_gold(study.comparisons.for_rating()[0], purpose="training")
    study.refresh_from_db()
    people = AnnotatorFactory.create_batch(2, study=study)
    assert {next_assignment(person).comparison_id for person in people} == {pair.comparison_id}
    assert set(map(abs, leads().values())) == {1}
    remove(pair, None)
    assert set(leads().values()) == {0}


def test_the_first_side_is_a_coin():
    sides = Counter()
    for _ in range(30):
        study = make_study(systems=2, documents=1, quota=1)
        sides[rate_everything(AnnotatorFactory(study=study))[0].shown_left] += 1
    assert set(sides) == {"a", "b"}  # a fair coin shows one side only once in 500 million runs
