"""Releases and exports written by workers: who holds which, how far it is, and what becomes of it."""

from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import cast

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from annotations.models import Study
from jobs.working import work_on
from leaderboards.data.lookup import find_criterion
from leaderboards.exports.preferences import Counting
from leaderboards.exports.rows import Selection
from leaderboards.exports.service import Export, get_format
from leaderboards.models.releases import ExportJob, FileJob, FileJobQuerySet, Release
from lib.files import replace_bytes_when_complete
from lib.storage.shared import Shared

TOLD_EVERY_SECONDS = 3.0
KEPT = timedelta(days=7)


class Progress:
    """Rows written so far; another thread tells the database."""

    def __init__(self) -> None:
        self.rows = 0

    def add(self, rows: int) -> None:
        self.rows += rows

    def reach(self, rows: int) -> None:
        self.rows = rows


def retry(job: FileJob) -> bool:
    """Put a failed job back to work, with all its attempts before it; False if it is not failed, or no longer."""
    failed = files_of(type(job)).filter(pk=job.pk, status=FileJob.Status.FAILED)
    with transaction.atomic():
        again = bool(failed.reopen(rows_done=0))
        if again:
            job.announce()
    return again


def files_of(kind: type[FileJob]) -> FileJobQuerySet[FileJob]:
    return cast(FileJobQuerySet[FileJob], kind._default_manager.all())


def start_export(export: Export, by: User) -> ExportJob:
    """Have an export written in the background."""
    selection = export.selection
    job = ExportJob.objects.create(
        study=export.study,
        created_by=by.get_username(),
        format=export.format.name,
        rows_total=export.total(),
        options={
            "criterion": selection.criterion.key if selection.criterion else None,
            "since": selection.since.isoformat() if selection.since else None,
            "include_flagged": selection.include_flagged,
            "include_excluded": selection.include_excluded,
            "unflagged": selection.unflagged,
            "include_repeats": selection.include_repeats,
            "votes": export.counting.value,
        },
    )
    job.announce()
    return job


def write_job(kind: type[FileJob], pk: int, *, owner: str) -> str:
    """Write a job's files; returns a line for the log. Harmless when called twice."""
    progress = Progress()
    return work_on(
        files_of(kind).select_related("study__dataset"),
        pk,
        partial(_write, progress=progress),
        owner=owner,
        progress=lambda: {"rows_done": progress.rows},
        every=TOLD_EVERY_SECONDS,
    )


def _write(job: FileJob, held: FileJobQuerySet, progress: Progress) -> str:
    if isinstance(job, Release):
        # Loads what computes ratings, which takes a second: only a worker that writes a release waits for it.
        from leaderboards.releases.publishing import write_files

        write_files(job, progress.add)
    elif isinstance(job, ExportJob):
        _write_export(job, held, progress)
    return f"{progress.rows:,} rows"


def _write_export(job: ExportJob, held: FileJobQuerySet, progress: Progress) -> None:
    export = export_of(job)
    export.progress = progress.reach
    path = path_of(job)
    with replace_bytes_when_complete(path) as file:
        for part in export.parts():
            file.write(part)
    file_bytes, done = path.stat().st_size, export.exported
    shared_file(job).keep()
    held.finish(
        rows_done=job.rows_total,
        lines=done.lines,
        left_out=done.left_out,
        file_bytes=file_bytes,
        expires_at=timezone.now() + KEPT,
    )


def export_of(job: ExportJob) -> Export:
    options, study = job.options, job.study
    selection = Selection(
        criterion=find_criterion(study, options["criterion"]) if options["criterion"] else None,
        since=datetime.fromisoformat(options["since"]) if options["since"] else None,
        include_flagged=options["include_flagged"],
        include_excluded=options["include_excluded"],
        unflagged=options.get("unflagged", False),
        include_repeats=options.get("include_repeats", False),
    )
    return Export(study, get_format(job.format), selection, Counting(options["votes"]))


def shared_file(job: ExportJob) -> Shared:
    """Return where all processes find the file of an export."""
    return Shared(f"exports/{job.public_id}.{get_format(job.format).ending}")


def path_of(job: ExportJob) -> Path:
    """Return the path that the file is written to."""
    return shared_file(job).path


def exports_of(study: Study) -> list[ExportJob]:
    """Those that have not expired."""
    return list(study.exportjobs.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now())))


def delete_expired(*, starting: bool = False) -> None:
    """Delete exports that have expired, and their files, a part of each sweep."""
    for job in ExportJob.objects.filter(expires_at__lte=timezone.now()):
        shared_file(job).delete()
        job.delete()
