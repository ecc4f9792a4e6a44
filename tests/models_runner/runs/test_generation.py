"""The pipeline with the scripted adapter: real rows, real claims, no weights."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from jobs.models import Worker
from jobs.sweeper import sweep
from models_runner.models import InstructionKind, Query, Run, ScoringJob, Summary
from models_runner.runs import generation, lifecycle
from tests.factories import DatasetFactory, DocumentFactory, RunFactory, SummaryFactory, SystemFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_messages(monkeypatch):
    """These tests call the work themselves; messages have their own tests with real brokers."""
    monkeypatch.setattr("jobs.messages.send", lambda task, *args, delay=None: None)


@pytest.fixture
def dataset():
    dataset = DatasetFactory(name="meetings")
    for n in range(4):
        DocumentFactory(dataset=dataset, external_id=f"m{n}", split="val" if n < 3 else "test")
    return dataset


def scripted(**engine):
    return SystemFactory(adapter="scripted", engine={"default": "A summary of {document_id}."} | engine)


def work(run, owner="host:1:1:1"):
    generation.work_on_run(run.pk, owner=owner)
    run.refresh_from_db()


def test_a_run_writes_every_summary_and_asks_for_scores(dataset):
    run = lifecycle.start_run(scripted(), dataset)
    work(run)
    assert run.status == Run.Status.DONE
    assert list(run.summaries.values_list("text", flat=True)) == [f"A summary of m{n}." for n in range(4)]
    assert set(run.scoring_jobs.values_list("metric", flat=True)) == {"rouge", "bertscore", "length", "markup"}
    assert run.environment["system"]["slug"] == run.system.slug


def test_started_again_a_run_adds_nothing(dataset):
    system = scripted()
    work(lifecycle.start_run(system, dataset))
    before = list(Summary.objects.values_list("pk", "finished_at"))
    work(lifecycle.start_run(system, dataset))
    assert list(Summary.objects.values_list("pk", "finished_at")) == before


def test_a_larger_limit_goes_on(dataset):
    system = scripted()
    run = lifecycle.start_run(system, dataset, limit=1)
    work(run)
    assert run.counts()["total"] == 1
    run = lifecycle.start_run(system, dataset, limit=3)
    assert run.status == Run.Status.PENDING
    work(run)
    assert (run.status, run.counts()["done"]) == (Run.Status.DONE, 3)


def test_a_split_takes_its_documents_only(dataset):
    run = lifecycle.start_run(scripted(), dataset, split="val")
    assert run.counts()["total"] == 3


def test_an_unknown_split_is_named(dataset):
    with pytest.raises(lifecycle.NothingToRunError, match="Its splits: test, val"):
        lifecycle.start_run(scripted(), dataset, split="train")
    assert not Run.objects.exists()


def test_queries_make_one_summary_each(dataset):
    document = dataset.documents.first()
    for position in range(2):
        Query.objects.create(document=document, position=position, text=f"Question {position}?")
    run = lifecycle.start_run(scripted(), dataset, instruction=InstructionKind.QUERY)
    work(run)
    assert run.counts()["done"] == 2


def test_a_dataset_without_queries_says_so(dataset):
    with pytest.raises(lifecycle.NothingToRunError, match="has queries"):
        lifecycle.start_run(scripted(), dataset, instruction=InstructionKind.QUERY)


def test_a_fault_of_one_document_leaves_the_others(dataset):
    run = lifecycle.start_run(scripted(faults={"m1": "error"}), dataset)
    work(run)
    assert run.status == Run.Status.FAILED
    assert run.failure_reason.startswith("1 of 4 summaries failed")
    assert run.counts()["done"] == 3
    assert run.summaries.get(status="failed").failure_reason


def test_a_passing_fault_is_tried_again_later(dataset, settings):
    run = lifecycle.start_run(scripted(faults={"m0": ["transient"]}), dataset, limit=1)
    work(run)
    held_back = run.summaries.get()
    assert (held_back.status, held_back.attempts) == (Summary.Status.PENDING, 1)
    assert held_back.not_before > timezone.now()
    work(run)  # too early
    assert run.summaries.get().status == Summary.Status.PENDING
    Summary.objects.update(not_before=timezone.now())
    work(run)
    assert run.status == Run.Status.DONE


def test_a_fault_that_does_not_pass_ends_with_its_reason(dataset, settings):
    settings.RETRY_SECONDS = 0
    run = lifecycle.start_run(scripted(faults={"m0": ["transient"] * 9}), dataset, limit=1)
    work(run)
    assert run.status == Run.Status.FAILED
    assert "given up after 5 attempts" in run.summaries.get().failure_reason


def test_failed_summaries_can_be_tried_again(dataset):
    system = scripted(faults={"m0": "error"})
    run = lifecycle.start_run(system, dataset)
    work(run)
    lifecycle.retry_failed(run)
    assert (run.status, run.counts()["pending"]) == (Run.Status.PENDING, 1)


def test_missing_weights_fail_the_run_with_what_to_do(dataset):
    """Another machine's worker may have what this one lacks; the worker that takes the run says what it lacks."""
    Worker.objects.create(owner="elsewhere/1:5:5:5", queues=["generation"], seen_at=timezone.now())
    system = SystemFactory(adapter="llamacpp", model_id="package:no-such-package")
    run = lifecycle.start_run(system, dataset)
    work(run)
    assert run.status == Run.Status.FAILED
    assert "no-such-package" in run.failure_reason
    assert run.counts()["failed"] == 4


