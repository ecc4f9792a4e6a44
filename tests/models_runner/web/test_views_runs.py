import re
from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.models import Worker
from jobs.ownership import owner_id
from models_runner.metrics import NO_REFERENCE
from models_runner.models import MetricSignature, ProviderBatch, Run, Score, ScoringJob, Summary
from models_runner.runs import overview
from models_runner.systems.catalog import ensure_system
from tests.factories import DatasetFactory, DocumentFactory, RunFactory, SummaryFactory, SystemFactory
from tests.people import researcher

pytestmark = pytest.mark.django_db

STATUS_PART = {"HX-Request": "true", "HX-Target": "run-status"}


def waiting(run, **fields):
    return SummaryFactory(run=run, status=Summary.Status.PENDING, text="", stop_reason="", **fields)


def failed(run, error):
    return SummaryFactory(run=run, status=Summary.Status.FAILED, failure_reason=error, text="", stop_reason="")


def start_form(**changed):
    dataset, system = DocumentFactory().dataset, SystemFactory()
    return {"dataset": dataset.name, "system": system.slug, "split": "", "instruction": "short", "limit": ""} | changed


def test_the_form_starts_a_run_and_leads_to_its_page():
    response = researcher().post("/runs/", start_form())
    run = Run.objects.get()
    assert response["Location"] == f"/runs/{run.pk}/"
    assert (run.instruction, run.summaries.count()) == ("short", 1)


def test_systems_that_can_run_here_stand_before_the_others():
    SystemFactory(slug="zz-ready", adapter="extractive")
    SystemFactory(slug="aa-nowhere", adapter="openai", engine={})
    SystemFactory(slug="given", adapter="imported")
    html = researcher().get("/runs/").content.decode()
    ready, others = re.findall(r'<optgroup label="([^"]+)">(.*?)</optgroup>', html, re.DOTALL)
    assert (ready[0], others[0]) == ("Ready", "Not ready")
    assert 'value="zz-ready"' in ready[1]
    assert 'value="aa-nowhere"' in others[1]
    assert 'value="given"' not in html
    chinese = researcher().get("/runs/", headers={"Accept-Language": "zh-hans"}).content.decode()
    assert '<optgroup label="就绪">' in chinese


def test_a_run_that_is_complete_is_not_said_to_have_been_started():
    done = RunFactory(status=Run.Status.DONE, instruction="short")
    SummaryFactory(run=done, document=DocumentFactory(dataset=done.dataset))
    form = start_form(dataset=done.dataset.name, system=done.system.slug)
    html = researcher().post("/runs/", form, follow=True).content.decode()
    assert "This run was there already" in html
    assert "has been started" not in html


@pytest.mark.django_db(transaction=True)
def test_a_run_that_workers_could_not_be_told_of_is_started_and_said_to_wait(monkeypatch):
    def fail(*args, **kwargs):
        raise ConnectionRefusedError("down")

    monkeypatch.setattr("celery.current_app.send_task", fail)
    client = researcher()
    response = client.post("/runs/", start_form())
    assert Run.objects.count() == 1
    html = client.get(response["Location"]).content.decode()
    assert "The message broker does not answer" in html


def test_a_system_of_the_catalogue_enters_the_database_when_it_is_chosen():
    researcher().post("/runs/", start_form(system="lead-3"))
    assert Run.objects.get().system.slug == "lead-3"


def test_the_form_offers_no_system_that_writes_nothing():
    SystemFactory(slug="ours", adapter="imported")
    html = researcher().get("/runs/").content.decode()
    assert '<option value="lead-3">' in html
    assert '<option value="ours">' not in html
    assert '<option value="palm-2">' not in html


def test_the_form_takes_its_first_values_from_the_address():
    dataset, system = DatasetFactory(), SystemFactory()
    html = researcher().get(f"/runs/?dataset={dataset.name}&system={system.slug}").content.decode()
    assert f'<option value="{dataset.name}" selected>' in html
    assert f'<option value="{system.slug}" selected>' in html


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"split": "nowhere"}, "no documents in split"),
        ({"instruction": "query"}, "has queries"),
        ({"limit": "0"}, "greater than or equal to 1"),
        ({"system": "none"}, "Select a valid choice"),
    ],
)
def test_the_form_says_why_it_starts_nothing(changed, message):
    response = researcher().post("/runs/", start_form(**changed))
    assert response.status_code == 400
    assert message in response.content.decode()
    assert not Run.objects.exists()


