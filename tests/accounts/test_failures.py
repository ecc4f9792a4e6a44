"""Limits on failed logins: of a name and an address together, of one address, of one name."""

import logging

import pytest
from django.test import Client

from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

PASSWORD = "right-and-long-enough"


@pytest.fixture
def admin():
    user = UserFactory(username="admin", is_superuser=True)
    user.set_password(PASSWORD)
    user.save()
    return user


def log_in(name, password="wrong", address="203.0.113.1", **headers):
    return Client(REMOTE_ADDR=address).post("/login/", {"username": name, "password": password}, headers=headers)


def test_wrong_passwords_lock_the_name_for_their_address_alone(admin, settings):
    settings.AXES_FAILURE_LIMIT = 3
    assert [log_in("admin").status_code for _ in range(4)][-1] == 429
    assert log_in("admin", PASSWORD).status_code == 429
    assert log_in("admin", PASSWORD, "203.0.113.2").status_code == 302


def test_many_names_from_one_address_are_locked(admin, settings):
    settings.LOGIN_FAILURES_PER_ADDRESS = 4
    assert [log_in(f"name-{n}").status_code for n in range(5)] == [200] * 4 + [429]
    assert log_in("admin", PASSWORD).status_code == 429
    assert log_in("admin", PASSWORD, "203.0.113.2").status_code == 302


def test_one_name_from_many_addresses_is_locked(admin, settings):
    settings.LOGIN_FAILURES_PER_NAME = 4
    assert [log_in("Admin", address=f"203.0.113.{n}").status_code for n in range(5)] == [200] * 4 + [429]
    UserFactory(username="maya")
    assert log_in("maya", address="203.0.113.9").status_code == 200


@pytest.mark.parametrize(
    ("proxies", "forwarded", "same"),
    [(1, "198.51.100.{n}", False), (1, "198.51.100.{n}, 192.0.2.7", True), (2, "198.51.100.{n}, 192.0.2.7", False)],
)
def test_behind_proxies_an_address_is_what_the_first_of_them_saw(proxies, forwarded, same, settings):
    settings.BEHIND_PROXY, settings.PROXY_COUNT, settings.LOGIN_FAILURES_PER_ADDRESS = True, proxies, 3
    answers = [
        log_in(f"name-{n}", address="127.0.0.1", **{"X-Forwarded-For": forwarded.format(n=n)}).status_code
        for n in range(5)
    ]
    assert (429 in answers) is same


def test_an_unnamed_proxy_locks_nobody_and_is_told_of(settings, caplog):
    settings.LOGIN_FAILURES_PER_ADDRESS = 2
    answers = [log_in(f"name-{n}", address="127.0.0.1", **{"X-Forwarded-For": "198.51.100.1"}) for n in range(4)]
    assert {answer.status_code for answer in answers} == {200}
    assert "BEHIND_PROXY is off" in caplog.text


def test_the_log_names_address_and_account_and_no_password_in_the_wrong_field(admin, caplog):
    with caplog.at_level(logging.INFO, "evalsite"):
        log_in("admin")
        log_in("my secret passphrase")
    assert "failed login from 203.0.113.1 as admin" in caplog.text
    assert "my secret passphrase" not in caplog.text
    assert "wrong" not in caplog.text
