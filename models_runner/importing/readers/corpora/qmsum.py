"""Read QMSum meetings (Zhong et al., NAACL 2021): a JSON file each, or one a line of a .jsonl file."""

from collections.abc import Iterator

from models_runner.importing.cleaning import clean_turns
from models_runner.importing.files import SourceFile, json_objects
from models_runner.importing.reading import Outcome, Reader, ReadOptions
from models_runner.importing.records import (
    MAX_ID_LENGTH,
    Fields,
    ImportedQuery,
    ImportedRecord,
    RecordError,
    read_turns,
)

KNOWN = ("topic_list", "general_query_list", "specific_query_list", "meeting_transcripts", "meeting_id")


def recognise(source: SourceFile) -> str:
    named = source.beginning.lstrip()[:1] in ("{", "[") and '"meeting_transcripts"' in _text(source)
    return "its fields are those of QMSum" if named else ""


def _text(source: SourceFile) -> str:
    """Return the beginning, or all of a file whose topics and queries fill it; a meeting is less than a megabyte."""
    marks = ("query_list", "topic_list")
    return source.data.decode(errors="replace") if any(mark in source.beginning for mark in marks) else source.beginning


def read(source: SourceFile, options: ReadOptions) -> Iterator[Outcome]:
    """Read a record per meeting: the first general query's answer is the reference; other queries become queries."""
    values = list(json_objects(source, options.encoding))
    for number, (content, where) in enumerate(values, start=1):
        document_id = source.document_id if len(values) == 1 else f"{source.document_id}-{number}"
        try:
            yield _record(content, where, document_id, options.language)
        except RecordError as error:
            yield error


def _record(content: object, where: str, document_id: str, language: str) -> ImportedRecord:
    if not isinstance(content, dict):
        raise RecordError(where, "is not a QMSum meeting; expected a JSON object.")
    fields = Fields(content, where)
    fields.refuse_unknown(KNOWN)
    if "meeting_transcripts" not in content:
        raise fields.fail("meeting_transcripts", "is missing; expected a list of turns with speaker and content.")
    original = read_turns(fields, "meeting_transcripts", content["meeting_transcripts"])
    turns = clean_turns(original)
    if not turns:
        raise fields.fail("meeting_transcripts", "holds noise markers only: nobody says anything.")
    general = _queries(fields, "general_query_list")
    return ImportedRecord(
        id=_id(fields, document_id),
        turns=turns,
        original_turns=original,
        language=language,
        references=tuple(("", text) for text in (general[0].references if general else ())),
        queries=(*general[1:], *_queries(fields, "specific_query_list")),
        metadata={"topics": [_topic(fields, item) for item in fields.items("topic_list")]},
        where=where,
    )


def _id(fields: Fields, document_id: str) -> str:
    named = fields.text("meeting_id").strip()
    return fields.check_text("file name", named or document_id, required=True, longest=MAX_ID_LENGTH)


def _queries(fields: Fields, name: str) -> list[ImportedQuery]:
    queries = []
    for number, item in enumerate(fields.items(name), start=1):
        query = fields.inside(f"{name}[{number}]", item)
        answer = query.text("answer")
        references = (answer,) if answer.strip() else ()
        queries.append(ImportedQuery(text=query.text("query", required=True), references=references))
    return queries


def _topic(fields: Fields, item: object) -> str:
    return fields.inside("topic_list", item).text("topic")


READER = Reader(
    "qmsum",
    "QMSum",
    recognise,
    read,
    (".json", ".jsonl"),
    "",
    "speakers, queries with answers, topics; noise marks go, the original stays",
)