def test_the_list_of_runs_asks_the_same_queries_for_any_number(django_assert_num_queries):
    for _ in range(3):
        SummaryFactory()
    client = researcher()
    queries = ["session", "user", "number of runs", "runs", "systems", "their progress", "datasets", "splits"]
    with django_assert_num_queries(len(queries)):
        client.get("/runs/")


def test_a_run_asks_the_same_queries_for_any_number_of_summaries(django_assert_num_queries):
    run = RunFactory(status=Run.Status.DONE)
    for _ in range(4):
        SummaryFactory(run=run)
    client = researcher()
    of_status = ["progress", "scoring jobs", "batches", "totals", "calls", "pace"]
    queries = ["session", "user", "run", *of_status, "who the visitor is in studies"]
    queries += ["the same, for what they are shown", "number", "summaries"]
    with django_assert_num_queries(len(queries)):
        client.get(f"/runs/{run.pk}/")


def test_a_run_says_how_many_inputs_were_cut():
    run = RunFactory(status=Run.Status.DONE)
    for dropped in (0, 700, 512):
        SummaryFactory(run=run, dropped_tokens=dropped)
    html = researcher().get(f"/runs/{run.pk}/").content.decode()
    assert "2 of 3 inputs were cut: 1,212 tokens" in html


def test_a_run_over_documents_its_system_was_trained_on_warns_that_its_numbers_are_not_comparable():
    run = RunFactory(status=Run.Status.DONE, leaked_documents=3)
    SummaryFactory(run=run)
    warning = "3 of these documents were used to train this system; its numbers here are not comparable"
    client = researcher()
    assert warning in client.get(run.get_absolute_url()).content.decode()
    assert "trained on 3 of these" in client.get("/runs/").content.decode()
    Run.objects.update(leaked_documents=0)
    assert "used to train" not in client.get(run.get_absolute_url()).content.decode()


def test_the_page_of_a_run_shows_its_record_of_the_environment():
    run = RunFactory(status=Run.Status.DONE, environment={"adapter": {"threads": 7}, "weights": "12fd25f"})
    html = researcher().get(run.get_absolute_url()).content.decode()
    assert "Recorded when it started" in html
    assert "threads</span> <code>7</code>" in html
    assert "12fd25f" in html


def test_the_reason_a_summary_waits_stands_in_its_row():
    run = RunFactory(status=Run.Status.RUNNING)
    waiting(run, failure_reason="The endpoint answered 429.")
    assert "The endpoint answered 429." in researcher().get(run.get_absolute_url()).content.decode()


def test_what_summaries_met_that_are_tried_again_is_said_above_them():
    """A run whose endpoint does not answer is not to look as if all were well until its last attempt."""
    run = RunFactory(status=Run.Status.RUNNING)
    for status in ("pending", "running"):
        lease = {"owner": "a", "lease_until": timezone.now()} if status == "running" else {}
        SummaryFactory(run=run, status=status, text="", failure_reason="The endpoint did not answer.", **lease)
    page = researcher().get(run.get_absolute_url()).content.decode()
    assert "<strong>2 ×</strong> The endpoint did not answer." in page
    assert "Tried again." in page


def test_a_failed_run_leads_to_the_record_of_its_system():
    run = RunFactory(status=Run.Status.FAILED, failure_reason="1 of 1 summaries failed.")
    failed(run, "The endpoint is down.")
    change = f"/systems/{run.system.slug}/change/"
    assert change in researcher().get(run.get_absolute_url()).content.decode()
    of_catalogue = RunFactory(system=ensure_system("lead-3"), status=Run.Status.FAILED, failure_reason="1 failed.")
    failed(of_catalogue, "Out of memory.")
    assert "/change/" not in researcher().get(of_catalogue.get_absolute_url()).content.decode()


def test_failures_are_grouped_by_reason_commonest_first():
    run = RunFactory(status=Run.Status.FAILED, failure_reason="3 of 3 summaries failed.")
    failed(run, "The endpoint is down."), failed(run, "Out of memory."), failed(run, "Out of memory.")
    assert overview.failures(run) == [
        overview.Failure("Out of memory.", 2),
        overview.Failure("The endpoint is down.", 1),
    ]
    assert "<strong>2 ×</strong> Out of memory." in researcher().get(f"/runs/{run.pk}/").content.decode()


def test_totals_add_up_finished_summaries_only():
    start = timezone.now()
    run = RunFactory(started_at=start)
    for minutes in (1, 4):
        SummaryFactory(run=run, seconds=2.0, finished_at=start + timedelta(minutes=minutes))
    failed(run, "Out of memory.")
    totals = overview.run_totals(run)
    # 2 summaries of 100 read and 12 written tokens, the last one 4 minutes after the start.
    assert (totals.done, totals.read, totals.written, totals.total_seconds) == (2, 200, 24, 4.0)
    assert totals.per_minute == pytest.approx(0.5)


