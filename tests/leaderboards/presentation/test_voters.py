"""Sentences about people are others where a program drew the votes: on every page of results and in the report."""

import re
from html import unescape

import pytest
from django.db import transaction

from evalsite.example.study import SLUG, load_example
from leaderboards.presentation.trust.voters import OF_SIMULATED, said_of_voters
from tests.factories import UserFactory
from tests.people import researcher

PAGES = ("", "report/", "trust/", "combined/", "planning/", "small-versus-large/", "wins/")
ABOUT_PEOPLE = re.compile(
    r"\bPeople (compared|agree|mostly|said|show|may)|whether people|by people|as people do|How far people"
    r"|people agree|people judged|nobody judged|everybody agrees|[Hh]uman \+"
)


@pytest.fixture(scope="module")
def _loaded(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        load_example(UserFactory(is_staff=True))
        yield
        transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.once
@pytest.mark.parametrize("page", PAGES)
def test_no_page_of_the_example_says_that_people_voted(_loaded, page):
    answer = researcher().get(f"/boards/{SLUG}/{page}")
    assert answer.status_code == 200
    text = unescape(re.sub(r"<[^>]+>", " ", answer.content.decode()))
    assert not ABOUT_PEOPLE.findall(text)


@pytest.mark.parametrize("text", OF_SIMULATED)
def test_of_people_a_sentence_stays_as_it_is(text):
    assert said_of_voters(text, simulated=False) == text
    assert "imulated" in said_of_voters(text, simulated=True) or "program" in said_of_voters(text, simulated=True)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("It is not known yet whether people agree: one vote.", "whether the simulated votes agree: one vote."),
        ("It is not known yet whether people agree. There is no interval: few.", "agree: There is no interval: few."),
        ("It is not known how far metrics and people agree: x.", "metrics and the simulated votes agree: x."),
        ("No metric certainly ranks the systems as people do: with 4 systems, y.", "do: with 4 systems, y."),
        (
            "ROUGE-1 and Words rank the systems much as people do. That holds for these systems and documents; it does "
            "not make a metric a substitute for people.",
            "much that of ROUGE-1 and Words. It says nothing of people.",
        ),
    ],
)
def test_sentences_with_values_keep_them(text, told):
    assert said_of_voters(text, simulated=True).endswith(told)


@pytest.mark.django_db
@pytest.mark.once
def test_links_that_paper_cannot_follow_are_left_off_it(_loaded):
    html = researcher().get(f"/boards/{SLUG}/report/").content.decode()
    assert re.search(r'<a class="[^"]*screen-only[^"]*"[^>]*>What does this mean', html)
