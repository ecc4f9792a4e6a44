"""Starting, cancelling and resuming runs. Everything here changes rows first and sends a message after the commit."""

from collections.abc import Iterator

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from models_runner.datasets.instructions import sync_version
from models_runner.models import Dataset, Document, InstructionKind, Query, Run, ScoringJob, Summary, System
from models_runner.systems.leakage import check_leakage
from models_runner.systems.readiness import check_ready

DEFAULT_METRICS = ("rouge", "bertscore", "length")


class NothingToRunError(Exception):
    """The chosen split or instruction leaves no document."""


@transaction.atomic
def start_run(
    system: System,
    dataset: Dataset,
    *,
    split: str = "",
    instruction: str = "medium",
    limit: int | None = None,
    force: bool = False,
) -> Run:
    """The run of this system over these documents, with a waiting summary for each that has none yet.

    Called again it goes on where it was; a larger limit adds documents. force: also on documents the system was trained
    on; its summaries of them are marked. Raises NothingToRunError, NotReadyError, LeakageError.
    """
    check_ready(system)
    documents = dataset.documents.filter(Q(split=split) if split else Q()).order_by("position")
    run, _ = Run.objects.get_or_create(
        system=system,
        dataset=dataset,
        split=split,
        instruction=instruction,
        defaults={"instruction_version": sync_version(instruction)},
    )
    run = lock_run(run.pk)
    units = list(_units(documents, instruction, limit))
    if not units:
        raise NothingToRunError(_nothing_to_run(dataset, split, instruction))
    leaked = check_leakage(system, {document for document, _ in units}, force=force)
    Summary.objects.bulk_create(
        [Summary(run=run, document_id=d, query_id=q, leaked=d in leaked) for d, q in units],
        ignore_conflicts=True,
        batch_size=500,
    )
    marked = run.summaries.filter(leaked=True).values("document").distinct().count()
    Run.objects.filter(pk=run.pk).update(leaked_documents=marked)
    run.leaked_documents = marked
    run.summaries.filter(status=Summary.Status.CANCELLED).update(status=Summary.Status.PENDING)
    if run.summaries.unfinished().exists():
        if run.status not in (Run.Status.PENDING, Run.Status.RUNNING):
            _reopen(run)
        run.announce()
    return run


def _units(documents: QuerySet[Document], instruction: str, limit: int | None) -> Iterator[tuple[int, int | None]]:
    """(document, query) pairs in document order; a limit counts documents."""
    ids = list(documents.values_list("pk", flat=True)[:limit])
    if instruction != InstructionKind.QUERY:
        yield from ((pk, None) for pk in ids)
        return
    queries = Query.objects.filter(document__in=documents).order_by("document__position", "position")
    wanted = set(ids)
    yield from ((doc, pk) for doc, pk in queries.values_list("document_id", "pk") if doc in wanted)


def _nothing_to_run(dataset: Dataset, split: str, instruction: str) -> str:
    if split and not dataset.documents.filter(split=split).exists():
        splits = sorted(set(dataset.documents.order_by().values_list("split", flat=True).distinct()) - {""})
        return f"Dataset {dataset.name} has no documents in split {split!r}. Its splits: {', '.join(splits) or 'none'}."
    if instruction == InstructionKind.QUERY:
        return f"No document of dataset {dataset.name} has queries. Use the instruction long, medium or short."
    return f"Dataset {dataset.name} has no documents. Import some with import_dataset."


def lock_run(pk: int) -> Run:
    """The run, changed by nobody else until the transaction ends: its status must fit what its summaries say."""
    return Run.objects.select_for_update().get(pk=pk)


def _reopen(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(status=Run.Status.PENDING, failure_reason="", finished_at=None)
    run.refresh_from_db()


@transaction.atomic
def cancel_run(run: Run) -> None:
    """Stop the run: what is done stays, what waits is cancelled, what is being written is thrown away."""
    lock_run(run.pk)
    run.summaries.unfinished().update(status=Summary.Status.CANCELLED, owner="", lease_until=None, not_before=None)
    Run.objects.filter(pk=run.pk).exclude(status__in=[Run.Status.DONE, Run.Status.FAILED]).update(
        status=Run.Status.CANCELLED, failure_reason="cancelled by a researcher", finished_at=timezone.now()
    )
    run.refresh_from_db()


@transaction.atomic
def resume_run(run: Run) -> None:
    """Put cancelled summaries back to work."""
    lock_run(run.pk)
    run.summaries.filter(status=Summary.Status.CANCELLED).update(status=Summary.Status.PENDING)
    if run.summaries.unfinished().exists():
        _reopen(run)
        run.announce()


@transaction.atomic
def retry_failed(run: Run) -> None:
    """Try failed summaries again, with their count of attempts at zero."""
    lock_run(run.pk)
    if run.summaries.filter(status=Summary.Status.FAILED).reopen(not_before=None):
        _reopen(run)
        run.announce()


@transaction.atomic
def request_scores(run: Run, metrics: tuple[str, ...] = DEFAULT_METRICS) -> list[ScoringJob]:
    """Ask for metrics over the run's finished summaries; only missing values will be computed."""
    jobs = []
    for metric in metrics:
        job, _ = ScoringJob.objects.get_or_create(run=run, metric=metric)
        finished = [ScoringJob.Status.DONE, ScoringJob.Status.FAILED]
        ScoringJob.objects.filter(pk=job.pk, status__in=finished).reopen()
        job.announce()
        jobs.append(job)
    return jobs
