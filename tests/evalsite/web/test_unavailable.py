"""While the database is gone, everybody is told to come back: pages in words, programs in JSON."""

from contextlib import ExitStack

import pytest
from django.db import OperationalError, connection
from django.test import Client

from tests.api.helpers import program
from tests.factories import make_study
from tests.people import researcher

pytestmark = pytest.mark.django_db


@pytest.fixture
def gone():
    """Every statement fails, as those do whose server is gone."""

    def fail(*args):
        raise OperationalError("server closed the connection unexpectedly")

    with ExitStack() as stack:
        yield lambda: stack.enter_context(connection.execute_wrapper(fail))


def quiet(client):
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize("path", ["/", "/studies/", "/boards/s/", "/admin/", "/runs/"])
def test_pages_say_so_without_a_database(path, gone):
    client = quiet(researcher())
    gone()
    answer = client.get(path)
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert "cannot answer at the moment" in answer.content.decode()


def test_the_page_is_in_the_language_of_the_reader(gone):
    client = quiet(researcher())
    gone()
    answer = client.get("/runs/", headers={"accept-language": "zh-hans"})
    assert answer.status_code == 503
    assert "cannot answer" not in answer.content.decode()


@pytest.mark.parametrize("method", ["get", "post"])
def test_programs_get_json(method, gone):
    study, asks = make_study(), program()
    quiet(asks.client)
    gone()
    answer = getattr(asks, method)(f"/studies/{study.slug}", *([{}] if method == "post" else []))
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "unavailable"


def test_another_fault_stays_one(monkeypatch):
    def fail(request):
        raise ValueError("a fault of ours")

    monkeypatch.setattr("evalsite.web.views.rights_of", fail)
    assert quiet(Client()).get("/").status_code == 500