def test_an_empty_and_a_cut_off_generation_are_flagged(dataset):
    run = lifecycle.start_run(scripted(faults={"m0": "empty", "m1": "length"}), dataset, limit=2)
    work(run)
    assert list(run.summaries.values_list("stop_reason", flat=True)) == ["empty", "length"]


def test_cancel_stops_and_resume_goes_on(dataset):
    run = lifecycle.start_run(scripted(), dataset)
    lifecycle.cancel_run(run)
    work(run)
    assert (run.status, run.counts()["cancelled"]) == (Run.Status.CANCELLED, 4)
    lifecycle.resume_run(run)
    work(run)
    assert (run.status, run.counts()["done"]) == (Run.Status.DONE, 4)


def test_a_summary_cancelled_while_it_is_written_is_thrown_away(dataset, monkeypatch):
    run = lifecycle.start_run(scripted(), dataset, limit=1)
    original = generation._summarize

    def cancel_meanwhile(adapter, requests):
        lifecycle.cancel_run(run)
        return original(adapter, requests)

    monkeypatch.setattr(generation, "_summarize", cancel_meanwhile)
    work(run)
    summary = run.summaries.get()
    assert (summary.status, summary.text) == (Summary.Status.CANCELLED, "")
    assert run.status == Run.Status.CANCELLED


def test_two_owners_never_claim_the_same_summary(dataset):
    run = lifecycle.start_run(scripted(), dataset)
    now, lease = timezone.now(), timedelta(minutes=1)
    first = Summary.objects.claim_batch(run.pk, owner="one", count=3, now=now, lease=lease)
    second = Summary.objects.claim_batch(run.pk, owner="two", count=3, now=now, lease=lease)
    assert (len(first), len(second)) == (3, 1)
    assert not set(first) & set(second)


def test_the_sweeper_frees_leases_that_ran_out():
    summary = SummaryFactory(
        status="running",
        owner="elsewhere/1:5:5:5",
        lease_until=timezone.now() - timedelta(seconds=1),
        text="",
        stop_reason="",
    )
    assert sweep()["freed"] == 1
    summary.refresh_from_db()
    assert (summary.status, summary.owner) == (Summary.Status.PENDING, "")


