"""One's own account."""

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.test import Client

from accounts.models import Account, AccountEvent
from annotations.models import Membership
from tests.accounts.helpers import PASSWORD, account, browser_of
from tests.factories import make_study

pytestmark = [pytest.mark.django_db, pytest.mark.once]
LANGUAGE = django_settings.LANGUAGE_COOKIE_NAME


@pytest.fixture
def maya():
    return account("researcher", username="maya", email="maya@example.org")


def save(client, **values):
    return client.post("/account/", {"name": "", "email": "maya@example.org", "language": "", "password": ""} | values)


def test_the_page_shows_role_studies_and_the_way_to_password_and_tokens(maya):
    study = make_study(systems=2, documents=1)
    Membership.objects.create(study=study, user=maya, role="owner")
    page = browser_of(maya).get("/account/").content.decode()
    for text in ("Researcher: Works with", study.get_absolute_url(), 'href="/account/password/"', 'href="/tokens/"'):
        assert text in page
    assert 'href="/admin/"' not in page


def test_a_name_of_ones_own_is_shown_in_place_of_the_account(maya):
    client = browser_of(maya)
    assert save(client, name="Maya Lin").status_code == 302
    assert '<a class="muted" href="/account/"' in client.get("/").content.decode()
    assert "Maya Lin</a>" in client.get("/").content.decode()


def test_a_new_mail_address_needs_the_password(maya):
    client = browser_of(maya)
    for wrong in ("", "guess"):
        assert save(client, email="thief@example.org", password=wrong).status_code == 400
    assert User.objects.get(pk=maya.pk).email == "maya@example.org"
    assert save(client, email="new@example.org", password=PASSWORD).status_code == 302
    assert User.objects.get(pk=maya.pk).email == "new@example.org"
    assert AccountEvent.objects.get().action == "email"
    assert "example.org" not in str(AccountEvent.objects.values().get())


def test_guessing_the_password_here_is_locked(maya, settings):
    settings.AXES_FAILURE_LIMIT = 2
    client = browser_of(maya)
    statuses = [save(client, email="x@example.org", password=f"guess {n}").status_code for n in range(2)]
    assert statuses == [400, 429]
    assert save(client, email="x@example.org", password=PASSWORD).status_code == 429


def test_the_language_is_that_of_every_browser_one_logs_in_with(maya):
    client = browser_of(maya)
    save(client, language="zh-hans")
    assert '<html lang="zh-hans">' in client.get("/account/").content.decode()
    other = Client()
    other.post("/login/", {"username": "maya", "password": PASSWORD})
    assert other.cookies[LANGUAGE].value == "zh-hans"
    save(client, language="")
    assert client.cookies[LANGUAGE].value == ""


def test_other_fields_change_nothing(maya):
    save(browser_of(maya), role="administrator", is_superuser="on", username="root")
    stored = User.objects.get(pk=maya.pk)
    assert (stored.username, stored.is_superuser, Account.objects.get(user=maya).role) == ("maya", False, "researcher")


def test_a_member_without_a_study_has_an_account_page_too():
    page = browser_of(account()).get("/account/").content.decode()
    assert "You are not a member of any study." in page
