"""Releases and exports written by workers: who holds which, how far it is, and what becomes of it."""

import logging
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from annotations.models import Study
from jobs.leases import KeepLease, lease_time
from jobs.models import MAX_ATTEMPTS
from jobs.ownership import is_gone
from leaderboards.data.lookup import find_criterion
from leaderboards.exports.preferences import Counting
from leaderboards.exports.rows import Selection
from leaderboards.exports.service import Export, get_format
from leaderboards.models.releases import ExportJob, FileJob, Release
from lib.faults import disk_is_full, explained
from lib.files import replace_bytes_when_complete

logger = logging.getLogger(__name__)

KINDS: tuple[type[FileJob], ...] = (Release, ExportJob)
TOLD_EVERY_SECONDS = 3.0
KEPT = timedelta(days=7)
WORKER_ENDED = f"The worker ended while it wrote the files, {MAX_ATTEMPTS} times. Look at its log, then try again."


class Progress:
    """Rows written so far; another thread tells the database."""

    def __init__(self) -> None:
        self.rows = 0

    def add(self, rows: int) -> None:
        self.rows += rows

    def reach(self, rows: int) -> None:
        self.rows = rows


def announce(job: FileJob) -> None:
    """Tell the workers, once the row is committed."""
    from leaderboards.files.tasks import send_message

    type(job)._default_manager.filter(pk=job.pk).update(announced_at=timezone.now())
    transaction.on_commit(lambda: send_message(job))


def retry(job: FileJob) -> bool:
    """Put a failed job back to work, with all its attempts before it; False if it is not failed, or no longer."""
    failed = type(job)._default_manager.filter(pk=job.pk, state=FileJob.State.FAILED)
    with transaction.atomic():
        again = bool(failed.update(state=FileJob.State.PENDING, reason="", attempts=0, rows_done=0))
        if again:
            announce(job)
    return again


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
            "votes": export.counting.value,
        },
    )
    announce(job)
    return job


def work_on(kind: type[FileJob], pk: int, *, owner: str) -> str:
    """Write a job's files; returns a line for the log. Harmless when called twice."""
    what = f"{kind.__name__} {pk}"
    if not kind.objects.claim(pk, owner=owner, now=timezone.now(), lease=lease_time()):
        return f"{what}: held elsewhere, finished or gone"
    job = kind.objects.select_related("study__dataset").get(pk=pk)
    held = kind.objects.filter(pk=pk, owner=owner, state=FileJob.State.RUNNING)
    progress = Progress()
    try:
        with KeepLease(
            lambda: held.update(lease_until=timezone.now() + lease_time(), rows_done=progress.rows),
            every=TOLD_EVERY_SECONDS,
        ):
            _write(job, progress)
    except Exception as error:
        reason = explained(error) if disk_is_full(error) else str(error) or type(error).__name__
        held.update(state=FileJob.State.FAILED, owner="", lease_until=None, reason=reason)
        logger.exception("%s failed", what)
        return f"{what}: {reason}"
    return f"{what}: {progress.rows} rows"


def _write(job: FileJob, progress: Progress) -> None:
    if isinstance(job, Release):
        # Loads what computes ratings, which takes a second: only a worker that writes a release waits for it.
        from leaderboards.releases.publishing import write_files

        write_files(job, progress.add)
    elif isinstance(job, ExportJob):
        _write_export(job, progress)


def _write_export(job: ExportJob, progress: Progress) -> None:
    export = export_of(job)
    export.progress = progress.reach
    with replace_bytes_when_complete(path_of(job)) as file:
        for part in export.parts():
            file.write(part)
    done = export.exported
    ExportJob.objects.filter(pk=job.pk, owner=job.owner).update(
        state=FileJob.State.DONE,
        owner="",
        lease_until=None,
        rows_done=job.rows_total,
        lines=done.lines,
        left_out=done.left_out,
        file_bytes=path_of(job).stat().st_size,
        expires_at=timezone.now() + KEPT,
    )


def export_of(job: ExportJob) -> Export:
    options, study = job.options, job.study
    selection = Selection(
        criterion=find_criterion(study, options["criterion"]) if options["criterion"] else None,
        since=datetime.fromisoformat(options["since"]) if options["since"] else None,
        include_flagged=options["include_flagged"],
        include_excluded=options["include_excluded"],
    )
    return Export(study, get_format(job.format), selection, Counting(options["votes"]))


def path_of(job: ExportJob) -> Path:
    return Path(settings.DATA_DIR) / "exports" / f"{job.public_id}.{get_format(job.format).ending}"


def exports_of(study: Study) -> list[ExportJob]:
    """Those that have not expired."""
    return list(study.exportjobs.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now())))


def sweep(*, starting: bool = False, **kwargs: object) -> None:
    """Free what ended workers hold, tell again of what waits, and delete what has expired."""
    now = timezone.now()
    for kind in KINDS:
        _free(kind, now)
        before = now if starting else now - timedelta(seconds=settings.RESEND_SECONDS)
        waiting = kind.objects.filter(state=FileJob.State.PENDING)
        for job in waiting.filter(Q(announced_at=None) | Q(announced_at__lte=before)):
            announce(job)
    for job in ExportJob.objects.filter(expires_at__lte=now):
        path_of(job).unlink(missing_ok=True)
        job.delete()


def _free(kind: type[FileJob], now: datetime) -> None:
    running = kind.objects.filter(state=FileJob.State.RUNNING)
    gone = [owner for owner in running.order_by().values_list("owner", flat=True).distinct() if is_gone(owner)]
    stale = running.filter(Q(lease_until__lt=now) | Q(owner__in=gone))
    free = {"owner": "", "lease_until": None}
    stale.filter(attempts__gte=MAX_ATTEMPTS).update(state=FileJob.State.FAILED, reason=WORKER_ENDED, **free)
    stale.update(state=FileJob.State.PENDING, **free)