@pytest.mark.parametrize(("attempts", "status"), [(4, "pending"), (5, "failed")])
def test_a_document_that_ends_its_worker_again_and_again_is_given_up(attempts, status):
    lease = timezone.now() - timedelta(seconds=1)
    made = SummaryFactory(
        status="running", owner="elsewhere/1:5:5:5", lease_until=lease, attempts=attempts, text="", stop_reason=""
    )
    sweep()
    made.refresh_from_db()
    assert (made.status, made.owner) == (status, "")
    assert ("too little memory" in made.failure_reason) == (status == "failed")


def test_the_sweeper_frees_what_a_dead_process_of_this_machine_holds():
    from jobs.ownership import machine_id

    lease = timezone.now() + timedelta(hours=1)
    SummaryFactory(status="running", owner=f"{machine_id()}:999999999:1:1", lease_until=lease, text="", stop_reason="")
    assert sweep()["freed"] == 1


def test_the_sweeper_leaves_living_owners_alone():
    from jobs.ownership import owner_id

    lease = timezone.now() + timedelta(hours=1)
    for owner in (owner_id(), "another-machine/1:5:5:5"):
        SummaryFactory(status="running", owner=owner, lease_until=lease, text="", stop_reason="")
    assert sweep()["freed"] == 0


def test_the_sweeper_announces_lost_work_but_not_at_once_again(dataset):
    lifecycle.start_run(scripted(), dataset)
    Run.objects.update(announced_at=timezone.now() - timedelta(minutes=5))
    assert sweep()["announced"] == 1
    assert sweep()["announced"] == 0


def test_the_sweeper_announces_a_run_whose_last_step_was_lost(dataset):
    """A worker killed after the last summary and before the run was called done."""
    run = RunFactory(dataset=dataset, system=scripted(), status=Run.Status.RUNNING)
    SummaryFactory(run=run, document=dataset.documents.first())
    assert sweep()["announced"] == 1
    work(run)
    assert run.status == Run.Status.DONE
    assert ScoringJob.objects.filter(run=run).count() == 4


def test_instructions_over_the_same_meetings_are_written_meeting_by_meeting(dataset):
    system = scripted()
    runs = [lifecycle.start_run(system, dataset, split="val", instruction=kind) for kind in ("long", "medium", "short")]
    elsewhere = lifecycle.start_run(system, dataset, split="test", instruction="long")
    work(runs[0])
    written = Summary.objects.done().order_by("finished_at", "pk")
    assert [(s.document.external_id, s.run.instruction) for s in written] == [
        (f"m{n}", kind) for n in range(3) for kind in ("long", "medium", "short")
    ]
    assert set(Run.objects.filter(pk__in=[run.pk for run in runs]).values_list("status", flat=True)) == {"done"}
    elsewhere.refresh_from_db()
    assert elsewhere.status == Run.Status.PENDING


def test_a_cancelled_instruction_is_not_written_with_the_others(dataset):
    system = scripted()
    first, second = (lifecycle.start_run(system, dataset, instruction=kind) for kind in ("long", "short"))
    lifecycle.cancel_run(second)
    work(first)
    assert second.summaries.done().count() == 0
    assert first.summaries.done().count() == 4


def test_the_record_of_a_run_says_where_and_how(dataset):
    run = lifecycle.start_run(scripted(), dataset)
    work(run)
    assert run.environment["instruction"] == {"kind": "medium", "version": run.instruction_version}
    assert run.environment["prompt_layout"] == "transcript first"
    assert run.environment["machine"]["cores"] > 0


def test_a_text_in_circles_is_flagged(dataset):
    run = lifecycle.start_run(scripted(answers={"m1": "The team agreed on the date. " * 20}), dataset)
    work(run)
    flagged = run.summaries.filter(repeated=True)
    assert [s.document.external_id for s in flagged] == ["m1"]


def test_all_instructions_are_three_runs(dataset, capsys):
    call_command("generate", dataset="meetings", system="lead-3", instruction="all", limit=2)
    runs = Run.objects.filter(system__slug="lead-3")
    assert set(runs.values_list("instruction", flat=True)) == {"long", "medium", "short"}
    assert all(run.counts()["pending"] == 2 for run in runs)
    assert capsys.readouterr().out.count("2 to do") == 3
