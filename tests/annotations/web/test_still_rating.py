"""A member who has begun to rate: in every browser they can go on, or stop and see the results."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from annotations.models import Annotator, Judgement, Membership
from annotations.people.links import invitation_path
from annotations.rating.assignment import next_assignment
from tests.annotations.helpers import answer as answer_pair
from tests.factories import UserFactory, make_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def member():
    return UserFactory()


@pytest.fixture
def study(member):
    study = make_study(systems=2, documents=2)
    Membership.objects.create(study=study, user=member, role=Membership.Role.RESEARCHER)
    return study


def browser_of(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def other_browser(member, study):
    """A browser of a member who pressed Start in another one."""
    browser_of(member).post(invitation_path(study))
    return browser_of(member)


def test_the_board_says_how_to_go_on_and_how_to_stop(other_browser, study):
    answer = other_browser.get(reverse("board", args=[study.slug]))
    page = answer.content.decode()
    assert answer.status_code == 403
    for name in ("go-on-rating", "stop-rating"):
        assert f'action="{reverse(name, args=[study.public_id])}"' in page


def test_rating_goes_on_in_another_browser(other_browser, study):
    answer = other_browser.post(reverse("go-on-rating", args=[study.public_id]), follow=True)
    assert answer.status_code == 200
    assert answer.request["PATH_INFO"] == reverse("rate", args=[study.public_id])
    assert study.annotators.count() == 1


def test_who_stops_sees_the_board_and_keeps_the_votes(other_browser, study):
    answer_pair(next_assignment(study.annotators.get()), "a")
    answer = other_browser.post(reverse("stop-rating", args=[study.public_id]), follow=True)
    assert answer.status_code == 200
    assert answer.request["PATH_INFO"] == reverse("board", args=[study.slug])
    assert study.annotators.get().left_at is not None
    assert Judgement.objects.counted().filter(criterion__study=study).count() == 1


@pytest.mark.parametrize("name", ["stop-rating", "go-on-rating"])
def test_nobody_else_learns_that_the_study_exists(name, other_browser, study):
    address = reverse(name, args=[study.public_id])
    assert browser_of(UserFactory(is_staff=True)).post(address).status_code == 404
    assert browser_of(UserFactory()).post(reverse(name, args=[uuid4()])).status_code == 404
    assert Annotator.objects.get().left_at is None


def test_a_member_comes_to_their_studies(member, study):
    browser = browser_of(member)
    page = browser.get("/", follow=True)
    assert page.request["PATH_INFO"] == reverse("studies")
    assert f'href="{reverse("study", args=[study.slug])}"' in page.content.decode()
    assert f'href="{reverse("studies")}"' in browser.get(reverse("study", args=[study.slug])).content.decode()


def test_an_account_without_a_study_is_told_what_to_do():
    assert "ask its owner to add you" in browser_of(UserFactory()).get("/").content.decode()
