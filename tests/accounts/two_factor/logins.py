"""Logging in with a password and a code, in tests."""

from django.test import Client

from accounts.models import AccountEvent, SecondFactor
from accounts.two_factor import changes, codes
from tests.accounts.helpers import PASSWORD

PAGE = "/account/two-factor/"


def with_factor(user):
    """The second factor of this account, switched on, and its recovery codes."""
    factor = changes.begin(user)
    made = changes.confirm(factor, codes.shown_code(factor))
    # As if a minute had passed: the first code is not taken twice.
    SecondFactor.objects.update(last_step=0)
    factor.refresh_from_db()
    return factor, made


def password_given(client=None, to="/login/", name="maya", password=PASSWORD):
    client = client or Client()
    return client, client.post(to, {"username": name, "password": password})


def is_in(client):
    return "_auth_user_id" in client.session


def code_given(client, code):
    return client.post("/login/code/", {"code": code})


def actions(**more):
    return list(AccountEvent.objects.filter(**more).order_by("pk").values_list("actor", "action", "subject"))


def change(client, what, code, password=PASSWORD):
    return client.post(f"{PAGE}change", {"change": what, "code": code, "password": password})
