"""Requests that cannot be read as they were meant are refused, before anything answers what was not asked."""

import pytest
from django.test import Client

from tests.api.helpers import error_of, program
from tests.people import annotator, researcher

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/boards/x/?criterion=a%00b", "/studies/%00/", "/admin/login/?next=%00"])
def test_an_address_that_no_database_stores_is_refused(address):
    assert Client().get(address).status_code == 400


def test_a_body_in_chunks_is_refused_and_not_read_as_empty():
    chunked = {"Transfer-Encoding": "chunked"}
    client = Client()
    answer = client.generic("POST", "/login/", b"", headers=chunked, CONTENT_LENGTH="")
    assert (answer.status_code, answer["Content-Type"]) == (411, "text/plain; charset=utf-8")
    asks = program()
    answer = client.generic("POST", "/api/v1/runs", b"", headers=chunked | asks.headers, CONTENT_LENGTH="")
    assert (answer.status_code, error_of(answer)["code"]) == (411, "length_required")


def test_a_body_with_a_length_is_read():
    assert Client().post("/login/", {"username": "maya", "password": "x"}).status_code == 200


def announced(client, path, size):
    """Say how much is sent; nothing of it need come to be refused."""
    return client.generic("POST", path, b"", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(size))


@pytest.mark.parametrize("path", ["/login/", "/datasets/import/", "/no-such-page/"])
def test_strangers_send_no_large_files(path):
    answer = announced(Client(), path, 9_000_001)
    assert (answer.status_code, answer.content.decode()) == (
        413, "This is more than can be sent here: at most 9 MB.",
    )  # fmt: skip
    assert announced(annotator(), path, 9_000_001).status_code == 413


def test_who_imports_meetings_sends_files_up_to_the_limit(settings):
    assert announced(researcher(), "/no-such-page/", 9_000_001).status_code == 404
    settings.PAGE_UPLOAD_BYTES = 20_000_000
    assert announced(researcher(), "/no-such-page/", 20_000_001).status_code == 413
