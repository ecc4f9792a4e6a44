"""A training pair on the rating page, and what its annotator is told afterwards."""

import uuid

import pytest
from django.urls import reverse

from annotations.models import Judgement
from annotations.people.links import invitation_path
from tests.annotations.helpers import make_gold
from tests.factories import make_study

pytestmark = pytest.mark.django_db

WHY = "{A} names the date; {B} <invents> one."


@pytest.fixture
def study():
    study = make_study(systems=3, documents=2, slug="s")
    make_gold(study.comparisons.first(), purpose="training", explanation=WHY)
    return study


@pytest.fixture
def training(client, study):
    """The training assignment of the annotator who joined with `client`, on the screen."""
    client.post(invitation_path(study))
    client.get(rate_url(study))
    return study.annotators.get().assignments.get()


def rate_url(study):
    return reverse("rate", args=[study.public_id])


def practice_url(assignment):
    return reverse("practice", args=[assignment.annotator.study.public_id, assignment.token])


def vote(client, assignment, choice, *, as_json=False):
    data = {"token": assignment.token, "criterion": "overall", "choice": choice, "client_key": uuid.uuid4()}
    headers = {"Accept": "application/json"} if as_json else {}
    return client.post(reverse("vote", args=[assignment.annotator.study.public_id]), data, headers=headers)


def side(assignment, outcome):
    return "left" if assignment.shown_left == outcome else "right"


def test_the_page_says_practice_and_counts_it(client, study, training):
    html = client.get(rate_url(study)).content.decode()
    assert "Practice 1 of 1" in html
    assert f'data-practice="{practice_url(training)}"' in html
    assert "rated</span>" not in html


def test_without_javascript_the_answer_leads_to_what_there_is_to_say(client, training):
    answer = vote(client, training, side(training, "a"))
    assert answer.headers["Location"] == practice_url(training)
    html = client.get(answer.headers["Location"]).content.decode()
    assert '<h1 tabindex="-1" autofocus>As expected</h1>' in html
    shown = {training.shown_left: "Left", training.shown_right: "Right"}
    assert f"{shown['a']} names the date; {shown['b']} &lt;invents&gt; one." in html
    assert 'class="button primary" href="' in html


def test_another_answer_is_not_the_expected_one(client, training):
    vote(client, training, "tie")
    page = client.get(practice_url(training))
    (answer,) = page.context["feedback"].answers
    assert (answer.given, answer.right) == ("Equally good", False)
    assert answer.expected == [f"{side(training, 'a').capitalize()} is better"]
    assert "Not as expected" in page.content.decode()


def test_the_answer_as_json_is_like_any_other(client, training):
    assert vote(client, training, "tie", as_json=True).json() == {"saved": True, "complete": True, "repeated": False}


def test_it_can_be_answered_again(client, study, training):
    vote(client, training, "tie")
    assert "Answer it again" in client.get(practice_url(training)).content.decode()
    answer = client.post(reverse("undo", args=[study.public_id]), {"client_key": uuid.uuid4()}, follow=True)
    assert answer.context["page"].token == training.token
    vote(client, training, side(training, "a"))
    assert client.get(practice_url(training)).context["feedback"].right


def test_once_other_pairs_are_rated_it_is_not_taken_back_from_here(client, study, training):
    vote(client, training, "tie")
    client.get(rate_url(study))
    vote(client, study.annotators.get().assignments.get(state="leased"), "left")
    assert Judgement.objects.count() == 2
    assert "Answer it again" not in client.get(practice_url(training)).content.decode()


def test_before_the_answer_nothing_is_told(client, study, training):
    assert client.get(practice_url(training)).headers["Location"] == rate_url(study)


def test_of_gold_and_rating_pairs_nothing_is_ever_told(client, study, training):
    vote(client, training, "tie")
    for comparison in study.comparisons.filter(assignments=None)[:1]:
        make_gold(comparison)
    study.__class__.objects.update(gold_every=2)
    purposes = set()
    for _ in range(4):
        client.get(rate_url(study))
        assignment = study.annotators.get().assignments.get(state="leased")
        purposes.add(assignment.comparison.purpose)
        assert vote(client, assignment, "left").headers["Location"] == rate_url(study)
        assert client.get(practice_url(assignment)).headers["Location"] == rate_url(study)
    assert purposes == {"gold", "rating"}


def test_a_skipped_training_pair_goes_on(client, study, training):
    data = {"token": training.token, "kind": "skip", "reason": "other", "client_key": uuid.uuid4()}
    answer = client.post(reverse("remark", args=[study.public_id]), data, follow=True)
    assert not answer.context["page"].practice


def test_with_a_required_comment_it_is_told_after_the_comment(client, study, training):
    study.__class__.objects.update(comments="required")
    assert vote(client, training, "tie").headers["Location"] == rate_url(study)
    data = {"token": training.token, "kind": "comment", "text": "Why.", "client_key": uuid.uuid4()}
    answer = client.post(reverse("remark", args=[study.public_id]), data)
    assert answer.headers["Location"] == practice_url(training)


def test_a_stranger_is_told_nothing(training):
    from django.test import Client

    assert Client().get(practice_url(training)).status_code == 403
