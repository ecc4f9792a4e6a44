"""Researchers read the example and change nothing in it: no page of it offers them what would be refused."""

import re
from collections import deque

import pytest
from django.db import transaction
from django.urls import resolve
from django.urls.exceptions import Resolver404

from evalsite.example.study import SLUG, load_example
from tests.factories import UserFactory
from tests.people import with_role

pytestmark = [pytest.mark.django_db, pytest.mark.once]
# They store nothing, or nothing of the study.
HARMLESS = {"logout", "set-language", "preview-answer", "study-protocol"}
LINK = re.compile(r'(?:href|formaction)="([^"#?]+)[^"]*"')
FORM = re.compile(r"<form\b[^>]*>", re.IGNORECASE)


@pytest.fixture(scope="module")
def _loaded(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        load_example(UserFactory(is_staff=True))
        yield
        transaction.set_rollback(True)


@pytest.fixture
def reader(_loaded, db):
    return with_role("researcher")


def name_of(address):
    try:
        return resolve(address).url_name
    except Resolver404:
        return None


def pages(client):
    """Yield every kind of page of the study that can be reached by links, once, with its answer."""
    waiting, seen = deque([f"/studies/{SLUG}/"]), set()
    while waiting:
        address = waiting.popleft()
        if name_of(address) in seen or name_of(address) is None:
            continue
        seen.add(name_of(address))
        answer = client.get(address)
        yield address, answer
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            links = LINK.findall(answer.content.decode())
            waiting.extend(link for link in links if re.match(rf"/(studies|boards)/{SLUG}/", link))


def posts_of(html, address):
    for form in FORM.findall(html):
        if 'method="post"' in form:
            action = re.search(r'action="([^"]*)"', form)
            target = action[1].split("?")[0].split("#")[0] if action else ""
            yield name_of(target or address)


def test_no_link_leads_to_a_refusal_and_no_button_is_there_that_refuses(reader):
    seen = 0
    for address, answer in pages(reader):
        assert answer.status_code in (200, 302), address
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
            seen += 1
            assert set(posts_of(answer.content.decode(), address)) <= HARMLESS, address
    assert seen > 15


@pytest.mark.parametrize("page", ["gold/", "settings/"])
def test_what_is_useful_to_know_about_says_why_it_is_not_for_them(reader, page):
    assert "The example is there to read" in reader.get(f"/studies/{SLUG}/{page}").content.decode()


def test_leads_still_have_the_buttons(_loaded, db):
    html = with_role("lead").get(f"/studies/{SLUG}/gold/").content.decode()
    assert "Create checks" in html
    assert "The example is there to read" not in html
