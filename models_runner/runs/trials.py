"""Try a system that is not stored: one summary of one document, or one short answer of its endpoint."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from jobs.models import LeasedJobQuerySet
from jobs.working import work_on
from models_runner.adapters.openai_api.connection import try_connection
from models_runner.adapters.protocol import SummaryRequest, SystemOutput, SystemSpec
from models_runner.adapters.registry import load_adapter, unload_all
from models_runner.datasets.instructions import instruction_text, wordings
from models_runner.datasets.references import fitting_references
from models_runner.models import Document, Trial
from models_runner.models.trials import KEPT
from models_runner.runs.requests import adapter_spec
from models_runner.systems import catalog
from models_runner.systems.prices import cost_in_dollars
from models_runner.systems.readiness import check_ready

Record = Mapping[str, Any]


class TrialError(ValueError):
    """This cannot be tried; the message says why."""


@transaction.atomic
def start_trial(slug: str, record: Record, by: User, *, document: Document | None = None, kind: str = "") -> Trial:
    """Have a worker try a checked record; older trials than a day are deleted.

    Args:
        slug: The name that the system would get.
        record: Its fields, as an entry of the catalogue has them.
        by: Who asks.
        document: The document to summarize; None to test the connection alone.
        kind: The instruction's kind: long, medium or short.
    Raises:
        TrialError: The system writes nothing, or has no endpoint.
        NotReadyError: It cannot run here.
    """
    system = catalog.unsaved(slug, record)
    if document is None and system.adapter != "openai":
        raise TrialError("Only a system behind an endpoint has a connection to test.")
    if system.adapter == "imported":
        raise TrialError("An imported system writes nothing: its summaries are made elsewhere.")
    check_ready(system)
    Trial.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    trial = Trial.objects.create(
        kind=Trial.Kind.CONNECTION if document is None else Trial.Kind.DOCUMENT,
        record={"slug": slug, **record},
        document=document,
        instruction=kind,
        created_by=by.get_username(),
    )
    trial.announce()
    return trial


def work_on_trial(trial_id: int, *, owner: str) -> str:
    """Try it once; return a line for the log. Calling it twice is harmless."""
    return work_on(Trial.objects.select_related("document__transcript"), trial_id, _try, owner=owner)


def _try(trial: Trial, held: LeasedJobQuerySet[Trial]) -> str:
    record = dict(trial.record)
    spec = adapter_spec(catalog.unsaved(record.pop("slug"), record))
    document = trial.document
    result = try_connection(spec).as_json() if document is None else _write_one(trial, document, spec, record)
    held.finish(result=result)
    return trial.kind


def _write_one(trial: Trial, document: Document, spec: SystemSpec, record: Record) -> dict[str, Any]:
    try:
        adapter = load_adapter(record["adapter"], spec)
        [output] = adapter.summarize([_request(document, trial.instruction)])
        environment = adapter.environment()
    finally:
        unload_all()  # this worker has other work than to keep a model that is tried once
    return _as_json(output) | {
        "dollars": cost_in_dollars(
            record.get("price") or {}, output.prompt_tokens, output.output_tokens, output.seconds
        ),
        "environment": environment,
    }


def _request(document: Document, kind: str) -> SummaryRequest:
    references = fitting_references([document.pk], kind)
    return SummaryRequest(
        document_id=document.external_id,
        turns=document.transcript.turns,
        language=document.language,
        instruction=instruction_text(wordings()[kind], document.language),
        kind=kind,
        references=tuple(references.get((document.pk, None), ())),
    )


def _as_json(output: SystemOutput) -> dict[str, Any]:
    return asdict(output) | {"calls": [asdict(call) for call in output.calls]}
