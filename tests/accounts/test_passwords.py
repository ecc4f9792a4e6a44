"""Forgotten and changed passwords: one-time links, and the login's lock over both."""

from datetime import datetime, timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import AccountEvent
from accounts.passwords import ResetTokens, reset_path
from accounts.roles import deactivate
from accounts.tasks import send_reset_link
from jobs import messages
from tests.accounts.helpers import NEW, PASSWORD, account, browser_of

pytestmark = pytest.mark.django_db
FORGOTTEN, CHANGE = "/password/", "/account/password/"
PASSWORDS = {"new_password1": NEW, "new_password2": NEW}


@pytest.fixture
def maya():
    return account(username="maya", email="maya@example.org")


@pytest.fixture
def sends_mail(settings, monkeypatch, django_capture_on_commit_callbacks):
    """The site sends mail; the worker's task runs when its message is sent."""
    settings.MAIL_CONFIGURED, settings.SITE_URL = True, "https://site.example"
    monkeypatch.setattr(messages, "send", lambda task, pk, **_: send_reset_link(pk))

    def ask(address, client=None):
        with django_capture_on_commit_callbacks(execute=True):
            return (client or Client()).post(FORGOTTEN, {"email": address})

    return ask


def follow(path, client=None):
    client = client or Client()
    return client, client.get(path, follow=True)


def set_password(client, page, **values):
    return client.post(page.request["PATH_INFO"], PASSWORDS | values)


def logs_in(name, password):
    return Client().post("/login/", {"username": name, "password": password}).status_code == 302


def test_without_mail_the_page_says_whom_to_ask(maya, settings):
    settings.CONTACT = "Leo, room 5"
    for send in (Client().get, Client().post):
        page = send(FORGOTTEN, {"email": maya.email}).content.decode()
        assert "This site sends no mail" in page
        assert "Leo, room 5" in page
    assert mail.outbox == []


def test_a_link_comes_by_mail_and_sets_a_password(maya, sends_mail):
    elsewhere = browser_of(maya)
    assert sends_mail("Maya@Example.org")["Location"] == "/password/sent/"
    [sent] = mail.outbox
    path = (
        sent.body[sent.body.index("https://site.example/password/new/") :]
        .split()[0]
        .removeprefix("https://site.example")
    )
    client, page = follow(path)
    assert "set-password" in page.request["PATH_INFO"]
    assert set_password(client, page)["Location"] == "/"
    assert "maya" in client.get("/").content.decode()
    assert logs_in("maya", NEW)
    assert not logs_in("maya", PASSWORD)
    assert "Log in" in elsewhere.get("/").content.decode()
    assert AccountEvent.objects.filter(action="password", subject="maya").count() == 1


@pytest.mark.once
def test_the_answer_does_not_say_whether_an_account_exists(maya, sends_mail):
    known, unknown = sends_mail(maya.email), sends_mail("nobody@example.org")
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert len(mail.outbox) == 1


def test_an_account_is_sent_few_mails_and_an_address_may_not_ask_for_many(maya, sends_mail, settings):
    for _ in range(5):
        assert sends_mail(maya.email).status_code == 302
    assert len(mail.outbox) == 3
    settings.AXES_FAILURE_LIMIT = 5
    assert sends_mail("other@example.org").status_code == 429


@pytest.mark.once
def test_who_is_deactivated_gets_no_mail(maya, sends_mail):
    deactivate(maya, account("administrator"))
    sends_mail(maya.email)
    assert mail.outbox == []
    assert send_reset_link(maya.pk) == "no such account"


def use(maya, path):
    client, page = follow(path)
    set_password(client, page)


def log_in(maya, path):
    Client().post("/login/", {"username": "maya", "password": PASSWORD})


def close_account(maya, path):
    deactivate(maya, account("administrator"))


def end_sessions(maya, path):
    client = browser_of(maya)
    client.post("/account/end-sessions")


@pytest.mark.parametrize("end", [use, log_in, close_account, end_sessions])
def test_a_link_ends(maya, end):
    path = reset_path(User.objects.get(pk=maya.pk))
    client, page = follow(path)
    assert page.status_code == 200
    end(maya, path)
    before = User.objects.get(pk=maya.pk).password
    assert follow(path)[1].status_code == 410
    set_password(client, page)
    assert User.objects.get(pk=maya.pk).password == before


@pytest.mark.once
def test_a_link_is_good_for_a_day(maya, monkeypatch):
    path, now = reset_path(maya), datetime.now()
    monkeypatch.setattr(ResetTokens, "_now", lambda self: now + timedelta(hours=25))
    assert follow(path)[1].status_code == 410


@pytest.mark.once
def test_a_link_of_one_account_does_not_open_another(maya):
    other = account("administrator", username="root")
    parts, others = reset_path(maya).split("/"), reset_path(other).split("/")
    parts[3] = others[3]
    assert follow("/".join(parts))[1].status_code == 410


@pytest.mark.once
def test_the_new_password_is_held_to_the_rules(maya):
    client, page = follow(reset_path(maya))
    answer = set_password(client, page, new_password1="short", new_password2="short")
    assert answer.status_code == 200
    assert "new_password2" in answer.context["form"].errors
    assert logs_in("maya", PASSWORD)


# ---- one's own


def change(client, old=PASSWORD):
    return client.post(CHANGE, PASSWORDS | {"old_password": old})


def test_one_changes_ones_own_password_and_other_browsers_end(maya):
    here, elsewhere = browser_of(maya), browser_of(maya)
    key = here.session.session_key
    assert change(here)["Location"] == "/account/"
    assert here.session.session_key != key
    assert here.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302
    assert logs_in("maya", NEW)


def test_guessing_the_current_password_is_locked_as_the_login_is(maya, settings):
    settings.AXES_FAILURE_LIMIT = 3
    client = browser_of(maya)
    statuses = [change(client, old=f"guess {n}").status_code for n in range(4)]
    assert statuses == [200, 200, 429, 429]
    assert change(client).status_code == 429
    assert Client().post("/login/", {"username": "maya", "password": PASSWORD}).status_code == 429
    stored = str(list(AccessAttempt.objects.values()))
    assert "guess" not in stored
    assert NEW not in stored


@pytest.mark.once
def test_the_admin_site_has_no_other_way_to_change_a_password():
    client = browser_of(account("administrator"))
    assert client.get("/admin/password_change/")["Location"] == CHANGE


@pytest.mark.once
def test_a_forgotten_password_is_offered_at_the_login():
    assert f'href="{reverse("forgotten-password")}"' in Client().get("/login/").content.decode()


def test_logging_out_elsewhere_leaves_this_browser(maya, rf):
    here, elsewhere, later = browser_of(maya), browser_of(maya), Client()
    assert here.post("/account/end-sessions").status_code == 302
    assert here.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302
    later.post("/login/", {"username": "maya", "password": PASSWORD})
    assert later.get("/account/").status_code == 200


def test_sessions_of_before_go_on(maya):
    """They name Django's own backend and hold no number."""
    client = Client()
    client.force_login(maya, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/account/").status_code == 200
