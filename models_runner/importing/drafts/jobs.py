"""Read and store large uploads in a worker; small ones are read and stored in the request."""

from django.db import transaction

from jobs.models import LeasedJobQuerySet
from jobs.working import LeaseLostError, work_on
from lib.storage.shared import delete_old_copies
from models_runner.importing.documents import ImportResult
from models_runner.importing.drafts import service
from models_runner.models import ImportDraft, ImportJob
from models_runner.models.drafts import KEPT, UPLOADS

PROGRESS_SECONDS = 2.0


@transaction.atomic
def start(draft: ImportDraft, kind: str) -> ImportJob:
    """Have a worker read or store an upload; what was asked for before is given up."""
    job, made = ImportJob.objects.get_or_create(draft=draft, defaults={"kind": kind})
    if not made:
        ImportJob.objects.filter(pk=job.pk).reopen(kind=kind, files_read=0, result={})
        job.refresh_from_db()
    job.announce()
    return job


def job_of(draft: ImportDraft) -> ImportJob | None:
    return ImportJob.objects.filter(draft=draft).first()


def forget_failure(draft: ImportDraft) -> None:
    ImportJob.objects.filter(draft=draft, status=ImportJob.Status.FAILED).delete()


def work_on_import(job_id: int, *, owner: str) -> str:
    """Read or store one upload; return a line for the log. Calling it twice is harmless."""
    progress = {"files_read": 0}
    delete_old_copies(UPLOADS, KEPT)

    def do(job: ImportJob, held: LeasedJobQuerySet[ImportJob]) -> str:
        return _read(job, held, progress) if job.kind == ImportJob.Kind.READ else _store(job, held)

    reads = ImportJob.objects.filter(pk=job_id, kind=ImportJob.Kind.READ).exists()
    every = PROGRESS_SECONDS if reads else None
    rows = ImportJob.objects.select_related("draft")
    return work_on(rows, job_id, do, owner=owner, progress=lambda: progress if reads else {}, every=every)


def _read(job: ImportJob, held: LeasedJobQuerySet[ImportJob], progress: dict[str, int]) -> str:
    def one_more() -> None:
        progress["files_read"] += 1

    read = service.read_files(job.draft, read=one_more)
    service.save_read(job.draft, read)
    held.finish(files_read=progress["files_read"])
    return f"{progress['files_read']} files read"


def _store(job: ImportJob, held: LeasedJobQuerySet[ImportJob]) -> str:
    def finish(result: ImportResult) -> None:
        stored = {"dataset": result.dataset.name, "added": result.added, "unchanged": result.unchanged}
        if not held.finish(result=stored):
            raise LeaseLostError

    documents = service.importable_documents(job.draft)
    result = service.store_documents(job.draft, documents, on_stored=finish)
    job.draft.shared.delete()
    return f"{result.added:,} documents added"
