"""Joining by an invitation, and going on with another device."""

import pytest
from django.test import Client
from django.urls import reverse

from annotations.models import Annotator, Assignment
from annotations.people.links import invitation_path, personal_path
from tests.annotations.rating.views.helpers import held, rate_url
from tests.factories import AnnotatorFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_looking_at_the_invitation_makes_no_annotator(client, study):
    assert client.get(invitation_path(study)).status_code == 200
    assert not Annotator.objects.exists()


def test_joining_twice_in_one_browser_is_one_annotator(client, study):
    for _ in range(2):
        assert client.post(invitation_path(study)).headers["Location"] == rate_url(study)
    assert study.annotators.count() == 1


def test_two_browsers_are_two_annotators(client, study, annotator):
    Client().post(invitation_path(study))
    assert [a.pseudonym for a in study.annotators.all()] == ["annotator-001", "annotator-002"]


def test_a_user_is_one_annotator_on_all_devices(study):
    user = UserFactory()
    for _ in range(2):
        device = Client()
        device.force_login(user)
        device.post(invitation_path(study))
    assert study.annotators.get().user == user


def test_a_broken_invitation_is_not_found(client, study):
    path = invitation_path(study)
    assert client.get(path[:-3] + "xx/").status_code == 404
    assert client.get(reverse("join", args=["nonsense"])).status_code == 404


def test_coming_back_after_stopping_is_the_same_annotator(client, study, annotator, page):
    seen = held(annotator).comparison_id
    client.post(reverse("leave-study", args=[study.public_id]))
    assert client.get(rate_url(study)).context["state"] == "left"
    client.post(invitation_path(study))
    assert client.get(rate_url(study)).status_code == 200
    assert study.annotators.count() == 1
    assert held(annotator).comparison_id == seen


def test_stopping_returns_the_pair_to_the_pool(client, study, annotator, page):
    client.post(reverse("leave-study", args=[study.public_id]))
    assert not Assignment.objects.filter(state="leased").exists()
    assert not study.comparisons.exclude(taken=0).exists()


def test_the_personal_link_goes_on_elsewhere(client, study, annotator, page):
    other = Client()
    assert other.get(personal_path(annotator)).status_code == 200
    assert rate_url(study) not in other.session.get("annotators", {})
    other.post(personal_path(annotator))
    assert other.get(rate_url(study)).context["page"].token == page.context["page"].token
    assert study.annotators.count() == 1


def test_looking_at_a_personal_link_changes_nothing(study):
    other = Client()
    other.get(personal_path(AnnotatorFactory(study=study)))
    assert other.get(rate_url(study)).status_code == 403


def test_an_invitation_is_no_personal_link(client, study):
    token = invitation_path(study).split("/")[-2]
    assert client.get(reverse("resume", args=[token])).status_code == 404
