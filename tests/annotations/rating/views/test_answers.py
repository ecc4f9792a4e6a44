"""Votes through the page, and who may not give one."""

import json
import uuid

import pytest
from django.test import Client
from django.urls import reverse

from annotations.models import Assignment, Judgement, JudgementRevision, Outcome, Study
from annotations.people.links import invitation_path
from tests.annotations.rating.views.helpers import fields, held, rate_url, vote
from tests.factories import make_study

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("choice", ["left", "right", "tie", "both_bad"])
def test_a_vote_is_stored_for_the_shown_sides(client, study, annotator, page, choice):
    assignment = held(annotator)
    answer = vote(client, study, fields(annotator, choice=choice))
    assert answer.json() == {"saved": True, "complete": True, "repeated": False}
    expected = {"left": assignment.shown_left, "right": assignment.shown_right}.get(choice, choice)
    assert Judgement.objects.get(assignment=assignment).outcome == expected


def test_a_vote_by_form_goes_on_to_the_next_pair(client, study, annotator, page):
    first = held(annotator).token
    answer = vote(client, study, fields(annotator), as_json=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, rate_url(study))
    following = client.get(rate_url(study)).context["page"]
    assert following.token != first
    assert following.done == 1


def test_the_lead_time_may_be_missing(client, study, annotator, page):
    assert vote(client, study, fields(annotator, lead_time_ms=None)).status_code == 200
    assert Judgement.objects.get().lead_time_ms is None


def test_a_resent_vote_is_the_same_vote(client, study, annotator, page):
    data = fields(annotator)
    vote(client, study, data)
    assert vote(client, study, data).json() == {"saved": True, "complete": True, "repeated": True}
    assert JudgementRevision.objects.count() == 1


def test_one_key_for_two_answers_is_refused(client, study, annotator, page):
    data = fields(annotator)
    vote(client, study, data)
    answer = vote(client, study, data | {"choice": "right"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "key_used")
    assert JudgementRevision.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("token", "987"),
        ("token", None),
        ("criterion", "over all"),
        ("criterion", None),
        ("choice", "a"),
        ("choice", None),
        ("client_key", "not-a-uuid"),
        ("client_key", None),
        ("lead_time_ms", -1),
        ("lead_time_ms", "fast"),
        ("lead_time_ms", 10**9),
        ("after", "987"),
    ],
)
def test_bad_input_names_the_field(client, study, annotator, page, name, value):
    answer = vote(client, study, fields(annotator, **{name: value}))
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], error["field"]) == ("invalid", name)
    assert error["message"].startswith(f"{name}: ")
    assert not Judgement.objects.exists()


def test_an_unknown_question_is_refused(client, study, annotator, page):
    answer = vote(client, study, fields(annotator, criterion="beauty"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unknown_criterion")


def test_bad_input_by_form_is_a_page_that_says_why(client, study, annotator, page):
    answer = vote(client, study, fields(annotator, choice="a"), as_json=False)
    assert answer.status_code == 400
    assert "choice: " in answer.content.decode()


def test_nobody_votes_for_somebody_else(client, study, annotator, page):
    other = Client()
    other.post(invitation_path(study))
    answer = vote(other, study, fields(annotator))
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_assignment")
    assert not Judgement.objects.exists()


def test_a_closed_study_takes_no_vote(client, study, annotator, page):
    data = fields(annotator)
    Study.objects.update(status=Study.Status.CLOSED)
    answer = vote(client, study, data)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "study_not_open")
    assert not Judgement.objects.exists()


def test_a_pair_given_away_meanwhile_is_refused(client, annotator):
    study = make_study(systems=2, documents=1, quota=1)
    client.post(invitation_path(study))
    client.get(rate_url(study))
    data = fields(study.annotators.get())
    Assignment.objects.update(state="expired", slot=None, lease_until=None)
    answer = vote(client, study, data)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "lease_lost")


def test_a_browser_that_has_not_joined_sees_no_pair(study, annotator, page):
    stranger = Client()
    answer = stranger.get(rate_url(study))
    assert answer.status_code == 403
    assert "has not joined" in answer.content.decode()
    refused = vote(stranger, study, fields(annotator))
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_joined")
    assert stranger.post(reverse("leave-study", args=[study.public_id])).status_code == 302
    assert held(annotator)


def test_a_study_that_does_not_exist_is_not_found(client):
    assert client.get(reverse("rate", args=[uuid.uuid4()])).status_code == 404


def test_joining_one_study_opens_no_other(client, annotator):
    assert client.get(rate_url(make_study())).status_code == 403


def test_a_vote_needs_the_security_token(study):
    strict = Client(enforce_csrf_checks=True)
    assert vote(strict, study, {}).status_code == 403


def test_an_answer_that_no_choice_stands_for_cannot_reach_the_database(client, study, annotator, page):
    for choice in ("A", "LEFT", "both bad", json.dumps(Outcome.values)):
        assert vote(client, study, fields(annotator, choice=choice)).status_code == 400
    assert not Judgement.objects.exists()
