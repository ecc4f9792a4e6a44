"""Export summaries with their scores as JSON Lines."""

import json
from collections.abc import Iterator
from pathlib import Path

from django.db.models import Prefetch, QuerySet

from lib.files import replace_when_complete
from models_runner.datasets.references import fitting_references
from models_runner.models import Dataset, Score, Summary

SCORE_NAMES = ("rouge1", "rouge2", "rougeL", "rougeLsum", "bertscore_f1", "words")
CHUNK = 200


def export_summaries(dataset: Dataset, path: Path, *, thoughts: bool = False) -> int:
    """Write a line for each finished summary; return how many. The file gets its name only when it is complete.

    With thoughts, a line has a further field for what the model thought before; without, the file has none of it.
    """
    with replace_when_complete(path) as file:
        count = 0
        for row in summary_rows(dataset, thoughts=thoughts):
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count


def summary_rows(dataset: Dataset, *, thoughts: bool = False) -> Iterator[dict[str, object]]:
    """Yield the rows by run and document, oldest run first."""
    for run in dataset.runs.select_related("system").order_by("pk"):
        ids = list(
            run.summaries.done().order_by("document__position", "query__position", "pk").values_list("pk", flat=True)
        )
        for start in range(0, len(ids), CHUNK):
            chunk = Summary.objects.filter(pk__in=ids[start : start + CHUNK])
            yield from _chunk_rows(
                run.system.slug, run.instruction, chunk if thoughts else chunk.defer("thoughts"), thoughts=thoughts
            )


def _chunk_rows(
    system: str, instruction: str, chunk: QuerySet[Summary], *, thoughts: bool
) -> Iterator[dict[str, object]]:
    newest_last = Prefetch("scores", Score.objects.order_by("signature__created_at", "signature_id"))
    summaries = chunk.select_related("document", "query").prefetch_related(newest_last)
    summaries = summaries.order_by("document__position", "query__position", "pk")
    references = fitting_references([s.document_id for s in summaries], instruction)
    for s in summaries:
        scores = {score.name: score.value for score in s.scores.all()}
        yield {
            "document_id": s.document.external_id,
            "system": system,
            "instruction": instruction,
            **({"query": s.query.text} if s.query else {}),
            "summary": s.text,
            **({"thoughts": s.thoughts} if thoughts else {}),
            "references": references.get((s.document_id, s.query_id), []),
            "prompt_tokens": s.prompt_tokens,
            "output_tokens": s.output_tokens,
            "dropped_tokens": s.dropped_tokens,
            "stop_reason": s.stop_reason,
            **({"trained_on_document": True} if s.leaked else {}),
            "seconds": s.seconds,
            "scores": {name: scores.get(name) for name in SCORE_NAMES},
        }
