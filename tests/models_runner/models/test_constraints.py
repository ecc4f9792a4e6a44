"""Attacks on the tables behind datasets, runs and scores."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from models_runner.models import (
    BatchCall,
    InstructionText,
    MetricSignature,
    ProviderBatch,
    Query,
    Reference,
    Run,
    Score,
    ScoringJob,
    Summary,
    SummaryCall,
)
from tests.factories import DocumentFactory, RunFactory, SummaryFactory, SystemFactory

pytestmark = pytest.mark.django_db


def refused(action):
    with pytest.raises(IntegrityError), transaction.atomic():
        action()


def test_a_summary_exists_once_per_run_and_document():
    summary = SummaryFactory()
    refused(lambda: SummaryFactory(run=summary.run, document=summary.document))


def test_a_summary_exists_once_per_run_and_query():
    summary = SummaryFactory()
    query = Query.objects.create(document=summary.document, position=0, text="Who fixes the tests?")
    SummaryFactory(run=summary.run, document=summary.document, query=query)
    refused(lambda: SummaryFactory(run=summary.run, document=summary.document, query=query))


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "running"},
        {"status": "running", "owner": "x"},
        {"status": "failed", "failure_reason": ""},
        {"text": ""},
        {"stop_reason": "empty"},
        {"stop_reason": "thinking"},
        {"stop_reason": ""},
        {"dropped_tokens": None},
    ],
    ids=str,
)
def test_a_summary_without_account_is_refused(wrong):
    refused(lambda: SummaryFactory(**wrong))


def test_an_empty_summary_is_flagged():
    assert SummaryFactory(text="", stop_reason="empty").pk
    assert SummaryFactory(text="", stop_reason="thinking").pk


def test_a_running_summary_has_owner_and_lease():
    assert SummaryFactory(status="running", owner="x", lease_until=timezone.now() + timedelta(1)).pk


def test_one_run_per_system_split_and_instruction():
    run = RunFactory()
    refused(lambda: RunFactory(system=run.system, dataset=run.dataset, instruction=run.instruction))


def test_a_failed_run_has_a_reason():
    run = RunFactory()
    refused(lambda: Run.objects.filter(pk=run.pk).update(status="failed"))


def test_an_undefined_score_has_a_reason():
    summary, signature = SummaryFactory(), MetricSignature.objects.create(metric="rouge", text="rouge|1")
    refused(lambda: Score.objects.create(summary=summary, signature=signature, name="rouge1", value=None))


def test_a_score_exists_once_per_signature():
    summary, signature = SummaryFactory(), MetricSignature.objects.create(metric="rouge", text="rouge|1")
    Score.objects.create(summary=summary, signature=signature, name="rouge1", value=0.5)
    refused(lambda: Score.objects.create(summary=summary, signature=signature, name="rouge1", value=0.6))


def test_a_scoring_job_exists_once_per_run_and_metric():
    run = RunFactory()
    ScoringJob.objects.create(run=run, metric="rouge")
    refused(lambda: ScoringJob.objects.create(run=run, metric="rouge"))


def ordered(run, **fields):
    now = timezone.now()
    values = {"requests": 1, "asked_at": now, "ordered_at": now, "provider_id": "batch_1"} | fields
    return ProviderBatch.objects.create(run=run, **values)


@pytest.mark.parametrize("wrong", [{"provider_id": ""}, {"ordered_at": None}, {"asked_at": None}], ids=str)
def test_an_order_has_an_id_and_a_time(wrong):
    run = RunFactory()
    refused(lambda: ordered(run, **wrong))


def test_an_order_of_a_run_is_known_once():
    batch = ordered(RunFactory())
    refused(lambda: ordered(batch.run))
    refused(lambda: ProviderBatch.objects.create(run=batch.run, requests=1, token=batch.token))


def test_a_summary_in_a_batch_is_held_by_nobody_and_not_timed():
    batch = ordered(RunFactory())
    refused(lambda: SummaryFactory(run=batch.run, batch=batch))
    summary = SummaryFactory(run=batch.run, batch=batch, seconds=None)
    held = {"status": "running", "owner": "x", "lease_until": timezone.now()}
    refused(lambda: Summary.objects.filter(pk=summary.pk).update(**held))


def test_a_call_of_a_batch_has_one_id_one_prompt_and_one_end():
    summary = SummaryFactory()
    batch = ordered(summary.run)

    def call(**fields):
        return BatchCall.objects.create(
            **{"batch": batch, "summary": summary, "custom_id": "1", "prompt_key": "a"} | fields
        )

    call()
    refused(lambda: call(prompt_key="b"))
    refused(lambda: call(custom_id="2"))
    refused(lambda: call(custom_id="3", prompt_key="c", answer="{}", fault="final", fault_reason="No."))
    refused(lambda: call(custom_id="3", prompt_key="c", fault="final"))


def test_a_query_reference_names_its_query():
    document = DocumentFactory()
    refused(lambda: Reference.objects.create(document=document, instruction="query", text="x"))


def test_a_system_is_frozen_once_it_has_summaries():
    system = SummaryFactory().run.system
    system.prompt_template = "something else"
    with pytest.raises(ValidationError, match="prompt_template cannot change"):
        system.save()


def test_a_system_without_summaries_may_change():
    system = SystemFactory()
    SummaryFactory(run__system=system, status=Summary.Status.CANCELLED, text="", stop_reason="")
    system.prompt_template = "something else"
    system.save()
    system.refresh_from_db()
    assert system.prompt_template == "something else"


def test_a_system_that_a_run_is_to_write_with_cannot_change():
    system = SystemFactory()
    SummaryFactory(run__system=system, status=Summary.Status.PENDING, text="", stop_reason="")
    system.prompt_template = "something else"
    with pytest.raises(ValidationError, match="or a run writes them"):
        system.save()


def call(summary, **fields):
    given = {"position": 1, "step": "summary", "prompt": "Sum it up.", "stop_reason": "end", "seconds": 0.1}
    return SummaryCall.objects.create(summary=summary, **given | fields)


def test_a_call_has_its_own_position_and_a_prompt():
    summary = SummaryFactory()
    call(summary)
    refused(lambda: call(summary))
    refused(lambda: call(summary, position=2, prompt=""))


def test_a_version_of_an_instruction_has_one_wording_a_language():
    words = {"kind": "short", "language": "en", "version": 99}
    InstructionText.objects.create(**words, text="Sum it up.")
    refused(lambda: InstructionText.objects.create(**words, text="Sum it up again."))
    refused(lambda: InstructionText.objects.create(kind="short", language="fr", version=99, text=""))
    refused(lambda: InstructionText.objects.create(kind="tiny", language="fr", version=99, text="Bref."))
