"""Owners see who has nothing left to rate, and who has pairs left."""

import csv
import io
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from annotations.models import Assignment
from annotations.rating.assignment import next_assignment, take_comparison
from annotations.rating.leases import leave
from annotations.rating.remarks import NewRemark, record_remark
from annotations.review.remaining import pairs_left
from annotations.web import access
from tests.annotations.helpers import make_gold, rate_everything, vote_on
from tests.factories import AnnotatorFactory, RunFactory, SummaryFactory, make_study
from tests.people import researcher

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    """Three pairs for two annotators each. 1 rated all of them, 2 rated one and skipped one, 3 has done nothing."""
    study = make_study(systems=2, documents=3, quota=2, slug="s", completion_code="C0DE-77")
    first, second, _ = (AnnotatorFactory(study=study, number=n) for n in (1, 2, 3))
    rate_everything(first)
    vote_on(next_assignment(second), "left")
    skipped = next_assignment(second)
    record_remark(second, NewRemark(skipped.token, "skip", "broken", "Ends.", uuid.uuid4()))
    return study


def left_of(study):
    by_annotator = pairs_left(study, study.annotators.all())
    return {one.number: by_annotator[one.pk] for one in study.annotators.all()}


def numbers(**query):
    page = researcher().get(reverse("study-people", args=["s"]), query)
    return [one.number for one, *_ in page.context["annotator_rows"]]


def can_get(annotator):
    """How many pairs they are in fact given, one after the other."""
    return len(rate_everything(annotator))


def test_left_is_what_each_is_given_when_they_ask(study):
    # Pairs have one free place, none and one: of 2 the first is rated and the last skipped, or the other way round.
    assert left_of(study) == {1: 0, 2: 1, 3: 2}
    for annotator in study.annotators.order_by("number"):
        assert pairs_left(study, study.annotators.all())[annotator.pk] == can_get(annotator)


def test_a_pair_that_is_open_is_left_and_takes_its_place_from_others(study):
    second, third = study.annotators.filter(number__gt=1)
    next_assignment(third)
    assert left_of(study)[3] == 2
    rate_everything(second)
    assert left_of(study)[3] == pairs_left(study, study.annotators.all())[third.pk] == can_get(third)


def test_a_lease_that_ran_out_is_a_free_place_for_others_and_still_ones_own(study):
    third = study.annotators.get(number=3)
    fourth = AnnotatorFactory(study=study, number=4)
    next_assignment(third)
    assert left_of(study)[4] == 1
    Assignment.objects.filter(annotator=third, state="leased").update(lease_until=timezone.now() - timedelta(seconds=1))
    assert (left_of(study)[3], left_of(study)[4]) == (2, 2)
    assert can_get(fourth) == 2


def test_a_place_given_back_and_gold_are_counted_as_they_are_given():
    study = make_study(systems=2, documents=2, quota=1, gold_every=2)
    make_gold(study.comparisons.first())
    study.refresh_from_db()
    first, second = (AnnotatorFactory(study=study, number=n) for n in (1, 2))
    take_comparison(first, study.comparisons.for_rating().get().pk, timezone.now())
    leave(first)
    assert left_of(study) == {1: 1, 2: 1}  # of gold alone nothing is given
    rate_everything(second)
    assert left_of(study) == {1: 0, 2: 0}


def test_annotators_of_other_studies_are_no_part_of_it(study):
    other = make_study(systems=2, documents=1, quota=1)
    AnnotatorFactory(study=other, number=9)
    assert list(left_of(other).values()) == [1]
    assert set(left_of(study)) == {1, 2, 3}


def test_the_page_shows_those_who_have_nothing_left_and_those_who_have(study):
    assert numbers() == [1, 2, 3]
    assert numbers(show="finished") == [1]
    assert numbers(show="left") == [2, 3]
    assert numbers(show="left", find="or-003") == [3]
    html = researcher().get(reverse("study-people", args=["s"]), {"show": "finished"}).content.decode()
    assert '<span class="badge badge-done">nothing</span>' in html
    assert "C0DE-77" in html
    rate_everything(study.annotators.get(number=3))
    assert numbers(show="finished") == [1, 2, 3]


