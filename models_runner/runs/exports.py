"""Export summaries with their scores as JSON Lines."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from django.db.models import Exists, Prefetch, QuerySet

from lib.files import replace_when_complete
from lib.lines import json_line
from models_runner.datasets.queries import query_number
from models_runner.datasets.references import fitting_references
from models_runner.metrics.declared import board_values, possible_board_values
from models_runner.models import Dataset, Run, Score, Summary
from models_runner.systems.fingerprint import system_fingerprint

CHUNK = 200


def export_summaries(dataset: Dataset, path: Path, *, thoughts: bool = False) -> int:
    """Write a line for each finished summary; return how many. The file gets its name only when it is complete.

    With thoughts, a line has a further field for what the model thought before; without, the file has none of it.
    """
    with replace_when_complete(path) as file:
        count = 0
        for row in summary_rows(dataset, thoughts=thoughts):
            file.write(json_line(row))
            count += 1
    return count


def summary_rows(dataset: Dataset, *, thoughts: bool = False) -> Iterator[dict[str, object]]:
    """Yield the rows by run and document, oldest run first."""
    names = board_values()
    runs = dataset.runs.select_related("system").annotate(further=Exists(_further_scores(dataset)))
    for run in runs.order_by("pk"):
        if run.further and names == board_values():  # type: ignore[attr-defined]  # annotated above
            names = board_values(set(_further_scores(dataset).values_list("name", flat=True).distinct()))
        ids = list(
            run.summaries.done().order_by("document__position", "query__position", "pk").values_list("pk", flat=True)
        )
        for start in range(0, len(ids), CHUNK):
            chunk = Summary.objects.filter(pk__in=ids[start : start + CHUNK])
            yield from _chunk_rows(run, chunk if thoughts else chunk.defer("thoughts"), names, thoughts=thoughts)


def _further_scores(dataset: Dataset) -> QuerySet[Score]:
    """Return scores of values that only boards have on which some summary has one."""
    names = [name for name in possible_board_values() if name not in board_values()]
    return Score.objects.filter(summary__run__dataset=dataset, name__in=names).order_by()


def _chunk_rows(
    run: Run, chunk: QuerySet[Summary], names: Sequence[str], *, thoughts: bool
) -> Iterator[dict[str, object]]:
    newest_last = Prefetch("scores", Score.objects.order_by("signature__created_at", "signature_id"))
    summaries = chunk.select_related("document", "query").prefetch_related(newest_last)
    summaries = summaries.order_by("document__position", "query__position", "pk")
    references = fitting_references([s.document_id for s in summaries], run.instruction)
    # What import_summaries needs to know the run and the system again.
    about = {
        "split": run.split,
        "parameters": run.system.parameters,
        "regime": run.system.regime,
        "system_sha256": system_fingerprint(run.system),
    }
    for s in summaries:
        scores = {score.name: score.value for score in s.scores.all()}
        yield {
            "document_id": s.document.external_id,
            "system": run.system.slug,
            "instruction": run.instruction,
            **({"query": s.query.text, "query_number": query_number(s.query.position)} if s.query else {}),
            "summary": s.text,
            **({"thoughts": s.thoughts} if thoughts else {}),
            "references": references.get((s.document_id, s.query_id), []),
            "prompt_tokens": s.prompt_tokens,
            "output_tokens": s.output_tokens,
            "thinking_tokens": s.thinking_tokens,
            "dropped_tokens": s.dropped_tokens,
            "stop_reason": s.stop_reason,
            **({"trained_on_document": True} if s.leaked else {}),
            "seconds": s.seconds,
            "peak_memory_bytes": s.peak_memory_bytes,
            "energy_joules": s.energy_joules,
            "chapters": s.chapters,
            "scores": {name: scores.get(name) for name in names},
            **about,
        }
