"""Read the documents of a release: its tables of documents and references."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models_runner.importing.files import json_objects
from models_runner.importing.jsonl import ANY_LENGTH, read_record
from models_runner.importing.records import Fields, ImportedRecord, RecordError

References = dict[tuple[str, int | None], dict[str, list[str]]]  # by document and query number, then by length


def read(path: Path, language: str) -> Iterator[ImportedRecord | RecordError]:
    """Read the documents whose text the release may hold; the others are left out.

    Raises:
        RecordError: There is no such file, or the release withholds every text.
    """
    folder = _folder(path)
    try:
        references = _references(folder / "references.jsonl")
        withheld = read_any = 0
        for value, where in json_objects(folder / "documents.jsonl"):
            if not isinstance(value, dict) or "document_id" not in value:
                raise RecordError(where, 'is no document of a release; expected {"document_id": ..., "turns": ...}.')
            if value.get("turns") is None:
                withheld += 1
                continue
            read_any += 1
            yield read_record(_record(value, where, references), where, language)
    except RecordError as error:
        yield error
        return
    if withheld and not read_any:
        yield RecordError(
            path.name, "holds hashes in place of every text, because none may be passed on. Import the documents first."
        )


def _folder(path: Path) -> Path:
    folder = path if path.is_dir() else path.parent
    for candidate in (folder / "data", folder):
        if (candidate / "documents.jsonl").is_file():
            return candidate
    raise RecordError(str(path), "is no release: there is no data/documents.jsonl.")


def _references(file: Path) -> References:
    references: References = defaultdict(lambda: defaultdict(list))
    if not file.is_file():
        return references
    for value, where in json_objects(file):
        fields = Fields(value if isinstance(value, dict) else {}, where)
        document = fields.text("document_id", required=True)
        number = fields.whole("query_number")
        if value.get("text") is not None:
            references[document, number][fields.text("instruction") or ANY_LENGTH].append(fields.text("text"))
    return references


def _record(value: dict[str, Any], where: str, references: References) -> dict[str, Any]:
    document = str(value["document_id"])
    of_lengths = references[document, None]
    queries = Fields(value, where).items("queries")
    return {
        "id": value["document_id"],
        "title": value.get("title"),
        "split": value.get("split"),
        "language": value.get("language"),
        "licence": value.get("licence"),
        "redistributable": value.get("redistributable"),
        # A reader of columns writes a start that is not known as null.
        "transcript": value["turns"],
        "references": of_lengths[ANY_LENGTH] if of_lengths.keys() <= {ANY_LENGTH} else dict(of_lengths),
        "queries": [
            {"query": query, "references": references[document, number]["query"]}
            for number, query in enumerate(queries, start=1)
        ],
    }
