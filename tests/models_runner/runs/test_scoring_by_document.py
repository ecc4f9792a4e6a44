"""Scoring takes a document's summaries by all systems at once, and trusts no metric's answer."""

import pytest

from models_runner.metrics.protocol import MetricValue, ScoredSpan, ValueDescription
from models_runner.models import Score, ScoringJob
from models_runner.runs import lifecycle, scoring
from tests.factories import DatasetFactory, DocumentFactory, ReferenceFactory, RunFactory, SummaryFactory

pytestmark = pytest.mark.django_db

OWNER = "host:1:1:1"


class Recorder:
    """A metric that keeps what it was asked."""

    key = "recorder"
    values = (ValueDescription("characters", "Characters", "characters", "How long it is.", lowest=0),)

    def __init__(self):
        self.calls = []

    def signature(self, language):
        return f"recorder|{language}"

    def score(self, requests):
        self.calls.append(list(requests))
        return [[MetricValue("characters", float(len(request.summary)))] for request in requests]


@pytest.fixture(autouse=True)
def _no_messages(monkeypatch):
    monkeypatch.setattr("jobs.messages.send", lambda task, *args, delay=None: None)


@pytest.fixture
def metric(monkeypatch):
    recorder = Recorder()
    monkeypatch.setattr(scoring, "get_metric", lambda key: recorder)
    return recorder


@pytest.fixture
def runs():
    dataset = DatasetFactory()
    documents = [DocumentFactory(dataset=dataset) for _ in range(3)]
    for document in documents:
        ReferenceFactory(document=document, text=f"Reference of {document.external_id}.")
    runs = [RunFactory(dataset=dataset) for _ in range(4)]
    for run in runs:
        for document in documents:
            SummaryFactory(run=run, document=document, text=f"{run.pk} on {document.external_id}")
    return runs


def ask(*runs):
    return [job for run in runs for job in lifecycle.request_scores(run, ("recorder",))]


def work(job):
    said = scoring.work_on_scoring_job(job.pk, owner=OWNER)
    job.refresh_from_db()
    return said


def test_summaries_of_a_document_by_all_systems_come_in_one_call(metric, runs):
    first, *others = ask(*runs)
    work(first)
    (call,) = metric.calls
    asked = [request.references[0] for request in call]
    assert len(call) == 12 and asked == sorted(asked)  # document by document
    for job in others:
        assert work(job).endswith("0 summaries")
    assert len(metric.calls) == 1
    assert set(ScoringJob.objects.values_list("status", flat=True)) == {"done"}
    assert Score.objects.count() == 12


def test_runs_that_did_not_ask_get_no_scores(metric, runs):
    (job,) = ask(runs[0])
    work(job)
    assert set(Score.objects.values_list("summary__run", flat=True)) == {runs[0].pk}


def test_summaries_of_other_lengths_and_datasets_stay_apart(metric, runs):
    short = RunFactory(dataset=runs[0].dataset, instruction="short")
    SummaryFactory(run=short, document=runs[0].dataset.documents.first())
    elsewhere = SummaryFactory().run
    first, *_ = ask(runs[0], short, elsewhere)
    work(first)
    assert set(Score.objects.values_list("summary__run", flat=True)) == {runs[0].pk}


def test_after_a_worker_ended_a_job_reads_its_own_summaries_alone(metric, runs):
    first, *_ = ask(*runs)
    ScoringJob.objects.filter(pk=first.pk).update(attempts=1)
    work(first)
    assert set(Score.objects.values_list("summary__run", flat=True)) == {runs[0].pk}
    assert first.status == ScoringJob.Status.DONE


def test_two_jobs_at_work_begin_at_different_documents(metric, runs, monkeypatch):
    monkeypatch.setattr(scoring, "BATCH", 4)
    first, second, *_ = ask(*runs)
    ScoringJob.objects.filter(pk=first.pk).update(
        status="running", owner="other:1:1:1", lease_until="2100-01-01T00:00Z"
    )
    work(second)
    documents = [call[0].references[0] for call in metric.calls]
    assert documents[0] != min(documents) and len(set(documents)) == 3


def test_a_transcript_is_read_once_for_a_batch(metric, runs, django_assert_max_num_queries):
    first, *_ = ask(*runs)
    with django_assert_max_num_queries(40):
        work(first)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda n: [[MetricValue("characters", 1.0)]] * (n - 1), "answered 11 of 12 summaries"),
        (lambda n: [[MetricValue("letters", 1.0)]] * n, "returned letters; expected characters"),
        (lambda n: [[MetricValue("characters", None)]] * n, "gave no reason why characters is undefined"),
        (lambda n: [[MetricValue("characters", float("nan"))]] * n, "returned nan as characters; expected a number"),
        (lambda n: [[MetricValue("characters", float("inf"))]] * n, "returned inf as characters"),
        (lambda n: [[MetricValue("characters", "many")]] * n, "returned 'many' as characters; expected a number"),
        (lambda n: [[MetricValue("characters", True)]] * n, "returned True as characters; expected a number"),
        (
            lambda n: [[MetricValue("characters", -2.0)]] * n,
            "returned -2.0 as characters; it describes a range of 0 to inf",
        ),
        (lambda n: [[MetricValue("characters", 1.0), MetricValue("more", 1.0)]] * n, "returned characters, more; exp"),
        (lambda n: [[]] * n, "returned ; expected characters"),
        (lambda n: [[MetricValue("characters", 1.0, spans=(ScoredSpan(0, 10**6, 1.0),))]] * n, "that is none"),
        (lambda n: 1 / 0, "division by zero"),
    ],
)
def test_what_a_metric_may_not_answer_is_a_reason_and_no_score(metric, runs, monkeypatch, answer, reason):
    monkeypatch.setattr(metric, "score", lambda requests: answer(len(requests)))
    first, *_ = ask(*runs)
    work(first)
    assert first.status == ScoringJob.Status.FAILED
    assert reason in first.failure_reason
    assert not Score.objects.exists()