def test_totals_of_a_run_without_summaries_are_undefined_and_not_zero():
    totals = overview.run_totals(RunFactory())
    assert (totals.read, totals.total_seconds, totals.per_minute) == (None, None, None)


def test_the_status_part_is_the_pages_own_and_asks_again_while_the_run_goes_on():
    run = RunFactory(status=Run.Status.RUNNING)
    waiting(run)
    client = researcher()
    part = client.get(f"/runs/{run.pk}/", headers=STATUS_PART)
    assert "<html" not in part.content.decode()
    assert 'hx-trigger="every 2s"' in part.content.decode()
    assert 'id="run-status"' in client.get(f"/runs/{run.pk}/").content.decode()
    assert "HX-Target" in part["Vary"]


@pytest.mark.parametrize(("job", "asks_again"), [("pending", True), ("done", False)])
def test_the_status_part_stops_asking_once_nothing_can_change(job, asks_again):
    run = RunFactory(status=Run.Status.DONE)
    SummaryFactory(run=run)
    ScoringJob.objects.create(run=run, metric="rouge", status=job)
    html = researcher().get(f"/runs/{run.pk}/", headers=STATUS_PART).content.decode()
    assert ("hx-get" in html) is asks_again


def test_failed_scores_are_computed_again_by_a_button():
    run = RunFactory(status=Run.Status.DONE)
    SummaryFactory(run=run)
    client = researcher()
    assert "retry-scores" not in client.get(f"/runs/{run.pk}/").content.decode()
    ScoringJob.objects.create(run=run, metric="rouge", status="failed", failure_reason="No encoder.")
    assert 'id="retry-scores"' in client.get(f"/runs/{run.pk}/").content.decode()
    client.post(f"/runs/{run.pk}/scores/")
    assert ScoringJob.objects.get().status == ScoringJob.Status.PENDING


def test_a_run_says_when_its_batch_was_ordered_and_what_is_promised():
    run = RunFactory(status=Run.Status.RUNNING)
    waiting(run)
    batch = ProviderBatch.objects.create(run=run, requests=7)
    client = researcher()
    assert "7 requests wait to be ordered as a batch." in client.get(f"/runs/{run.pk}/").content.decode()
    at = timezone.localtime().replace(hour=12, minute=30)
    ProviderBatch.objects.filter(pk=batch.pk).update(
        asked_at=at,
        ordered_at=at,
        promised_until=at + timedelta(days=1),
        provider_id="b",
        provider_status="in_progress",
    )
    html = client.get(f"/runs/{run.pk}/").content.decode()
    assert "7 requests ordered as a batch at 12:30; the provider promises 24 h" in html
    assert "in_progress" in html


def test_rows_come_with_the_status_that_counts_them_and_stay_on_their_page_of_the_list():
    run = RunFactory(status=Run.Status.RUNNING)
    for _ in range(51):
        waiting(run)
    html = researcher().get(f"/runs/{run.pk}/?page=2", headers=STATUS_PART).content.decode()
    assert f'hx-get="/runs/{run.pk}/?page=2&amp;seen=0-0-51"' in html
    assert '<section class="card" id="run-summaries" aria-labelledby="summaries" hx-swap-oob="true">' in html
    assert html.count('<th scope="row">') == 1


def test_rows_that_are_shown_already_are_not_sent_again():
    run = RunFactory(status=Run.Status.RUNNING)
    waiting(run)
    client = researcher()
    assert "run-summaries" not in client.get(f"/runs/{run.pk}/?seen=0-0-1", headers=STATUS_PART).content.decode()
    run.summaries.update(status="done", text="Done.", stop_reason="end", dropped_tokens=0)
    moved = client.get(f"/runs/{run.pk}/?seen=0-0-1", headers=STATUS_PART).content.decode()
    assert 'value="1" max="1"' in moved
    assert "Waiting" not in moved.split('id="run-summaries"')[1]


def test_a_run_that_waits_without_a_worker_says_so():
    run = RunFactory()
    waiting(run)
    client = researcher()
    assert "No worker for generation is running." in client.get(f"/runs/{run.pk}/").content.decode()
    Worker.objects.create(owner=owner_id(), queues=["generation"], seen_at=timezone.now())
    assert "No worker for" not in client.get(f"/runs/{run.pk}/").content.decode()


