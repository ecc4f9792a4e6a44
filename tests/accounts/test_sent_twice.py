"""A login that is sent twice, by a double click, leads on as one does; and so does a form by a link that logs in."""

import re
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.models import AccountEvent, AddressChange
from accounts.passwords import reset_path
from annotations.people.new_members import invite_member
from evalsite.accounts import logging_in, sent_twice
from evalsite.accounts.forms import InvitedForm
from evalsite.accounts.profile import ADDRESS_KEY
from tests.accounts.helpers import NEW, account, browser_of, form, link, opened
from tests.accounts.two_factor.logins import with_factor
from tests.factories import UserFactory, make_study

pytestmark = [pytest.mark.django_db, pytest.mark.once]
PASSWORD = "right-and-long-enough"


@pytest.fixture
def sent():
    user = UserFactory(username="maya")
    user.set_password(PASSWORD)
    user.save()
    client = Client(enforce_csrf_checks=True)
    client.get("/login/")
    fields = {"username": "maya", "password": PASSWORD, "next": "/account/"}
    fields["csrfmiddlewaretoken"] = csrf_of(client)
    return client, fields


def csrf_of(client):
    return next(cookie.value for name, cookie in client.cookies.items() if "csrf" in name)


def test_the_second_has_a_form_that_the_first_made_out_of_date(sent):
    client, fields = sent
    assert client.post("/login/", fields)["Location"] == "/account/"
    again = client.post("/login/", fields)
    assert (again.status_code, again["Location"]) == (302, "/account/")
    elsewhere = client.post("/login/", fields | {"next": "https://elsewhere.example/"})
    assert elsewhere["Location"] == "/"


def test_the_second_has_a_session_that_the_first_ended(sent, monkeypatch):
    client, fields = sent
    session = client.session
    session["kept"] = True
    session.save()

    def post(view, request):
        request.session["of"] = "the second"
        Session.objects.all().delete()  # by the first, meanwhile
        return view.get(request)

    monkeypatch.setattr(logging_in.Login, "post", post)
    answer = client.post("/login/", fields)
    assert (answer.status_code, answer["Location"]) == (302, "/account/")


def test_another_form_that_is_out_of_date_is_refused(sent):
    client, fields = sent
    client.post("/login/", fields)
    assert client.post("/account/", {"csrfmiddlewaretoken": "x" * 64}).status_code == 403
    assert Client(enforce_csrf_checks=True).post("/login/", fields).status_code == 403


# ---- by the link of an invitation, and of a new password

ACCEPT = "/invited/"


@pytest.mark.parametrize("of_the_second", ["session kept", "session ended"])
def test_the_second_form_of_an_invitation_logs_in_and_leads_on(of_the_second):
    study = make_study(systems=2, documents=1)
    token = invite_member(study, "researcher", account("administrator"))[1]
    kept = opened(token)
    assert opened(token).post(ACCEPT, form()).status_code == 302
    second = kept if of_the_second == "session kept" else Client()
    answer = second.post(ACCEPT, form(), follow=True)
    assert answer.request["PATH_INFO"] == study.get_absolute_url()
    assert answer.wsgi_request.user.get_username() == "maya"
    assert User.objects.filter(username="maya").count() == 1


def test_the_second_finds_the_name_taken_by_the_first(monkeypatch):
    token = link()
    second = opened(token)
    clean = InvitedForm._post_clean

    def meanwhile(bound):
        monkeypatch.setattr(InvitedForm, "_post_clean", clean)
        opened(token).post(ACCEPT, form())
        clean(bound)

    monkeypatch.setattr(InvitedForm, "_post_clean", meanwhile)
    answer = second.post(ACCEPT, form())
    assert (answer.status_code, answer["Location"]) == (302, "/")


@pytest.mark.parametrize("wrong", [{"password1": "another one"}, {"username": "root"}, {"username": ""}])
def test_another_name_or_password_is_refused_and_counts_as_a_login(wrong):
    account(username="root")
    token = link()
    kept = opened(token)
    opened(token).post(ACCEPT, form())
    answer = kept.post(ACCEPT, form() | wrong)
    assert (answer.status_code, "_auth_user_id" in kept.session) == (410, False)
    assert AccessAttempt.objects.exists() == (wrong != {"username": ""})


def test_somebody_elses_account_is_not_let_in_by_a_used_invitation():
    """Who opened the link, and knows the password of an account that is not of it, logs in on the page of logins."""
    token = link()
    opened(token).post(ACCEPT, form())
    account(username="leo")
    kept = opened(token)
    assert kept.post(ACCEPT, {"username": "leo", "password1": "correct horse"}).status_code == 410


