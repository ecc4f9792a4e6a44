"""Which addresses wait for each other, and what is said when one waited too long."""

import re

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from lib.serving.heavy import REFUSED_HEADER
from tests.addresses import TABLE
from tests.api.helpers import error_of
from tests.rights import EVERYBODY, JOINED, ONES_RATING
from tests.test_permissions import made, world  # noqa: F401  (fixtures)

# Of results, what computes nothing.
QUICK = {"board-status"}
REFUSED = {REFUSED_HEADER: "1"}


def is_heavy(path):
    return re.match(settings.HEAVY_ADDRESSES, path) is not None


@pytest.mark.django_db
@pytest.mark.once("looks at addresses")
def test_results_wait_for_each_other_and_what_raters_ask_for_never_does(world):  # noqa: F811
    heavy = {name for name in TABLE if is_heavy(reverse(name, args=world.args[name]))}
    results = {name for name in TABLE if reverse(name, args=world.args[name]).startswith("/boards/")}
    assert results - heavy == QUICK
    shared = {name for name in TABLE if name.startswith(("shared-", "public-")) and name != "public-boards"}
    pages = {"study-quality", "disagreements", "study-pairs", "compare-summaries", "choose-gold"}
    files = {"work-csv", "release-zip", "release-file", "export-file"}
    assert shared | pages | files <= heavy
    at_once = {name for name, (_, roles) in TABLE.items() if roles in (JOINED, EVERYBODY, ONES_RATING)} | {
        "home",
        "studies",
        "study",
    }
    assert heavy & at_once == set()


@pytest.mark.parametrize(
    ("path", "heavy"),
    [
        ("/api/v1/studies/x/boards/overall", True),
        ("/api/v1/studies/x/votes", True),
        ("/api/v1/studies/x/releases/1.0/zip", True),
        ("/api/v1/studies/x/releases/1.0", False),
        ("/releases/x/1.0/", False),
        ("/api/v1/studies/x/status", False),
        ("/api/v1/rating/next", False),
    ],
)
def test_programs_wait_too(path, heavy):
    assert is_heavy(path) is heavy


def test_a_page_that_waited_too_long_says_when_to_come_back():
    answer = Client().get("/boards/x/", headers=REFUSED | {"Accept-Language": "zh-hans"})
    assert (answer.status_code, answer["Retry-After"]) == (429, "10")
    assert "同时" in answer.content.decode()
    assert 'href="">重试</a>' in answer.content.decode()


def test_a_program_that_waited_too_long_is_told_as_programs_are():
    answer = Client().get("/api/v1/studies/x/votes", headers=REFUSED)
    assert (answer.status_code, answer["Retry-After"]) == (429, "10")
    assert error_of(answer)["code"] == "too_many_requests"
