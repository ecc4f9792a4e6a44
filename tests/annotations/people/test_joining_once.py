"""What a page with an invitation sends twice makes one annotator, and one network does not join without an end."""

import re
import uuid

import pytest
from django.conf import settings as site
from django.test import Client

from annotations.people.invitations import invite
from annotations.people.joining import joined
from annotations.people.links import invitation_path, single_path
from annotations.people.privacy import erase
from tests.factories import UserFactory, make_study

pytestmark = pytest.mark.django_db
KEY = re.compile(r'name="key" value="([^"]+)"')


@pytest.fixture
def study():
    return make_study(systems=2, documents=1)


def key_of(client, path):
    return KEY.search(client.get(path).content.decode())[1]


def test_a_double_click_makes_one_annotator(study):
    path = invitation_path(study)
    key = key_of(Client(), path)
    # Neither of the two requests has the other's cookie yet.
    both = Client(), Client()
    for client in both:
        assert client.post(path, {"key": key}).status_code == 302
    annotator = study.annotators.get()
    assert [client.session["annotators"] for client in both] == [{str(study.public_id): annotator.pk}] * 2


def test_every_page_has_a_key_of_its_own(study):
    path = invitation_path(study)
    for _ in range(2):
        client = Client()
        client.post(path, {"key": key_of(client, path)})
    assert study.annotators.count() == 2


def test_two_requests_at_the_same_moment_make_one_annotator(study):
    who = {"user": None, "invitation": None, "external_id": "", "join_key": "a" * 64}
    first, is_new = joined(study, **who)
    assert is_new
    assert joined(study, **who) == (first, False)
    other, is_new = joined(make_study(systems=2, documents=1), **who)
    assert (is_new, other.pk == first.pk) == (True, False)


def test_a_link_for_one_person_is_used_once_however_often_it_is_sent(study):
    (invitation,) = invite(study, "email", None, addresses=["maya@example.org"])
    path = single_path(invitation)
    key = key_of(Client(), path)
    assert [Client().post(path, {"key": key}).status_code for _ in range(2)] == [302, 302]
    assert Client().post(path, {"key": str(uuid.uuid4())}).status_code == 410
    invitation.refresh_from_db()
    assert (study.annotators.count(), invitation.uses) == (1, 1)


@pytest.mark.parametrize("key", ["", "nonsense", None])
def test_without_a_key_people_join_as_ever(study, key):
    for _ in range(2):
        Client().post(invitation_path(study), {} if key is None else {"key": key})
    assert [who.join_key for who in study.annotators.all()] == ["", ""]


def test_what_was_erased_is_not_found_again_by_the_page(study):
    path = invitation_path(study)
    key = key_of(Client(), path)
    Client().post(path, {"key": key})
    erase(study.annotators.get())
    Client().post(path, {"key": key})
    assert study.annotators.filter(erased_at=None).count() == 1
    assert study.annotators.count() == 2


# ---- from one network


def test_a_class_joins_and_a_script_does_not(study, settings):
    assert 30 <= site.JOINS_PER_ADDRESS < 60
    settings.JOINS_PER_ADDRESS = 3
    path = invitation_path(study)
    assert [Client().post(path).status_code for _ in range(4)] == [302, 302, 302, 429]
    refused = Client().post(path)
    assert refused["Retry-After"] == "900"
    assert "Many people have just joined" in refused.content.decode()
    assert study.annotators.count() == 3
    assert Client(REMOTE_ADDR="203.0.113.9").post(path).status_code == 302


def test_only_whom_nothing_else_limits_is_counted(study, settings):
    settings.JOINS_PER_ADDRESS = 1
    path = invitation_path(study)
    client = Client()
    key = key_of(client, path)
    for _ in range(3):
        assert client.post(path, {"key": key}).status_code == 302
        assert Client().post(path, {"key": key}).status_code == 302
    for address in ("a@example.org", "b@example.org"):
        (invitation,) = invite(study, "email", None, addresses=[address])
        assert Client().post(single_path(invitation)).status_code == 302
    for _ in range(2):
        of_account = Client()
        of_account.force_login(UserFactory())
        assert of_account.post(path).status_code == 302
    assert Client().post(path).status_code == 429


def test_behind_a_proxy_each_address_counts_for_itself(study, settings):
    settings.JOINS_PER_ADDRESS, settings.BEHIND_PROXY = 1, True
    path = invitation_path(study)

    def join_from(address):
        return Client().post(path, headers={"X-Forwarded-For": f"198.51.100.1, {address}"}).status_code

    assert [join_from("203.0.113.1"), join_from("203.0.113.2"), join_from("203.0.113.1")] == [302, 302, 429]
