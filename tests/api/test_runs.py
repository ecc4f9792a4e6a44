"""Runs and their summaries through the API."""

import pytest

from models_runner.models import Dataset, MetricSignature, Run, Score, Summary, System
from tests.api.helpers import error_of, program
from tests.factories import (
    DatasetFactory,
    DocumentFactory,
    RunFactory,
    SummaryFactory,
    SystemFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def run():
    dataset = DatasetFactory()
    for _ in range(3):
        DocumentFactory(dataset=dataset)
    body = {"system": SystemFactory().slug, "dataset": dataset.name}
    return Run.objects.get(pk=program().post("/runs", body).json()["id"])


def test_a_run_is_started_watched_cancelled_and_resumed(run):
    asks = program()
    assert asks.get(f"/runs/{run.pk}").json()["summaries"] == {
        "pending": 3,
        "running": 0,
        "done": 0,
        "failed": 0,
        "cancelled": 0,
        "total": 3,
    }
    assert asks.post(f"/runs/{run.pk}/cancel").json()["status"] == "cancelled"
    assert run.summaries.filter(status="cancelled").count() == 3
    assert asks.post(f"/runs/{run.pk}/resume").json()["status"] == "pending"
    assert run.summaries.filter(status="pending").count() == 3


def test_failed_summaries_are_tried_again(run):
    run.summaries.update(status="failed", failure_reason="no memory")
    Run.objects.update(status="failed", failure_reason="3 failed")
    assert program().post(f"/runs/{run.pk}/retry").json()["summaries"]["pending"] == 3


def test_a_run_from_the_catalogue_enters_the_database(run):
    answer = program().post("/runs", {"system": "lead-3", "dataset": run.dataset.name, "limit": 2})
    assert answer.json()["summaries"]["total"] == 2
    assert System.objects.filter(slug="lead-3").exists()


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"system": "nothing"}, 422, "system"),
        ({"dataset": "nothing"}, 422, "dataset"),
        ({"split": "nothing"}, 422, "split"),
        ({"instruction": "query"}, 422, "split"),
        ({"limit": 0}, 422, "limit"),
    ],
)
def test_what_cannot_run_is_refused(run, body, status, field):
    Run.objects.all().delete()
    refusal = program().post("/runs", {"system": "lead-3", "dataset": Dataset.objects.get().name} | body)
    assert (refusal.status_code, error_of(refusal)["field"]) == (status, field)
    assert not Run.objects.exists()


def test_runs_are_filtered():
    wanted, _ = RunFactory(status="done"), RunFactory()
    asks = program()
    for query in (
        {"status": "done"},
        {"system": wanted.system.slug},
        {"dataset": wanted.dataset.name, "instruction": "medium"},
    ):
        assert [item["id"] for item in asks.get("/runs", query).json()["items"]] == [wanted.pk]


def test_a_list_of_runs_takes_as_many_queries_whatever_its_length(django_assert_max_num_queries):
    for _ in range(5):
        SummaryFactory()
    asks = program()
    with django_assert_max_num_queries(5):  # token, its count, runs, their summaries by status
        assert len(asks.get("/runs").json()["items"]) == 5


def test_summaries_of_a_run_are_read(run):
    Summary.objects.filter(pk=run.summaries.first().pk).update(
        status="done", text="They ship.", stop_reason="length", dropped_tokens=7
    )
    (done,) = program().get(f"/runs/{run.pk}/summaries", {"status": "done"}).json()["items"]
    assert (done["text"], done["stop_reason"], done["dropped_tokens"]) == ("They ship.", "length", 7)
    assert done["scores"] == {}
    assert len(program().get(f"/runs/{run.pk}/summaries").json()["items"]) == 3


def test_scores_are_those_of_the_newest_signature():
    summary = SummaryFactory()
    for text, value in (("rouge 1", 0.25), ("rouge 2", 0.5)):
        signature = MetricSignature.objects.create(metric="rouge", text=text)
        Score.objects.create(summary=summary, signature=signature, name="rouge1", value=value)
        Score.objects.create(summary=summary, signature=signature, name="rouge2", reason="no reference")
    (shown,) = program().get(f"/runs/{summary.run_id}/summaries").json()["items"]
    assert shown["scores"] == {"rouge1": 0.5, "rouge2": None}
