"""Whatever kind of work ends its worker every time ends as failed, with its reason, after the same number of attempts."""

from datetime import timedelta

import pytest
from django.utils import timezone

from annotations.models import EvidenceJob, QualitySnapshot, StudyReport
from api.models import Delivery, Webhook
from jobs.models import MAX_ATTEMPTS
from jobs.registry import registered_jobs
from jobs.sweeper import sweep
from judges.models.reports import ReportJob
from leaderboards.models import ExportJob, Release, SnapshotJob
from marks.models import MarkReportJob
from models_runner.models import FineTuning, ImportDraft, ImportJob, ProviderBatch, ScoringJob, Summary, Trial
from tests.factories import (
    DocumentFactory,
    RunFactory,
    StudyFactory,
    SummaryFactory,
    SystemFactory,
    UserFactory,
    make_study,
)
from tests.judges.files import judge

pytestmark = pytest.mark.django_db

GONE = "elsewhere/1:1:1:1"


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch):
    monkeypatch.setattr("jobs.messages.send", lambda task, *args, delay=None: None)


def summary():
    return SummaryFactory(status="pending", text="", stop_reason="", dropped_tokens=None)


def scoring_job():
    return ScoringJob.objects.create(run=RunFactory(), metric="length")


def finetuning():
    run = RunFactory()
    return FineTuning.objects.create(name="tuned", base=SystemFactory(), dataset=run.dataset)


def evidence_job():
    return EvidenceJob.objects.create(document=DocumentFactory())


def quality_snapshot():
    return QualitySnapshot.objects.create(study=StudyFactory())


def snapshot_job():
    study = make_study(systems=2, documents=1)
    return SnapshotJob.objects.create(study=study, criterion=study.criteria.get(), seed=0, asked_at=timezone.now())


def release():
    return Release.objects.create(study=StudyFactory(), name="One", version="1.0", created_by="ada")


def export():
    return ExportJob.objects.create(study=StudyFactory(), created_by="ada", format="jsonl")


def delivery():
    webhook = Webhook.objects.create(owner=UserFactory(), url="https://example.org/", events=["run.finished"])
    return Delivery.objects.create(webhook=webhook, event="run.finished", about="1", payload={})


def trial():
    return Trial.objects.create(kind="connection", record={"slug": "far"}, created_by="ada")


def provider_batch():
    return ProviderBatch.objects.create(run=RunFactory(), requests=1)


def judge_report():
    study = make_study()
    return ReportJob.objects.create(judge=judge(), criterion=study.criteria.get())


def mark_report():
    return MarkReportJob.objects.create(study=make_study())


def study_report():
    return StudyReport.objects.create(study=StudyFactory())


def import_job():
    draft = ImportDraft.objects.create(file_names=["a.vtt"], created_by="ada")
    return ImportJob.objects.create(draft=draft, kind="read")


KINDS = (
    *(summary, scoring_job, finetuning, evidence_job, quality_snapshot),
    *(
        snapshot_job,
        release,
        export,
        delivery,
        trial,
        import_job,
        provider_batch,
        judge_report,
        mark_report,
        study_report,
    ),
)


@pytest.mark.parametrize("make", KINDS)
def test_a_job_that_ends_its_worker_every_time_is_given_up(make):
    job, handed_out = make(), 0
    long_ago = timezone.now() - timedelta(hours=1)
    while type(job).objects.claim(job.pk, owner=GONE, now=timezone.now(), lease=timedelta(minutes=2)):
        handed_out += 1
        assert handed_out <= 9, "handed out for ever"
        type(job).objects.filter(pk=job.pk).update(lease_until=long_ago)
        sweep()
    job.refresh_from_db()
    assert handed_out == (9 if isinstance(job, Delivery) else MAX_ATTEMPTS)  # a webhook has more attempts anyway
    assert (job.status, job.owner, job.lease_until) == ("failed", "", None)
    assert job.failure_reason == job.WORKER_ENDED
    assert "The worker" in job.failure_reason


def test_every_registered_kind_is_among_them():
    made = {type(make()) for make in KINDS}
    assert set(registered_jobs()) <= made
    assert Summary in made
