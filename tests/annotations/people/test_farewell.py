"""What somebody is told at the end about their own work."""

import pytest
from django.test import Client
from django.urls import reverse

from annotations.models import Judgement, Study
from annotations.people.farewell import Farewell, farewell
from annotations.people.links import invitation_path
from annotations.rating.assignment import next_assignment
from models_runner.models import Summary
from tests.annotations.helpers import answer, make_gold, rate_everything, vote_on
from tests.factories import AnnotatorFactory, make_study

pytestmark = pytest.mark.django_db


def test_pairs_and_minutes_without_practice_and_breaks():
    study = make_study(systems=2, documents=4)
    make_gold(study.comparisons.first(), purpose="training")
    study.refresh_from_db()
    annotator = AnnotatorFactory(study=study)
    rate_everything(annotator)
    assert farewell(annotator) == Farewell(pairs=3, minutes=1, repeated=0, same=0)
    Judgement.objects.update(active_ms=200_000)
    assert farewell(annotator).minutes == 13  # practice takes time, too
    Judgement.objects.update(active_ms=None)
    assert farewell(annotator).minutes is None


def twice_the_same(choices):
    """The second and the third system write the same, so pairs with the first come twice; answers are by text."""
    study = make_study(systems=3, documents=2, criteria=("overall", "fluency"))
    for document in {comparison.document_id for comparison in study.comparisons.all()}:
        _, second, third = Summary.objects.filter(document=document).order_by("pk")
        Summary.objects.filter(pk=third.pk).update(text=second.text)
    annotator, given = AnnotatorFactory(study=study), iter(choices)
    while assignment := next_assignment(annotator):
        same_texts = assignment.comparison.summary_a.text == assignment.comparison.summary_b.text
        answer(assignment, "tie" if same_texts else next(given))
    return annotator


def test_agreement_with_oneself_on_pairs_that_came_again():
    found = farewell(twice_the_same(["a", "a", "b", "tie"]))
    assert (found.pairs, found.repeated, found.same) == (6, 2, 1)


def test_one_answer_that_changed_is_another_answer():
    annotator = twice_the_same(["a", "a", "b", "b"])
    assert farewell(annotator).same == 2
    last = annotator.assignments.exclude(judgements__outcome="tie").order_by("completed_at").last()
    vote_on(last, "tie", criterion="fluency")
    assert farewell(annotator).same == 1


def nothing_left(study):
    client = Client()
    client.post(invitation_path(study))
    rate_everything(study.annotators.get())
    return lambda: client.get(reverse("rate", args=[study.public_id])).content.decode()


def test_the_page_says_it_and_what_happens_with_it():
    page = nothing_left(make_study(systems=2, documents=2))
    assert "<strong data-rated>2</strong> pairs rated by you." in page()
    assert "1 minute of work" in page()
    assert "What happens with it" in page()
    assert "came twice" not in page()


@pytest.mark.parametrize("status", ["closed", "paused"])
def test_farewell_is_said_once_it_is_one(status):
    page = nothing_left(make_study(systems=2, documents=2))
    Study.objects.update(status=status)
    assert ("data-farewell" in page()) == (status == "closed")
