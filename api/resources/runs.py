"""Runs: starting, reading, cancelling and resuming them, and their summaries."""

from collections.abc import Callable
from typing import Any

from django.db.models import Prefetch
from django.http import HttpRequest
from ninja import Query, Router
from ninja.responses import Status

from api.gate.auth import READ, WRITE
from api.gate.paging import page_of_rows
from api.resources.links import STARTED_RUN_LINKS
from api.schemas.runs import ProgressOut, RunIn, RunOut, RunPage, RunQuery, SummaryOut, SummaryPage, SummaryQuery
from models_runner.datasets.lookup import find_dataset
from models_runner.datasets.queries import query_number
from models_runner.models import Run, Score, Summary
from models_runner.runs import lifecycle, overview
from models_runner.systems import catalog
from models_runner.web.access import check_may_run_models, get_run, get_texts_of_run

router = Router(tags=["runs"])


@router.get("/runs", auth=READ, response={200: RunPage})
def list_runs(request: HttpRequest, query: Query[RunQuery]) -> Any:
    """List runs, oldest first."""
    check_may_run_models(request)
    names = {"system": "system__slug", "dataset": "dataset__name", "instruction": "instruction", "status": "status"}
    wanted = {field: value for name, field in names.items() if (value := getattr(query, name))}
    runs = Run.objects.filter(**wanted).select_related("system", "dataset").defer("environment")
    page = page_of_rows(runs, query, "runs", lambda run: run)
    progress = overview.progress_of(page["items"])
    return page | {"items": [_run(run, progress[run.pk]) for run in page["items"]]}


def _run(run: Run, progress: overview.RunProgress) -> RunOut:
    columns = ("split", "instruction", "status", "leaked_documents")
    times = ("created_at", "started_at", "finished_at")
    counts = {name: getattr(progress, name) for name in ProgressOut.model_fields}
    return RunOut(
        id=run.pk,
        system=run.system.slug,
        dataset=run.dataset.name,
        summaries=ProgressOut(**counts),
        status_reason=run.failure_reason,
        **{name: getattr(run, name) for name in (*columns, *times)},
    )


def _answer(run: Run) -> RunOut:
    return _run(run, overview.progress_of([run])[run.pk])


@router.post("/runs", auth=WRITE, response={201: RunOut}, openapi_extra=STARTED_RUN_LINKS)
def start_run(request: HttpRequest, body: RunIn) -> Any:
    """Start a run, or continue it: there is one for each system, dataset, split and instruction."""
    check_may_run_models(request)
    values = body.dict()
    dataset, system = find_dataset(values.pop("dataset")), catalog.ensure_system(values.pop("system"))
    run = lifecycle.start_run(system, dataset, **values)
    return Status(201, _answer(run))


@router.get("/runs/{int:id}", auth=READ, response={200: RunOut})
def read_run(request: HttpRequest, id: int) -> Any:
    """Read a run and its progress."""
    return _answer(get_run(request, id))


def _change_run(request: HttpRequest, pk: int, change: Callable[[Run], None]) -> RunOut:
    run = get_run(request, pk)
    change(run)
    run.refresh_from_db()
    return _answer(run)


@router.post("/runs/{int:id}/cancel", auth=WRITE, response={200: RunOut})
def cancel_run(request: HttpRequest, id: int) -> Any:
    """Cancel a run. Finished summaries stay."""
    return _change_run(request, id, lifecycle.cancel_run)


@router.post("/runs/{int:id}/resume", auth=WRITE, response={200: RunOut})
def resume_run(request: HttpRequest, id: int) -> Any:
    """Resume a run's cancelled summaries."""
    return _change_run(request, id, lifecycle.resume_run)


@router.post("/runs/{int:id}/retry", auth=WRITE, response={200: RunOut})
def retry_run(request: HttpRequest, id: int) -> Any:
    """Retry a run's failed summaries."""
    return _change_run(request, id, lifecycle.retry_failed)


@router.get("/runs/{int:id}/summaries", auth=READ, response={200: SummaryPage})
def list_summaries(request: HttpRequest, id: int, query: Query[SummaryQuery]) -> Any:
    """List the summaries of a run, finished or not.

    Refused with `still_rating` to whoever rates summaries of this dataset; the run itself tells its progress.
    """
    newest_last = Prefetch("scores", Score.objects.order_by("signature__created_at", "signature_id"))
    summaries = get_texts_of_run(request, id).summaries.select_related("document", "query").defer("document__metadata")
    summaries = summaries.prefetch_related(newest_last)
    if query.status:
        summaries = summaries.filter(status=query.status)
    return page_of_rows(summaries, query, "summaries", _summary)


def _summary(summary: Summary) -> SummaryOut:
    columns = ("status", "text", "stop_reason", "leaked", "repeated", "finished_at")
    figures = ("prompt_tokens", "output_tokens", "dropped_tokens", "seconds")
    return SummaryOut(
        id=summary.pk,
        run=summary.run_id,
        document=summary.document.external_id,
        query=summary.query.text if summary.query else None,
        query_number=query_number(summary.query.position) if summary.query else None,
        error=summary.failure_reason,
        scores={score.name: score.value for score in summary.scores.all()},
        **{name: getattr(summary, name) for name in (*columns, *figures)},
    )