def test_pages_keep_whom_to_show_and_a_wrong_choice_is_told(study, monkeypatch):
    monkeypatch.setattr("annotations.web.views.people.ROWS_A_PAGE", 1)
    html = researcher().get(reverse("study-people", args=["s"]), {"show": "left"}).content.decode()
    assert "?show=left&amp;annotators=2#annotators" in html
    page = researcher().get(reverse("study-people", args=["s"]), {"show": "everyone"})
    assert page.context["annotators"].paginator.count == 3
    assert "everyone is not one of the available choices" in page.content.decode()


def test_nobody_like_this_is_told(study):
    study.annotators.exclude(number=1).delete()
    html = researcher().get(reverse("study-people", args=["s"]), {"show": "left"}).content.decode()
    assert "No annotators match." in html
    assert "Show everybody" in html


def test_who_has_nothing_left_is_answered_with_the_code_that_the_page_names(study):
    def sees_code(annotator):
        client = Client()
        client.get("/")
        session = client.session
        session[access.SESSION_KEY] = {str(study.public_id): annotator.pk}
        session.save()
        return "C0DE-77" in client.get(reverse("rate", args=[study.public_id])).content.decode()

    by_annotator = pairs_left(study, study.annotators.all())
    assert {one.number: sees_code(one) for one in study.annotators.all()} == {
        one.number: by_annotator[one.pk] == 0 for one in study.annotators.all()
    }


def test_the_page_says_that_summaries_are_still_being_written(study):
    url, client = reverse("study-people", args=["s"]), researcher()
    assert "still being written" not in client.get(url).content.decode()
    run = RunFactory(dataset=study.dataset, system=study.systems.first(), instruction="short")
    SummaryFactory(run=run, status="pending", text="", document=study.comparisons.first().document)
    assert "still being written" not in client.get(url).content.decode()
    run = study.systems.first().runs.filter(instruction=study.instruction).get()
    run.summaries.filter(pk=run.summaries.first().pk).update(status="pending")
    assert "still being written" in client.get(url).content.decode()


def rows_of():
    file = researcher().get(reverse("work-csv", args=["s"])).content.decode()
    return list(csv.DictReader(io.StringIO(file)))


def test_the_file_says_what_is_left_and_the_code_of_those_who_have_nothing(study):
    assert [(row["pairs_left"], row["completion_code"]) for row in rows_of()] == [
        ("0", "C0DE-77"),
        ("1", ""),
        ("2", ""),
    ]


def test_who_rated_elsewhere_has_neither_pairs_left_nor_a_code(study):
    study.annotators.exclude(number=2).update(imported=True)
    assert numbers(show="finished") == []
    assert numbers(show="left") == [2]
    assert [(row["pairs_left"], row["completion_code"]) for row in rows_of()] == [("", ""), ("1", ""), ("", "")]


def test_who_rated_elsewhere_came_by_no_link(study):
    study.annotators.filter(number=2).update(imported=True)
    assert [row["invitation"] for row in rows_of()] == ["open link", "rated elsewhere", "open link"]
    page = researcher().get(reverse("study-people", args=["s"])).content.decode()
    assert (page.count('<td data-label="Joined through">open link'), page.count(">rated elsewhere<")) == (2, 1)


@pytest.mark.parametrize("name", ["study-people", "work-csv"])
def test_more_annotators_and_pairs_take_no_more_statements(study, name):
    client, url = researcher(), reverse(name, args=["s"]) + "?show=left"

    def statements():
        with CaptureQueriesContext(connection) as found:
            assert client.get(url).status_code == 200
        return len(found)

    statements()
    before = statements()
    AnnotatorFactory.create_batch(8, study=study)
    study.comparisons.update(quota=9)
    rate_everything(study.annotators.last())
    assert statements() == before


def test_it_takes_three_statements(study, django_assert_num_queries):
    annotators = list(study.annotators.all())
    with django_assert_num_queries(3):
        pairs_left(study, annotators)
