"""Links and tokens that people pass on have a button that copies them, on every page; and the page says what was made."""

import re

import pytest
from django.urls import reverse

from tests.accounts.helpers import browser_of
from tests.evalsite.web.test_sent_twice import ACCOUNT, LINK, TOKEN
from tests.factories import StudyFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def client():
    return browser_of(UserFactory(username="ada", is_staff=True, is_superuser=True))


def invite(client, study, **fields):
    return client.post(reverse("invite", args=[study.slug]), fields, follow=True).content.decode()


def shown_by(client, name):
    """The page that shows a link or token of this kind."""
    study = StudyFactory(status="closed")
    if name == "invite":
        return invite(client, study, kind="link", label="students")
    args = [UserFactory().pk] if name == "reset-link" else [study.slug] if name in ("sharing", "invite-member") else []
    fields = {"sharing": LINK, "api-tokens": TOKEN, "invite-account": ACCOUNT, "invite-member": {"role": "owner"}}
    return client.post(reverse(name, args=args), fields.get(name, {})).content.decode()


@pytest.mark.parametrize("name", ["sharing", "api-tokens", "invite-account", "reset-link", "invite-member", "invite"])
def test_a_button_copies_it(client, name):
    page = shown_by(client, name)
    (copied,) = re.findall(r'data-copy="([^"]+)"', page)
    (field,) = [tag for tag in re.findall(r"<input[^>]*readonly[^>]*>", page) if f'id="{copied}"' in tag]
    assert re.search(r'value="(http://|pw_)[^"]+"', field)
    assert "annotations/copy" in page
    assert page.count("data-texts=") == 1


def test_a_link_that_was_revoked_is_not_copied(client):
    study = StudyFactory()
    invite(client, study, kind="link")
    made = study.invitations.get()
    page = client.post(reverse("revoke", args=[study.slug, made.public_id]), follow=True).content.decode()
    assert "data-copy" not in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": "link", "label": "students"}, "The invitation is made."),
        ({"kind": "email", "addresses": "a@example.org"}, "The invitation is made."),
        ({"kind": "email", "addresses": "a@example.org\nb@example.org"}, "2 invitations are made."),
    ],
)
def test_invite_says_what_it_made(client, fields, said):
    assert said in invite(client, StudyFactory(), **fields)
