"""Links that hold a secret appear in no log."""

import logging
from types import SimpleNamespace

import pytest
from gunicorn.config import Config

from accounts.logs import AccessLog, without_secrets
from accounts.passwords import reset_path
from tests.accounts.helpers import account, link
from tests.people import stranger

LINKS = [
    "/shared/share_abc/report/",
    "/join/abc.def-1/",
    "/resume/abc/",
    "/invited/abc/",
    "/password/new/MQ/abc-def/",
]


# Who is not logged in is sent to the login, which is no refusal.
@pytest.mark.parametrize("path", [*LINKS, "/account/address/abc/"])
def test_the_secret_is_left_out(path):
    assert "abc" not in without_secrets(f'GET {path}?x=1 HTTP/1.1 "https://site{path}"')


@pytest.mark.parametrize("path", ["/invited/", "/password/new/MQ/set-password/", "/studies/join/", "/datasets/abc/"])
def test_other_addresses_stay(path):
    assert without_secrets(f"GET {path} HTTP/1.1") == f"GET {path} HTTP/1.1"


@pytest.mark.parametrize("path", LINKS)
def test_gunicorns_log_of_requests_names_no_secret(path):
    environ = {"REQUEST_METHOD": "GET", "RAW_URI": path, "PATH_INFO": path, "HTTP_REFERER": f"https://site{path}"}
    environ |= {"SERVER_PROTOCOL": "HTTP/1.1", "QUERY_STRING": ""}
    answer = SimpleNamespace(status="200 OK", headers=[], sent=1)
    took = SimpleNamespace(seconds=0, microseconds=1)
    config = Config()
    config.set("logger_class", AccessLog)
    atoms = AccessLog(config).atoms(answer, SimpleNamespace(headers=[]), environ, took)
    assert "abc" not in str(atoms)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/join/abc/", "/resume/abc/", "/password/new/MQ/abc-def/"])
def test_djangos_log_of_refused_requests_names_no_secret(path, caplog):
    with caplog.at_level(logging.INFO):
        stranger().get(path)
        stranger().post(path)
    assert caplog.records
    assert "abc" not in caplog.text


@pytest.mark.django_db
def test_nor_does_the_log_of_a_working_link(caplog):
    token, path = link(), reset_path(account())
    with caplog.at_level(logging.DEBUG):
        stranger().get(f"/invited/{token}/")
        stranger().get(path)
    assert token not in caplog.text
    assert path.strip("/").split("/")[-1] not in caplog.text
