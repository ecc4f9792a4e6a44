import pytest

from models_runner.models import Score, ScoringJob
from models_runner.runs import lifecycle, scoring
from tests.factories import DocumentFactory, ReferenceFactory, RunFactory, SummaryFactory, SystemFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_messages(monkeypatch):
    monkeypatch.setattr("jobs.messages.send", lambda task, *args, delay=None: None)


def score(run, metric="rouge"):
    (job,) = lifecycle.request_scores(run, (metric,))
    scoring.work_on_scoring_job(job.pk, owner="host:1:1:1")
    job.refresh_from_db()
    return job


def test_a_summary_equal_to_its_reference_scores_one():
    summary = SummaryFactory()
    ReferenceFactory(document=summary.document, text=summary.text)
    assert score(summary.run).status == ScoringJob.Status.DONE
    assert dict(summary.scores.values_list("name", "value")) == dict.fromkeys(
        ["rouge1", "rouge2", "rougeL", "rougeLsum"], 1.0
    )


def test_without_a_reference_the_value_is_undefined_with_a_reason():
    summary = SummaryFactory()
    score(summary.run)
    assert set(summary.scores.values_list("value", flat=True)) == {None}
    assert "no reference" in summary.scores.first().reason


def test_the_human_reference_is_not_compared_with_itself():
    summary = SummaryFactory(run__system=SystemFactory(adapter="reference", regime="human"))
    ReferenceFactory(document=summary.document)
    score(summary.run)
    assert set(summary.scores.values_list("value", flat=True)) == {None}


def test_references_of_the_instruction_come_before_those_of_any_length():
    summary = SummaryFactory(text="alpha beta gamma")
    ReferenceFactory(document=summary.document, instruction="", text="alpha beta gamma")
    ReferenceFactory(document=summary.document, instruction="medium", text="something else entirely")
    ReferenceFactory(document=summary.document, instruction="short", text="alpha beta gamma")
    score(summary.run)
    assert summary.scores.get(name="rouge1").value == 0.0


def test_scores_are_computed_once():
    summary = SummaryFactory()
    score(summary.run)
    before = set(Score.objects.values_list("pk", flat=True))
    score(summary.run)
    assert set(Score.objects.values_list("pk", flat=True)) == before


def test_new_summaries_are_added_to_a_finished_job():
    run = RunFactory()
    for _ in range(2):
        SummaryFactory(run=run, document=DocumentFactory(dataset=run.dataset))
        job = score(run, "length")
    assert job.status == ScoringJob.Status.DONE
    assert Score.objects.filter(name="words").count() == 2


def test_languages_have_signatures_of_their_own():
    run = RunFactory()
    for language in ("en", "zh"):
        SummaryFactory(run=run, document=DocumentFactory(dataset=run.dataset, language=language))
    score(run)
    assert Score.objects.values("signature").distinct().count() == 2


def test_a_metric_that_cannot_run_ends_with_its_reason(settings):
    settings.BERTSCORE_MODEL = "no-such/encoder"
    from models_runner.metrics import registry

    registry.get_metric.cache_clear()
    job = score(SummaryFactory().run, "bertscore")
    registry.get_metric.cache_clear()
    assert job.status == ScoringJob.Status.FAILED
    assert "no-such/encoder" in job.failure_reason


def test_a_job_is_worked_on_by_one_worker():
    run = SummaryFactory().run
    (job,) = lifecycle.request_scores(run, ("length",))
    ScoringJob.objects.filter(pk=job.pk).update(status="running", owner="other", lease_until=job.run.created_at)
    assert "held elsewhere" in scoring.work_on_scoring_job(job.pk, owner="me")


GIVEN_UP = {"status": "failed", "failure_reason": ScoringJob.WORKER_ENDED}


@pytest.fixture
def given_up():
    """A job that ended five workers over a run with one summary."""
    run = SummaryFactory().run
    (job,) = lifecycle.request_scores(run, ("length",))
    ScoringJob.objects.filter(pk=job.pk).update(**GIVEN_UP, attempts=5, scored_input=lifecycle.scoring_input(run))
    return job


def waits(job):
    job.refresh_from_db()
    return job.status == ScoringJob.Status.PENDING


def test_a_job_that_was_given_up_stays_so_when_its_run_ends_again(given_up):
    lifecycle.request_scores(given_up.run)
    assert not waits(given_up)


@pytest.mark.parametrize("more", ["summary", "reference"])
def test_a_job_that_was_given_up_begins_again_with_more_to_score(given_up, more):
    document = DocumentFactory(dataset=given_up.run.dataset)
    if more == "summary":
        SummaryFactory(run=given_up.run, document=document)
    else:
        ReferenceFactory(document=document)
    lifecycle.request_scores(given_up.run)
    assert waits(given_up)
    assert given_up.attempts == 0


def test_a_job_that_was_given_up_begins_again_when_a_person_asks(given_up):
    lifecycle.retry_failed_scores(given_up.run)
    assert waits(given_up)


def test_an_attempt_says_what_it_began_with_before_it_loads_the_metric(monkeypatch):
    def loading(key):
        raise RuntimeError("as far as this")

    monkeypatch.setattr(scoring, "get_metric", loading)
    job = score(SummaryFactory().run, "length")
    assert (job.status, job.scored_input) == ("failed", lifecycle.scoring_input(job.run))
