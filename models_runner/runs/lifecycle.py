"""Start, cancel and resume runs. Everything here changes rows first and sends a message after the commit."""

from collections.abc import Iterator

from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone

from models_runner.datasets.instructions import sync_version
from models_runner.datasets.lookup import stored_split
from models_runner.models import (
    Dataset,
    Document,
    InstructionKind,
    ProviderBatch,
    Query,
    Reference,
    Run,
    ScoringJob,
    Summary,
    System,
)
from models_runner.models.runs import SummaryQuerySet
from models_runner.systems.leakage import check_leakage
from models_runner.systems.readiness import check_ready

DEFAULT_METRICS = ("rouge", "bertscore", "length", "markup")


class NothingToRunError(Exception):
    """The chosen split or instruction matches no document."""


@transaction.atomic
def start_run(
    system: System,
    dataset: Dataset,
    *,
    split: str = "",
    instruction: str = "medium",
    limit: int | None = None,
    force: bool = False,
    instruction_version: int | None = None,
) -> Run:
    """Start or continue the run of this system over these documents; each gets a waiting summary if it has none.

    A larger limit in a later call adds documents. With force, the run also covers documents that the system was trained
    on, and marks their summaries. A new run asks in the newest words of the instruction, or in those of the version
    given. Raises NothingToRunError, NotReadyError, LeakageError.
    """
    check_ready(system)
    split = stored_split(dataset, split)
    run, _ = Run.objects.get_or_create(
        system=system,
        dataset=dataset,
        split=split,
        instruction=instruction,
        defaults={"instruction_version": instruction_version or sync_version(instruction)},
    )
    run = lock_run(run.pk)
    run.system, run.dataset = system, dataset
    _add_summaries(run, limit, force=force)
    run.summaries.filter(status=Summary.Status.CANCELLED).update(status=Summary.Status.PENDING)
    _announce_unfinished(run)
    return run


def _announce_unfinished(run: Run) -> None:
    """Announce the run if it has summaries to write, and reopen it if it has ended."""
    if run.summaries.unfinished().exists():
        if run.status not in (Run.Status.PENDING, Run.Status.RUNNING):
            _reopen(run)
        run.announce()


def _add_summaries(run: Run, limit: int | None, *, force: bool) -> None:
    """Create a waiting summary for each unit that has none, and mark those of documents the system was trained on."""
    documents = run.dataset.documents.filter(Q(split=run.split) if run.split else Q()).order_by("position")
    units = list(_units(documents, run.instruction, limit))
    if not units:
        raise NothingToRunError(_nothing_to_run(run.dataset, run.split, run.instruction))
    leaked = check_leakage(run.system, {document for document, _ in units}, force=force)
    Summary.objects.bulk_create(
        [Summary(run=run, document_id=d, query_id=q, leaked=d in leaked) for d, q in units],
        ignore_conflicts=True,
        batch_size=500,
    )
    run.leaked_documents = run.summaries.filter(leaked=True).values("document").distinct().count()
    run.save(update_fields=["leaked_documents"])


def _units(documents: QuerySet[Document], instruction: str, limit: int | None) -> Iterator[tuple[int, int | None]]:
    """Yield (document, query) pairs in document order; a limit counts documents."""
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
    """Lock the run until the transaction ends, so that its status stays in step with its summaries."""

    return Run.objects.select_for_update().get(pk=pk)


def _reopen(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(
        status=Run.Status.PENDING, failure_reason="", finished_at=None, queued_at=timezone.now(), goes_first=False
    )
    run.refresh_from_db()


def put_first(run: Run, *, goes_first: bool) -> None:
    """Have workers write the run before all others, from the next document that they begin, or in its turn again."""
    Run.objects.open().filter(pk=run.pk).update(goes_first=goes_first)
    if goes_first:
        Run.objects.open().filter(pk=run.pk).announce()


@transaction.atomic
def cancel_run(run: Run) -> None:
    """Stop the run: finished summaries stay, waiting ones are cancelled, and those being written are discarded."""
    lock_run(run.pk)
    run.summaries.unfinished().update(
        status=Summary.Status.CANCELLED, owner="", lease_until=None, not_before=None, batch=None
    )
    _cancel_batches(run)
    Run.objects.filter(pk=run.pk).exclude(status__in=[Run.Status.DONE, Run.Status.FAILED]).update(
        status=Run.Status.CANCELLED, failure_reason="cancelled by a researcher", finished_at=timezone.now()
    )
    run.refresh_from_db()


def _cancel_batches(run: Run) -> None:
    """Let a worker cancel at the provider what is ordered there."""
    run.batches.open().update(cancel_requested=True, not_before=None)
    for batch in run.batches.open():
        batch.announce()


@transaction.atomic
def resume_run(run: Run) -> None:
    """Let the run's cancelled summaries wait for workers again."""
    lock_run(run.pk)
    run.summaries.filter(status=Summary.Status.CANCELLED).update(status=Summary.Status.PENDING)
    if run.summaries.unfinished().exists():
        _reopen(run)
        run.announce()


@transaction.atomic
def retry_failed(run: Run) -> None:
    """Let the run's failed summaries wait for workers again, with no attempts counted."""
    lock_run(run.pk)
    failed = run.summaries.filter(status=Summary.Status.FAILED)
    resumed = _look_again(run, failed)
    if failed.reopen(not_before=None, batch=None) or resumed:
        _reopen(run)
        run.announce()


def _look_again(run: Run, failed: SummaryQuerySet) -> int:
    """Reopen the batches in which failed summaries still are: the provider may have them already."""
    batches = list(run.batches.filter(status=ProviderBatch.Status.FAILED, summaries__in=failed).distinct())
    for batch in batches:
        failed.filter(batch=batch).reopen(not_before=None)
        ProviderBatch.objects.filter(pk=batch.pk).reopen(not_before=None, polls=0)
        batch.announce()
    return len(batches)


@transaction.atomic
def request_scores(
    run: Run, metrics: tuple[str, ...] = DEFAULT_METRICS, *, retry_failed: bool = False
) -> list[ScoringJob]:
    """Request metrics for the run's finished summaries; workers compute only missing values.

    A job that failed begins again only with other summaries or references, or with retry_failed, when a person asks:
    what ended five workers would end the next ones too.
    """
    jobs = []
    for metric in metrics:
        job, _ = ScoringJob.objects.get_or_create(run=run, metric=metric)
        ScoringJob.objects.filter(pk=job.pk, status=ScoringJob.Status.DONE).reopen()
        failed = ScoringJob.objects.filter(pk=job.pk, status=ScoringJob.Status.FAILED)
        (failed if retry_failed else failed.exclude(scored_input=scoring_input(run))).reopen()
        job.announce()
        jobs.append(job)
    return jobs


def retry_failed_scores(run: Run) -> None:
    """Let the run's failed scoring jobs wait for workers again, because a person asks."""
    failed = run.scoring_jobs.filter(status=ScoringJob.Status.FAILED).values_list("metric", flat=True)
    request_scores(run, tuple(failed), retry_failed=True)


def scoring_input(run: Run) -> str:
    """Return a short text that is another one once summaries were finished, or references came or went."""
    summaries = run.summaries.done().aggregate(n=Count("pk"), last=Max("pk"), at=Max("finished_at"))
    references = Reference.objects.filter(document__dataset=run.dataset_id).aggregate(n=Count("pk"), last=Max("pk"))
    at = summaries["at"].isoformat() if summaries["at"] else ""
    return f"{summaries['n']}/{summaries['last']}/{at}/{references['n']}/{references['last']}"
