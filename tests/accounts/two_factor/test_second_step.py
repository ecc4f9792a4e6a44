"""The second step of a login: codes, recovery codes, and attacks on it."""

import time

import pytest
from django.core import signing
from django.test import Client

from accounts.passwords import reset_path
from accounts.two_factor import checking, codes
from tests.accounts.helpers import NEW, PASSWORD, account, at_once, browser_of
from tests.accounts.two_factor.logins import PAGE, actions, code_given, is_in, password_given, with_factor

pytestmark = pytest.mark.django_db


def test_a_login_asks_for_a_code_and_goes_on_where_one_wanted(maya):
    factor, _made = with_factor(maya)
    client, answer = password_given(to="/login/?next=/studies/")
    assert answer["Location"] == "/login/code/"
    assert not is_in(client)
    for path in ("/account/", "/studies/", PAGE):
        assert client.get(path)["Location"].startswith("/login/")
    assert client.get("/login/code/").status_code == 200
    assert (
        code_given(client, f" {codes.shown_code(factor)[:3]} {codes.shown_code(factor)[3:]}")["Location"] == "/studies/"
    )
    assert client.get("/account/").status_code == 200


@pytest.mark.once
def test_one_goes_nowhere_else(maya):
    factor, _made = with_factor(maya)
    client, _answer = password_given(to="/login/?next=https://elsewhere.example/")
    assert code_given(client, codes.shown_code(factor))["Location"] == "/"


def test_a_wrong_password_never_asks_for_a_code(maya):
    with_factor(maya)
    client, answer = password_given(password="wrong")
    assert answer.status_code == 200
    assert client.get("/login/code/")["Location"] == "/login/"


@pytest.mark.parametrize("code", ["000000", "", "12345", "١٢٣٤٥٦", "x" * 41, "\0", "' OR 1=1 --", "²²²²²²"])
@pytest.mark.once
def test_what_is_no_code_does_not_log_in(maya, code):
    with_factor(maya)
    client, _answer = password_given()
    assert code_given(client, code).status_code == 200
    assert not is_in(client)


def test_a_code_counts_once(maya):
    factor, _made = with_factor(maya)
    code = codes.shown_code(factor)
    assert code_given(password_given()[0], code).status_code == 302
    again = password_given()[0]
    assert "was used before" in code_given(again, code).content.decode()
    assert not is_in(again)


def test_the_codes_beside_the_present_one_count_and_no_others(maya):
    factor, _made = with_factor(maya)
    now = time.time()
    assert [checking.is_right(factor, codes.shown_code(factor, now + steps * 30)) for steps in (-3, 3)] == [False] * 2
    assert checking.is_right(factor, codes.shown_code(factor, now + 30))
    # An older one than was taken is refused, though its time is near.
    assert not checking.is_right(factor, codes.shown_code(factor, now - 30))


@pytest.mark.django_db(transaction=True)
def test_two_who_send_one_code_at_once_are_one(maya):
    factor, made = with_factor(maya)
    code = codes.shown_code(factor)
    for given in (code, made[0]):
        assert sorted(at_once(*[lambda given=given: checking.is_right(factor, given)] * 3)) == [False, False, True]


def test_guessing_codes_is_locked_as_guessing_passwords_is(maya, settings, caplog):
    settings.AXES_FAILURE_LIMIT = 3
    factor, made = with_factor(maya)
    statuses = [code_given(password_given()[0], f"00000{n}").status_code for n in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    assert code_given(password_given()[0], codes.shown_code(factor)).status_code == 429
    assert code_given(password_given()[0], made[0]).status_code == 429
    assert "wrong login code from 127.0.0.1 as maya" in caplog.text
    assert "too many wrong login codes as maya" in caplog.text
    assert "00000" not in caplog.text


def test_right_codes_are_no_guesses(maya, settings):
    settings.AXES_FAILURE_LIMIT = 2
    _factor, made = with_factor(maya)
    for code in made[:5]:
        assert code_given(password_given()[0], code).status_code == 302


@pytest.mark.once
def test_wrong_codes_count_towards_the_limit_of_an_address(maya, settings):
    settings.LOGIN_FAILURES_PER_ADDRESS = 2
    with_factor(maya)
    client = password_given()[0]
    assert [code_given(client, "000000").status_code for _ in range(3)] == [200, 200, 429]


def test_a_recovery_code_works_once_and_is_recorded(maya):
    _factor, made = with_factor(maya)
    client, _answer = password_given()
    assert code_given(client, f"{made[0][:5]}-{made[0][5:].upper()}").status_code == 302
    assert is_in(client)
    again, _answer = password_given()
    assert code_given(again, made[0]).status_code == 200
    assert not is_in(again)
    assert actions(action="recovered") == [("maya", "recovered", "maya")]


@pytest.mark.once
def test_who_has_few_recovery_codes_left_is_told(maya):
    factor, made = with_factor(maya)
    for code in made[:7]:
        checking.is_right(factor, code)
    client, _answer = password_given()
    code_given(client, made[7])
    assert "You have 2 recovery codes left" in client.get("/account/").content.decode()


def wait(maya, client, monkeypatch):
    later = time.time() + 601
    monkeypatch.setattr(time, "time", lambda: later)


def change_password(maya, client, monkeypatch):
    maya.set_password(NEW)
    maya.save()


def close(maya, client, monkeypatch):
    maya.is_active = False
    maya.save()


@pytest.mark.parametrize("meanwhile", [wait, change_password, close])
@pytest.mark.once
def test_the_code_comes_too_late_once_the_login_is_another(maya, monkeypatch, meanwhile):
    factor, _made = with_factor(maya)
    client, _answer = password_given()
    meanwhile(maya, client, monkeypatch)
    assert code_given(client, codes.shown_code(factor))["Location"] == "/login/"
    assert not is_in(client)


@pytest.mark.once
def test_nobody_chooses_whose_code_is_asked_for(maya):
    """The session is signed; a crafted one is none."""
    with_factor(maya)
    client = Client()
    client.cookies["punchweight_session_8000"] = signing.dumps({"second_step": {"user": maya.pk}})
    assert client.get("/login/code/")["Location"] == "/login/"


def test_a_link_for_a_new_password_asks_for_the_code_too(maya):
    """Who reads somebody's mail does not have their app."""
    factor, _made = with_factor(maya)
    client = Client()
    page = client.get(reset_path(maya), follow=True)
    answer = client.post(page.request["PATH_INFO"], {"new_password1": NEW, "new_password2": NEW})
    assert answer["Location"] == "/login/code/"
    assert not is_in(client)
    assert code_given(client, codes.shown_code(factor)).status_code == 302
    assert is_in(client)


@pytest.mark.once
def test_the_admin_site_has_no_login_of_its_own():
    client = Client()
    for answer in (
        client.get("/admin/login/?next=/admin/jobs/"),
        client.post("/admin/login/?next=/admin/jobs/", {"username": "maya", "password": PASSWORD}),
    ):
        assert answer["Location"] == "/login/?next=/admin/jobs/"
    assert client.get("/admin/", follow=True).request["PATH_INFO"] == "/login/"
    assert browser_of(account("researcher")).get("/admin/login/").status_code == 403
