"""Write a dataset's documents as the records that an import reads."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from django.db.models import QuerySet

from lib.files import replace_when_complete
from lib.lines import json_line
from models_runner.models import Dataset, Document, Reference

CHUNK = 50


def export_documents(dataset: Dataset, path: Path) -> int:
    """Write a line for each document; return how many. The file gets its name only when it is complete."""
    count = 0
    with replace_when_complete(path) as file:
        for row in document_rows(dataset.documents.order_by("position")):
            file.write(json_line(row))
            count += 1
    return count


def document_rows(documents: QuerySet[Document]) -> Iterator[dict[str, object]]:
    """Yield the record of each document of a queryset, with all that was imported."""
    read = documents.select_related("transcript")
    for document in read.prefetch_related("references", "queries__references").iterator(chunk_size=CHUNK):
        yield document_row(document)


def document_row(document: Document) -> dict[str, object]:
    """Return the record that import_dataset makes this document of."""
    transcript = document.transcript
    apart = transcript.original_turns != transcript.turns
    return {
        "id": document.external_id,
        "title": document.title,
        "language": document.language,
        "split": document.split,
        "licence": document.licence,
        "redistributable": document.redistributable,
        "transcript": transcript.turns,
        **({"original_transcript": transcript.original_turns} if apart else {}),
        "references": _references([r for r in document.references.all() if r.query_id is None]),
        "queries": [
            {"query": query.text, "references": [reference.text for reference in query.references.all()]}
            for query in document.queries.all()
        ],
        "metadata": document.metadata,
    }


def _references(references: Iterable[Reference]) -> object:
    """Return a list of references of no particular length, or an object by length."""
    by_length: dict[str, list[str]] = {}
    for reference in references:
        by_length.setdefault(reference.instruction or "any", []).append(reference.text)
    if by_length.keys() <= {"any"}:
        return by_length.get("any", [])
    return {kind: texts[0] if len(texts) == 1 else texts for kind, texts in by_length.items()}
