"""Read the documents of a release: its tables of documents and references, a folder or a .zip of one."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from models_runner.importing.files import SourceFile, json_objects
from models_runner.importing.jsonl import ANY_LENGTH, read_record
from models_runner.importing.reading import Outcome, ReadOptions, Unit
from models_runner.importing.records import Fields, RecordError

NAME = "release"
MISSING = "is no release: there is no data/documents.jsonl."
DOCUMENTS, REFERENCES = "documents.jsonl", "references.jsonl"

References = dict[tuple[str, int | None], dict[str, list[str]]]  # by document and query number, then by length


def claim(sources: Sequence[SourceFile], options: ReadOptions) -> tuple[list[Unit], set[str]]:
    """Return a unit for a release, whose other tables and files are no documents; or nothing."""
    for source in sources:
        if PurePosixPath(source.name).name == DOCUMENTS and '"document_id"' in source.beginning[:1_000]:
            references = _beside(source, sources)
            why = f"{source.name} has the fields of a release"
            unit = Unit(source.name, NAME, why, partial(_read, source, references, options.language))
            return [unit], {other.name for other in sources}
    return [], set()


def _beside(documents: SourceFile, sources: Sequence[SourceFile]) -> SourceFile | None:
    """Return the table of references in the same folder, which is there on the disk if one table alone was named."""
    name = str(PurePosixPath(documents.name).with_name(REFERENCES))
    found = next((source for source in sources if source.name == name), None)
    if found is None and documents.path is not None and documents.path.with_name(REFERENCES).is_file():
        return SourceFile(name, path=documents.path.with_name(REFERENCES))
    return found


def _read(documents: SourceFile, table: SourceFile | None, language: str) -> Iterator[Outcome]:
    """Read the documents whose text the release may hold; the others are left out."""
    references = _references(table)
    withheld = read_any = 0
    for value, where in json_objects(documents):
        if not isinstance(value, dict) or "document_id" not in value:
            raise RecordError(where, 'is no document of a release; expected {"document_id": ..., "turns": ...}.')
        if value.get("turns") is None:
            withheld += 1
            continue
        read_any += 1
        yield read_record(_record(value, where, references), where, language)
    if withheld and not read_any:
        raise RecordError(
            documents.name,
            "holds hashes in place of every text, because none may be passed on. Import the documents first.",
        )


def _references(file: SourceFile | None) -> References:
    references: References = defaultdict(lambda: defaultdict(list))
    if file is None:
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
