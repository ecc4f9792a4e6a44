import re

import pytest
from django.conf import settings
from django.test import RequestFactory
from django.views.defaults import server_error

from tests.factories import CriterionFactory, StudyFactory, SummaryFactory, UserFactory
from tests.people import annotator, researcher, stranger

pytestmark = pytest.mark.django_db
STUDIES = "/studies/"


def test_logging_in_leads_back_to_the_page_asked_for():
    UserFactory(username="maya", is_staff=True)
    form = {"username": "maya", "password": "correct horse", "next": "/runs/"}
    assert stranger().post("/login/", form)["Location"] == "/runs/"


def test_a_wrong_password_is_said_beside_the_form():
    html = stranger().post("/login/", {"username": "maya", "password": "wrong"}).content.decode()
    assert 'class="errorlist nonfield"' in html


def test_patterns_are_for_researchers():
    assert researcher().get("/patterns/").status_code == 200
    assert annotator().get("/patterns/").status_code == 403


def test_error_pages_link_to_no_system_or_result():
    sections = {f"/{name}/" for name in ("studies", "datasets", "systems", "judges", "runs", "fine-tuning", "account")}
    few = {"#main", "/", "/docs/"}
    for response, expected in (
        (annotator().get("/runs/"), few),
        (annotator().get("/nowhere/"), few),
        (researcher().get("/rate/nowhere/"), few),
        (researcher().get("/nowhere/"), few | sections),
    ):
        addresses = re.findall(r'href="([^"]+)"', response.content.decode())
        assert {address for address in addresses if not address.startswith("/static/")} == expected


@pytest.mark.parametrize("person", [stranger, researcher])
@pytest.mark.parametrize("address", ["/", "/login/", "/nowhere/"])
def test_pages_hold_nothing_the_security_policy_forbids(person, address):
    html = person().get(address).content.decode()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|(src|href)=.(https?:)?//", html)


def test_researchers_pages_hold_nothing_the_security_policy_forbids():
    summary = SummaryFactory()
    client = researcher()
    addresses = ["/datasets/", "/systems/", "/runs/", "/patterns/", f"/runs/{summary.run_id}/"]
    for address in [*addresses, f"/documents/{summary.document_id}/", f"/systems/{summary.run.system.slug}/"]:
        response = client.get(address)
        assert "style-src 'self'" in response["Content-Security-Policy"]
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", response.content.decode())


@pytest.mark.parametrize("address", ["/", "/no-such-page/"])
def test_every_page_has_the_policy_of_the_settings(address):
    policy = stranger().get(address)["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "img-src 'self' data:", "frame-ancestors 'none'"} < set(policy)
    assert len(policy) == len(settings.CONTENT_SECURITY_POLICY["DIRECTIVES"])


def test_the_page_of_a_fault_needs_no_database(django_assert_num_queries):
    with django_assert_num_queries(0):
        response = server_error(RequestFactory().get("/"))
    assert "Something went wrong" in response.content.decode()


@pytest.mark.parametrize("page", ["", "quality/", "gold/", "people/", "settings/", "history/"])
def test_every_page_of_a_study_says_where_it_belongs(page):
    study = StudyFactory()
    assert (
        f'<a href="{STUDIES}" aria-current="true">'
        in researcher().get(f"{STUDIES}{study.slug}/{page}").content.decode()
    )


def test_a_board_belongs_to_the_studies_and_the_overview_to_itself():
    client, study = researcher(), CriterionFactory().study
    assert f'<a href="{STUDIES}" aria-current="true">' in client.get(f"/boards/{study.slug}/").content.decode()
    home = client.get("/").content.decode()
    assert '<a href="/" aria-current="page">' in home
    assert home.count('aria-current="page"') == 1
