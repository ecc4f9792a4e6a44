"""A form that shows a secret once makes one, however often it is sent."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AccountEvent, AccountInvitation
from annotations.models import Invitation
from api.models import ApiToken
from leaderboards.models import SharedLink
from tests.accounts.helpers import at_once, browser_of
from tests.factories import DatasetFactory, DocumentFactory, StudyFactory, SystemFactory, UserFactory

NAME = "once"


@pytest.fixture
def client(db):
    return browser_of(UserFactory(username="ada", is_staff=True, is_superuser=True))


@pytest.fixture
def study(db):
    return StudyFactory(status="closed")


LINK = {"label": "the board", "pages": ["report"], "days": "7"}
TOKEN = {"name": "notebook", "scope": "read", "days": "30"}
ACCOUNT = {"role": "researcher", "study_role": "researcher", "days": "7"}


@pytest.fixture(params=["sharing", "api-tokens", "invite-account", "reset-link", "invite-member", "invite"])
def sent(request, client, study):
    """The page with the form, the form's address, what it sends, and how many of its kind there are."""
    person = UserFactory(username="maya")
    links = AccountEvent.objects.filter(action=AccountEvent.Action.RESET_LINK)
    forms = {
        "sharing": (reverse("sharing", args=[study.slug]), [study.slug], LINK, SharedLink.objects.count),
        "api-tokens": (reverse("api-tokens"), [], TOKEN, ApiToken.objects.count),
        "invite-account": (reverse("accounts"), [], ACCOUNT, AccountInvitation.objects.count),
        "reset-link": (reverse("one-account", args=[person.pk]), [person.pk], {}, links.count),
        "invite-member": (
            reverse("study-people", args=[study.slug]),
            [study.slug],
            {"role": "owner"},
            AccountInvitation.objects.count,
        ),
        "invite": (
            reverse("study-people", args=[study.slug]),
            [study.slug],
            {"kind": "link", "label": "students"},
            Invitation.objects.count,
        ),
    }
    page, args, fields, number = forms[request.param]
    return page, reverse(request.param, args=args), fields, number


def key_in(client, page, address):
    """The key of the form at an address; a form without an action is sent to its page."""
    text = client.get(page).content.decode()
    forms = re.findall(r"<form[^>]*>.*?</form>", text, re.DOTALL)
    (form,) = [form for form in forms if f'name="{NAME}"' in form and _address_of(form, page) == address]
    return re.search(rf'name="{NAME}" value="([^"]+)"', form)[1]


def _address_of(form, page):
    found = re.search(r'action="([^"]*)"', form[: form.index(">")])
    return found[1] if found else page


def test_the_second_makes_nothing_and_says_so(client, sent):
    page, address, fields, number = sent
    fields = fields | {NAME: key_in(client, page, address)}
    before = number()
    client.post(address, fields)
    assert number() == before + 1
    again = client.post(address, fields)
    assert (again.status_code, again["Location"], number()) == (302, page, before + 1)
    assert "This form was sent before" in client.get(page).content.decode()


def test_the_page_that_was_answered_holds_another_key(client, sent):
    page, address, fields, number = sent
    keys = [key_in(client, page, address) for _ in range(2)]
    before = number()
    for key in keys:
        client.post(address, fields | {NAME: key})
    assert number() == before + 2


@pytest.mark.parametrize("key", [{}, {NAME: ""}, {NAME: "no key"}])
def test_a_form_without_a_key_makes_one_each_time(client, sent, key):
    _, address, fields, number = sent
    before = number()
    for _ in range(2):
        client.post(address, fields | key)
    assert number() == before + 2


def test_a_form_that_was_refused_is_sent_again(client):
    """Rating goes on: the first is refused, the second insists."""
    study = StudyFactory(status="open")
    page = reverse("sharing", args=[study.slug])
    key = key_in(client, page, page)
    assert client.post(page, LINK | {NAME: key}).status_code == 400
    insisting = LINK | {NAME: key, "insist": "on", "reason": "The board meets today."}
    assert client.post(page, insisting).status_code == 200
    assert SharedLink.objects.count() == 1


def test_what_was_refused_in_the_making_is_sent_again(client, monkeypatch):
    person = UserFactory(username="lee", is_active=False)
    page, address = reverse("one-account", args=[person.pk]), reverse("reset-link", args=[person.pk])
    key = "00000000-0000-4000-8000-000000000001"
    client.post(address, {NAME: key})
    assert "is deactivated" in client.get(page).content.decode()
    person.is_active = True
    person.save()
    assert "/password/new/" in client.post(address, {NAME: key}).content.decode()


def test_the_session_holds_no_secret(client, study):
    page = reverse("sharing", args=[study.slug])
    shown = client.post(page, LINK | {NAME: key_in(client, page, page)}).context["address"]
    token = shown.rstrip("/").rsplit("/", 1)[1]
    assert token not in str(dict(client.session))
    assert len(client.session["forms-sent"]) == 1


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one():
    client = browser_of(UserFactory())
    cookies = client.cookies
    key = key_in(client, reverse("api-tokens"), reverse("api-tokens"))

    def send():
        browser = Client()
        browser.cookies = cookies
        return browser.post(reverse("api-tokens"), TOKEN | {NAME: key}).status_code

    assert sorted(at_once(send, send)) == [200, 302]
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize("kind", ["dataset", "document", "system", "study"])
def test_what_is_deleted_twice_leads_on(client, kind):
    made = {"dataset": DatasetFactory, "document": DocumentFactory, "system": SystemFactory, "study": StudyFactory}
    row = made[kind]()
    page = reverse("study-settings", args=[row.slug]) if kind == "study" else row.get_absolute_url()
    args = [row.pk if kind == "document" else getattr(row, "slug", None) or row.name]
    address = reverse("delete-study" if kind == "study" else f"{kind}_delete", args=args)
    fields = {NAME: key_in(client, page, address)}
    client.post(address, fields)
    assert not type(row).objects.filter(pk=row.pk).exists()
    assert client.post(address, fields, follow=True).status_code == 200
    assert client.post(address).status_code == 404


def test_what_is_renamed_twice_leads_on(client):
    dataset = DatasetFactory(name="meetings")
    address = reverse("dataset_rename", args=["meetings"])
    fields = {NAME: key_in(client, dataset.get_absolute_url(), address), "name": "talks"}
    for _ in range(2):
        assert client.post(address, fields, follow=True).status_code == 200
    dataset.refresh_from_db()
    assert dataset.name == "talks"


def test_who_is_removed_twice_leads_back(client, study):
    member = study.memberships.create(user=UserFactory(), role="researcher")
    page, address = reverse("study-people", args=[study.slug]), reverse("remove-member", args=[study.slug, member.pk])
    fields = {NAME: key_in(client, page, address)}
    for _ in range(2):
        assert client.post(address, fields, follow=True).status_code == 200
    assert not study.memberships.exists()
    assert client.post(address).status_code == 404