def test_a_used_invitation_is_refused_later(monkeypatch):
    monkeypatch.setattr(sent_twice, "RECENT", timedelta(0))
    token = link()
    opened(token).post(ACCEPT, form())
    assert opened(token).post(ACCEPT, form()).status_code == 410


def test_who_guesses_by_a_used_invitation_is_locked_out_as_at_the_login(settings):
    settings.LOGIN_FAILURES_PER_NAME = 2
    token = link()
    opened(token).post(ACCEPT, form())
    kept = opened(token)
    for guess in ("first guess", "second guess"):
        kept.post(ACCEPT, form(password1=guess))
    assert kept.post(ACCEPT, form()).status_code == 410
    assert Client().post("/login/", {"username": "maya", "password": NEW}).status_code == 429


def test_the_second_step_is_asked_of_the_second_form():
    token = link()
    kept = opened(token)
    opened(token).post(ACCEPT, form())
    maya = User.objects.get(username="maya")
    with_factor(maya)
    assert kept.post(ACCEPT, form())["Location"] == "/login/code/"
    assert "_auth_user_id" not in kept.session


def test_who_accepts_twice_with_the_account_they_have_is_led_on():
    study = make_study(systems=2, documents=1)
    client = opened(invite_member(study, "owner", account("administrator"))[1], browser_of(account(username="leo")))
    for _ in range(2):
        assert client.post(ACCEPT)["Location"] == study.get_absolute_url()


def test_a_form_of_an_invitation_that_the_first_made_out_of_date_leads_on():
    client = Client(enforce_csrf_checks=True)
    opened(link(), client)
    client.get(ACCEPT)
    fields = form(csrfmiddlewaretoken=csrf_of(client))
    assert client.post(ACCEPT, fields).status_code == 302
    again = client.post(ACCEPT, fields)
    assert (again.status_code, again["Location"]) == (302, "/")
    assert client.post(ACCEPT, fields | {"username": "leo"}).status_code == 403


def new_password_form(user):
    """The page of a new password, reached by a link: its address and the browser."""
    client = Client()
    return client.get(reset_path(user), follow=True).request["PATH_INFO"], client


PASSWORDS = {"new_password1": NEW, "new_password2": NEW}


@pytest.mark.parametrize("session", ["kept", "ended"])
def test_the_second_form_of_a_new_password_logs_in(session):
    user = account(username="maya")
    (page, first), (_, second) = new_password_form(user), new_password_form(user)
    assert first.post(page, PASSWORDS).status_code == 302
    second = second if session == "kept" else Client()
    answer = second.post(page, PASSWORDS)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert second.session["_auth_user_id"] == str(user.pk)
    assert AccountEvent.objects.filter(action="password").count() == 1


@pytest.mark.parametrize("wrong", ["another password", "not set a moment ago"])
def test_a_used_link_for_a_new_password_logs_nobody_else_in(wrong):
    user = account(username="maya")
    page, first = new_password_form(user)
    first.post(page, PASSWORDS)
    sent = PASSWORDS
    if wrong == "another password":
        sent = {"new_password1": "another one 7", "new_password2": "another one 7"}
    else:
        AccountEvent.objects.all().delete()
    second = Client()
    assert (second.post(page, sent).status_code, "_auth_user_id" in second.session) == (410, False)
    assert second.get(page).status_code == 410


def test_a_form_of_a_new_password_that_is_out_of_date_leads_on_its_account_alone():
    maya = account(username="maya")
    client = Client(enforce_csrf_checks=True)
    page = client.get(reset_path(maya), follow=True).request["PATH_INFO"]
    fields = PASSWORDS | {"csrfmiddlewaretoken": csrf_of(client)}
    assert [client.post(page, fields)["Location"] for _ in range(2)] == ["/", "/"]
    other = Client(enforce_csrf_checks=True)
    other.force_login(account(username="leo"))
    assert other.post(page, fields).status_code == 403


def test_a_new_mail_address_is_confirmed_twice_without_an_error():
    user = account(username="maya", email="old@example.org")
    client = browser_of(user)
    change = AddressChange.objects.create(
        digest="d" * 64, user=user, address="new@example.org", expires_at=timezone.now() + timedelta(hours=1)
    )
    session = client.session
    session[ADDRESS_KEY] = change.digest
    session.save()
    key = re.search(r'name="once" value="([^"]+)"', client.get("/account/address/").content.decode())[1]
    for _ in range(2):
        assert client.post("/account/address/", {"once": key})["Location"] == "/account/"
    assert User.objects.get(pk=user.pk).email == "new@example.org"