def test_cancel_then_resume():
    run = RunFactory(status=Run.Status.RUNNING)
    waiting(run)
    client = researcher()
    response = client.post(f"/runs/{run.pk}/cancel/", follow=True)
    assert run.summaries.get().status == Summary.Status.CANCELLED
    assert 'id="resume"' in response.content.decode()
    response = client.post(f"/runs/{run.pk}/resume/", follow=True)
    assert run.summaries.get().status == Summary.Status.PENDING
    assert 'id="resume"' not in response.content.decode()


def test_a_cancelled_run_counts_on_its_page_as_in_the_list():
    run = RunFactory(status=Run.Status.CANCELLED)
    SummaryFactory(run=run)
    for _ in range(3):
        SummaryFactory(run=run, status=Summary.Status.CANCELLED)
    client = researcher()
    pages = [client.get(address).content.decode() for address in (f"/runs/{run.pk}/", "/runs/")]
    for page in pages:
        assert re.search(r'<progress[^>]* value="1" max="4"', page)
        assert re.search(r">1\s*/\s*4\b", page)


def test_retry_sends_failed_summaries_back_to_work():
    run = RunFactory(status=Run.Status.FAILED, failure_reason="1 of 1 summaries failed.")
    failed(run, "Out of memory.")
    response = researcher().post(f"/runs/{run.pk}/retry/", follow=True)
    run.refresh_from_db()
    assert (run.status, run.summaries.get().status) == (Run.Status.PENDING, Summary.Status.PENDING)
    assert "Out of memory." not in response.content.decode()


def test_buttons_need_a_token():
    run = RunFactory(status=Run.Status.RUNNING)
    client = researcher()
    client.handler.enforce_csrf_checks = True
    response = client.post(f"/runs/{run.pk}/cancel/")
    assert response.status_code == 403
    assert "This form was out of date" in response.content.decode()


def test_a_list_of_summaries_loads_the_beginning_of_a_text_only():
    summary = SummaryFactory(text="x" * 5000)
    [row] = overview.excerpts(summary.run.summaries.all())
    assert row.excerpt == "x" * overview.EXCERPT_CHARACTERS
    assert "text" in row.get_deferred_fields()


def test_the_run_page_counts_what_the_run_cost():
    system = SystemFactory(price={"input": 1.0, "output": 2.0})
    run = RunFactory(system=system, status=Run.Status.DONE)
    for _ in range(2):
        SummaryFactory(
            run=run, prompt_tokens=500_000, output_tokens=250_000, seconds=10.0, peak_memory_bytes=2_000_000_000,
            energy_joules=1800.0, repeated=True,
        )  # fmt: skip
    totals = overview.run_totals(run)
    assert totals.dollars == pytest.approx(1.0 * 1 + 2.0 * 0.5)
    assert totals.tokens_per_second == pytest.approx(25_000)
    html = researcher().get(f"/runs/{run.pk}/").content.decode()
    for shown in ("$2.00", "2.0 GB", "1 Wh", "2 of 2 summaries repeat themselves", "25000.0 per second"):
        assert shown in html


def test_without_a_price_or_a_counter_cost_and_energy_are_dashes():
    run = SummaryFactory().run
    totals = overview.run_totals(run)
    assert (totals.dollars, totals.joules, totals.peak_memory) == (None, None, None)
    html = researcher().get(f"/runs/{run.pk}/").content.decode()
    assert "no price on the system" in html
    assert "not reported by this machine" in html


def test_the_time_left_follows_the_last_summaries():
    run = RunFactory(status=Run.Status.RUNNING)
    now = timezone.now()
    for n in range(5):
        SummaryFactory(run=run, finished_at=now - timedelta(seconds=30 * n))
    for _ in range(3):
        waiting(run)
    assert overview.seconds_left(run, 3) == pytest.approx(90)
    assert overview.seconds_left(run, 0) is None
    assert "about 1 min 30 s left" in researcher().get(f"/runs/{run.pk}/").content.decode()


def test_a_metric_that_found_no_value_is_not_called_done():
    summary = SummaryFactory(run__status=Run.Status.DONE)
    for metric, value, reason in (("rouge", None, NO_REFERENCE), ("length", 12.0, "")):
        ScoringJob.objects.create(run=summary.run, metric=metric, status=ScoringJob.Status.DONE)
        signature = MetricSignature.objects.create(metric=metric, text=metric)
        Score.objects.create(summary=summary, signature=signature, name=metric, value=value, reason=reason)
    html = researcher().get(f"/runs/{summary.run_id}/").content.decode()
    assert "rouge: no values" in html and f"rouge: {NO_REFERENCE}" in html
    assert "length: done" in html
