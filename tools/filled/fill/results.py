# mypy: ignore-errors
"""What is computed and written from votes: evidence, snapshots, releases, exports."""

from annotations.giveaways import check_all
from django.contrib.auth.models import User
from django.test import override_settings
from django.utils import timezone
from leaderboards.filters import Filters

from annotations import quality_snapshots
from annotations.evidence import work as evidence
from annotations.models import QualitySnapshot, Study
from leaderboards import file_jobs, refreshing
from leaderboards.exports import Export, Selection, get_format
from leaderboards.models import BoardSnapshot, ExportJob, Release, SnapshotJob
from leaderboards.releases import services as releases
from leaderboards.snapshots import get_snapshot
from tools.filled.fill.begin import LONG, WORKER
from tools.filled.still import STARTED


def find_evidence() -> None:
    while "no document waits" not in evidence.work_on_next_document(owner=WORKER):
        pass
    check_all()


def release_and_export(people: dict[str, User], study: Study) -> None:
    owner = people["owner"]
    for draft in (
        releases.Draft("Votes on small models", "1.0", "All that we have.", "CC-BY-4.0", True, True),
        releases.Draft("Votes on small models", "1.1-rc.1"),
    ):
        made = releases.create_draft(study, draft, owner)
        file_jobs.work_on(Release, made.pk, owner=WORKER)
    first = study.releases.get(version="1.0")
    releases.publish(first)
    releases.set_doi(first, "10.5281/zenodo.1234567")
    criterion = study.criteria.first()
    wanted = (
        Export(study, get_format("jsonl"), Selection(None, None, True, True)),
        Export(study, get_format("csv"), Selection(criterion, STARTED, False, False)),
    )
    for export in wanted:
        job = file_jobs.start_export(export, owner)
        file_jobs.work_on(ExportJob, job.pk, owner=WORKER)
    assert study.exportjobs.filter(state="done").count() == 2


def keep_snapshots(study: Study) -> None:
    """As of a study of many votes: computed by a worker, kept, and served from the row."""
    criterion = study.criteria.first()
    with override_settings(BOARD_IN_REQUEST_VOTES=0):
        for kind in ("board", "small-large", "planning", "trust", "combined"):
            served = get_snapshot(kind, study, criterion)
            refreshing.work_on_job(served.job.pk, owner=WORKER)
        served = get_snapshot("board", study, criterion, Filters.from_key("ties=davidson"))
        refreshing.work_on_job(served.job.pk, owner=WORKER)
        quality_snapshots.served_quality(study)
        quality_snapshots.make_snapshot(study.pk)
    assert BoardSnapshot.objects.count() >= 6
    assert QualitySnapshot.objects.filter(values__isnull=False).exists()


def leave_files(study: Study, owner: User) -> None:
    held = {"state": "running", "owner": WORKER, "lease_until": timezone.now() + LONG, "attempts": 1, "rows_done": 5}
    lost = {"state": "failed", "reason": "The disk is full.", "attempts": 3}
    for number, left in enumerate(({}, held, lost), start=2):
        made = releases.create_draft(study, releases.Draft(version=f"{number}.0"), owner)
        file_jobs.announce(made)
        Release.objects.filter(pk=made.pk).update(**left)
        job = file_jobs.start_export(Export(study, get_format("dpo"), Selection(study.criteria.first())), owner)
        ExportJob.objects.filter(pk=job.pk).update(**left)


def leave_snapshot_jobs(study: Study) -> None:
    asked = ("flagged=out", "ties=dropped", "control=length")
    with override_settings(BOARD_IN_REQUEST_VOTES=0):
        jobs = [get_snapshot("board", study, study.criteria.last(), Filters.from_key(key)).job for key in asked]
    SnapshotJob.objects.claim(jobs[1].pk, owner=WORKER, now=timezone.now(), lease=LONG)
    SnapshotJob.objects.filter(pk=jobs[2].pk).update(attempts=3, reason="Too little memory.")
