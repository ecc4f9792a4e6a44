"""The question afterwards: could people tell the large model's text?"""

import pytest
from django.urls import reverse

from annotations.models import Guess, Study
from annotations.people.links import invitation_path
from annotations.rating.unblinding import GUESSES_EACH, large_side, next_guess, record_guess, study_guesses
from annotations.rating.votes import AnswerRefusedError
from models_runner.models import System
from tests.annotations.helpers import rate_everything
from tests.factories import AnnotatorFactory, make_study
from tests.people import researcher

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    """A compact, a mid and a large system over eight documents: one pair in three is of the kind asked about."""
    study = make_study(systems=3, documents=8, quota=2, slug="s", ask_guess=True)
    for system, parameters in zip(study.systems.order_by("pk"), (135e6, 3e9, 70e9), strict=True):
        System.objects.filter(pk=system.pk).update(parameters=int(parameters))
    return study


@pytest.fixture
def annotator(study):
    annotator = AnnotatorFactory(study=study)
    rate_everything(annotator)
    return annotator


def guess_all(annotator, right):
    """Guess until nothing is asked; right: how many of them."""
    asked = 0
    while assignment := next_guess(annotator):
        is_left = assignment.shown_left == large_side(assignment)
        record_guess(annotator, assignment.token, "left" if is_left == (asked < right) else "right")
        asked += 1
    return asked


def test_some_pairs_of_a_compact_and_a_large_system_are_asked_about(annotator):
    assert guess_all(annotator, right=3) == GUESSES_EACH
    guesses = study_guesses(annotator.study)
    assert (guesses.rate.hits, guesses.rate.n, guesses.no_idea) == (3, 5, 0)


def test_nothing_is_asked_while_there_is_rating_to_do(study):
    annotator = AnnotatorFactory(study=study)
    assert next_guess(annotator) is None
    rate_everything(annotator)
    assert next_guess(annotator)
    study.comparisons.first().assignments.all().delete()
    study.comparisons.update(taken=1)
    assert next_guess(annotator) is None


def test_nothing_is_asked_where_it_is_not_wanted_or_there_is_no_such_pair(annotator):
    System.objects.filter(parameters__gt=10**10).update(parameters=4 * 10**9)
    assert next_guess(annotator) is None
    System.objects.filter(parameters=4 * 10**9).update(parameters=7 * 10**10)
    assert next_guess(annotator)
    annotator.study.ask_guess = False
    assert next_guess(annotator) is None


def test_the_first_guess_stays(annotator):
    token = next_guess(annotator).token
    for choice in ("none", "left"):
        record_guess(annotator, token, choice)
    assert Guess.objects.get().side == ""
    assert study_guesses(annotator.study).no_idea == 1


def test_nobody_guesses_about_somebody_elses_pair(annotator):
    other = AnnotatorFactory(study=annotator.study)
    rate_everything(other)
    with pytest.raises(AnswerRefusedError):
        record_guess(annotator, next_guess(other).token, "left")
    assert not Guess.objects.exists()


def test_in_the_browser(client, study):
    client.post(invitation_path(study))
    rate, guess = (reverse(name, args=[study.public_id]) for name in ("rate", "guess"))
    assert client.get(guess)["Location"] == rate
    rate_everything(study.annotators.get())
    assert guess in client.get(rate).content.decode()
    for _ in range(GUESSES_EACH):
        token = client.get(guess).context["page"].token
        assert client.post(guess, {"token": token, "choice": "left"})["Location"] == guess
    assert client.get(guess)["Location"] == rate
    assert guess not in client.get(rate).content.decode()
    html = researcher().get(reverse("study-quality", args=["s"])).content.decode()
    assert "of 5 guesses were right" in html


def test_a_study_that_does_not_ask_shows_no_guesses(annotator):
    Study.objects.update(ask_guess=False)
    html = researcher().get(reverse("study-quality", args=["s"])).content.decode()
    assert "guesses were right" not in html
