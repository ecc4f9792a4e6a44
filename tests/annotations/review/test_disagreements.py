"""The browser of disagreements: which pairs, whose answers, in the same few queries however many there are."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from annotations.models import Assignment
from annotations.quality.exclusion import exclude
from annotations.rating.assignment import take_comparison
from annotations.review.disagreements import disagreements
from annotations.web.views import quality
from tests.annotations.helpers import answer
from tests.factories import AnnotatorFactory, make_study
from tests.people import researcher

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    """Annotators 1 and 2 choose opposite sides of six pairs; 3 agrees with 1 on two of them and calls one equal."""
    study = make_study(systems=2, documents=6, quota=9, criteria=("overall", "fluency"), slug="s")
    pairs = list(study.comparisons.order_by("pk"))
    for outcomes in ("aaaaaa", "bbbbbb", ("a", "a", "tie")):
        annotator = AnnotatorFactory(study=study, number=study.annotators.count() + 1)
        for comparison, outcome in zip(pairs, outcomes, strict=False):
            answer(take_comparison(annotator, comparison.pk, timezone.now()), outcome)
    return study


def ask(**query):
    return researcher().get(reverse("disagreements", args=["s"]), query)


def test_only_pairs_on_which_somebody_took_a_side(study):
    criterion = study.criteria.first()
    third = study.annotators.get(number=3)
    assert len(disagreements(criterion)) == 6
    pairs = set(study.comparisons.order_by("pk").values_list("pk", flat=True)[:2])
    assert {split.comparison for split in disagreements(criterion, third)} == pairs
    html = ask(annotator=3).content.decode()
    assert html.count('<article class="card" aria-labelledby="pair-') == 2
    assert f"{third.pseudonym}</a> took a side." in html


def test_who_is_left_out_disagrees_with_nobody(study):
    criterion = study.criteria.first()
    exclude(study.annotators.get(number=2), "Contrarian.", None)
    assert disagreements(criterion) == []
    assert disagreements(criterion, study.annotators.get(number=2)) == []


def test_an_answer_whose_place_was_given_back_does_not_count(study):
    criterion = study.criteria.first()
    theirs = Assignment.objects.filter(annotator__number=2, annotator__study=study)
    theirs.update(state="expired", slot=None)
    assert disagreements(criterion) == []


@pytest.mark.parametrize("number", ["4", "x", "-1", "99999999999999999999", "²"])
def test_an_annotator_who_is_none_is_not_found(study, number):
    assert ask(annotator=number).status_code == 404


@pytest.mark.parametrize(("key", "status"), [("tone", 404), ("Overall", 404), ("\0", 400)])
def test_a_question_that_is_none_is_not_found(study, key, status):
    assert ask(criterion=key).status_code == status


def test_pages_keep_what_was_asked_for(study, monkeypatch):
    monkeypatch.setattr(quality, "DISAGREEMENTS_A_PAGE", 2)
    page = ask(criterion="fluency", annotator=1, page=2)
    html = page.content.decode()
    assert len(page.context["rows"]) == 2
    assert "?criterion=fluency&amp;annotator=1&amp;page=3" in html
    assert "?criterion=fluency&amp;annotator=1&amp;page=1" in html
    assert "?criterion=overall&amp;annotator=1" in html  # the other question starts at its first page


def test_the_page_takes_the_same_queries_however_many_pairs_it_shows(study, monkeypatch):
    client = researcher()

    def queries(pairs):
        monkeypatch.setattr(quality, "DISAGREEMENTS_A_PAGE", pairs)
        with CaptureQueriesContext(connection) as found:
            page = client.get(reverse("disagreements", args=["s"]))
        assert len(page.context["rows"]) == pairs
        return len(found)

    # session, user, study; whether they rate here; question; votes and pairs, few or many; splits; pairs, answers,
    # comments; questions
    assert queries(1) == queries(6) <= 12
