"""Who must have two-factor login, and who need not."""

import pytest
from django.test import Client

from accounts.models import SecondFactor
from accounts.two_factor import codes
from tests.accounts.helpers import PASSWORD, account, browser_of
from tests.accounts.two_factor.logins import PAGE, change, code_given, password_given, with_factor

pytestmark = pytest.mark.django_db


@pytest.fixture
def required(settings):
    settings.REQUIRE_TWO_FACTOR = ["administrator", "researcher"]


def test_a_role_that_must_have_it_gets_nowhere_else(maya, required):
    client, answer = password_given()
    assert answer.status_code == 302
    for path in ("/", "/account/", "/datasets/", "/operations/", "/tokens/"):
        assert client.get(path)["Location"] == PAGE
    for path in ("/tokens/", "/account/end-sessions", "/systems/new/"):
        refused = client.post(path)
        assert refused.status_code == 403
        assert "needs two-factor login" in refused.content.decode()
    assert client.get(PAGE).status_code == 200
    client.post(f"{PAGE}start", {"password": PASSWORD})
    factor = SecondFactor.objects.get()
    client.post(f"{PAGE}confirm", {"code": codes.shown_code(factor)})
    assert client.get("/datasets/").status_code == 200
    assert "Switch off" not in client.get(PAGE).content.decode()
    SecondFactor.objects.update(last_step=0)
    assert change(client, "off", codes.shown_code(factor))["Location"] == PAGE
    assert SecondFactor.objects.exists()


def test_sessions_of_before_the_rule_must_too_and_a_login_with_a_code_need_not(maya, required):
    factor, _made = with_factor(maya)
    assert browser_of(maya).get("/datasets/")["Location"] == PAGE
    client, _answer = password_given()
    code_given(client, codes.shown_code(factor))
    assert client.get("/datasets/").status_code == 200


@pytest.mark.once
def test_other_roles_need_not(required):
    assert browser_of(account("lead")).get("/datasets/").status_code == 200
    assert Client().get("/").status_code == 200


@pytest.mark.once
def test_who_opens_the_admin_site_is_as_an_administrator(required):
    user = account("lead", is_staff=True)
    assert browser_of(user).get("/admin/")["Location"] == PAGE


@pytest.mark.once
def test_who_comes_by_the_login_provider_need_not(maya, required):
    client = browser_of(maya)
    session = client.session
    session["came_by_provider"] = True
    session.save()
    assert client.get("/datasets/").status_code == 200


@pytest.mark.once
def test_an_account_without_a_password_is_told_who_asks():
    user = account("researcher", username="alice")
    user.set_unusable_password()
    user.save()
    client = browser_of(user)
    assert "you log in with your organisation" in client.get(PAGE).content.decode()
    assert client.post(f"{PAGE}start", {"password": ""}).status_code == 400
