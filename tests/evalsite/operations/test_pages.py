"""The page *Operations* and /metrics, as a browser and Prometheus get them."""

import re
from datetime import timedelta

import pytest
from django.conf import settings as site_settings
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from evalsite.operations import prometheus, requests
from evalsite.operations.requests import SlowView, slow_views
from jobs.models import Worker
from models_runner.models import Endpoint, Summary
from tests.factories import SummaryFactory
from tests.people import administrator, researcher, stranger

pytestmark = pytest.mark.django_db
TIMES = """
# TYPE punchweight_request_seconds histogram
punchweight_request_seconds_bucket{method="GET",status="2xx",view="board",le="0.1"} 1
punchweight_request_seconds_bucket{method="GET",status="2xx",view="board",le="0.5"} 18
punchweight_request_seconds_bucket{method="GET",status="2xx",view="board",le="+Inf"} 18
punchweight_request_seconds_count{method="GET",status="2xx",view="board"} 18
punchweight_request_seconds_sum{method="GET",status="2xx",view="board"} 5.5
punchweight_request_seconds_bucket{method="GET",status="5xx",view="board",le="0.1"} 2
punchweight_request_seconds_bucket{method="GET",status="5xx",view="board",le="0.5"} 2
punchweight_request_seconds_bucket{method="GET",status="5xx",view="board",le="+Inf"} 2
punchweight_request_seconds_count{method="GET",status="5xx",view="board"} 2
punchweight_request_seconds_sum{method="GET",status="5xx",view="board"} 0.5
punchweight_request_seconds_bucket{method="GET",status="2xx",view="trust",le="0.1"} 0
punchweight_request_seconds_bucket{method="GET",status="2xx",view="trust",le="0.5"} 0
punchweight_request_seconds_bucket{method="GET",status="2xx",view="trust",le="+Inf"} 1
punchweight_request_seconds_count{method="GET",status="2xx",view="trust"} 1
punchweight_request_seconds_sum{method="GET",status="2xx",view="trust"} 44
"""


@pytest.fixture
def measured(settings, monkeypatch):
    """As where a token is set, with the times that web processes have measured."""
    settings.METRICS_TOKEN = "of-the-operator"
    settings.MIDDLEWARE = [name for name in site_settings.MIDDLEWARE if "operations" not in name]
    monkeypatch.setattr(requests, "exposition", TIMES.encode)
    prometheus._registry.cache_clear()


def scrape(token="of-the-operator"):
    return Client().get("/metrics", headers={"Authorization": f"Bearer {token}"})


def test_metrics_are_for_who_has_the_token(measured, settings):
    assert scrape().status_code == 200
    for token in ("of-the-operato", "", "of-the-operatör"):
        assert scrape(token).status_code == 404
    assert administrator().get("/metrics").status_code == 404
    assert Client().post("/metrics", headers={"Authorization": "Bearer of-the-operator"}).status_code == 405
    settings.METRICS_TOKEN = ""
    assert scrape("").status_code == 404


def test_metrics_are_as_prometheus_reads_them(measured):
    summary = SummaryFactory(status="pending", text="")
    failed = SummaryFactory(run=summary.run)
    Summary.objects.filter(pk=failed.pk).update(status="failed", failure_reason='Out of memory: "x"\n')
    Worker.objects.create(owner="elsewhere:1:1", queues=["metrics"], seen_at=summary.run.queued_at)
    answer = scrape()
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    families = {family.name: family for family in text_string_to_metric_families(answer.content.decode())}
    values = {
        (sample.name, *sample.labels.values()): sample.value
        for family in families.values()
        for sample in family.samples
    }
    assert values["punchweight_jobs", "summary", "generation", "waiting"] == 1
    assert values["punchweight_failures", "summary", "out of memory"] == 1
    assert values["punchweight_workers", "metrics"] == 1
    assert values["punchweight_workers", "generation"] == 0
    assert values["punchweight_run_summaries", str(summary.run.pk), "failed", summary.run.system.slug] == 1
    assert values["punchweight_oldest_waiting_seconds", "summary", "generation"] > 0
    assert values["punchweight_up", "database"] == 1
    assert values["punchweight_answers_total",] == 0
    assert families["punchweight_answers"].type == "counter"
    assert families["punchweight_request_seconds"].type == "histogram"
    assert all(family.documentation for name, family in families.items() if name != "punchweight_request_seconds")


def test_the_database_is_asked_no_oftener_than_every_few_seconds(measured, django_assert_num_queries):
    scrape()
    with django_assert_num_queries(0):
        scrape()


@pytest.mark.once("reads no row")
def test_views_are_sorted_by_the_time_below_which_nearly_all_requests_stay(measured):
    assert slow_views(5) == [SlowView("trust", 1, 44.0, None), SlowView("board", 20, 0.3, 0.5)]
    assert slow_views(1) == [SlowView("trust", 1, 44.0, None)]


def test_administrators_see_what_is_wrong_and_sweep(measured):
    run = SummaryFactory(status="pending", text="").run
    held = SummaryFactory(run=run)
    Summary.objects.filter(pk=held.pk).update(
        status="running", text="", owner="elsewhere", lease_until="2020-01-01T00:00Z", stop_reason=""
    )
    client = administrator()
    page = client.get("/operations/").content.decode()
    assert "Work waits in the queue generation, and no worker takes it: 1." in page
    assert "Workers hold work that they have stopped reporting on: 1." in page
    assert "above 30" in page
    swept = client.post("/operations/sweep", follow=True).content.decode()
    assert "Freed by the sweep: 1." in swept
    assert "stopped reporting" not in swept
    assert Summary.objects.get(pk=held.pk).status == "pending"


def test_an_empty_site_says_that_all_is_well():
    page = administrator().get("/operations/").content.decode()
    assert "Everything works" in page
    assert "No background work waits" in page
    assert "METRICS_TOKEN" in page


def test_others_do_not_see_it():
    assert researcher().get("/operations/").status_code == 403
    assert stranger().get("/operations/").status_code == 302
    assert "/operations/" not in researcher().get("/").content.decode()
    assert "/operations/" in administrator().get("/").content.decode()


@pytest.mark.once("reads no row")
def test_nothing_is_measured_without_a_token(settings):
    settings.METRICS_TOKEN = ""
    from django.core.exceptions import MiddlewareNotUsed

    with pytest.raises(MiddlewareNotUsed):
        requests.RequestTimes(lambda request: None)


def test_the_page_shows_how_much_of_its_limits_an_endpoint_has_used(settings):
    settings.ENDPOINT_LIMITS = {"models.example.org": {"requests_at_once": 8, "dollars_a_day": 20}, "new.example": {}}
    now = timezone.now()
    Endpoint.objects.create(host="models.example.org").requests.create(
        owner="host:1:1:1", begun_at=now, held_until=now + timedelta(minutes=1), tokens=1000, dollars=1.25
    )
    shown = " ".join(re.sub(r"<[^>]+>", " ", administrator().get("/operations/").content.decode()).split())
    assert "models.example.org requests under way 1 8 models.example.org dollars today (UTC) 1.25 20.00" in shown
    assert "new.example" not in shown
