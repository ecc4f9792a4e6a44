"""Read QMSum meetings, one JSON file each (Zhong et al., NAACL 2021)."""

from collections.abc import Iterator
from pathlib import Path

from models_runner.importing.cleaning import clean_turns
from models_runner.importing.files import find_files, parse_json, read_text
from models_runner.importing.records import Fields, ImportedQuery, ImportedRecord, RecordError, read_turns

KNOWN = ("topic_list", "general_query_list", "specific_query_list", "meeting_transcripts", "meeting_id")


def read(path: Path, language: str) -> Iterator[ImportedRecord | RecordError]:
    """Read a record per file: the first general query's answer is the reference; other queries become queries."""
    for file in find_files(path, ".json"):
        try:
            yield _record(file, language)
        except RecordError as error:
            yield error


def _record(file: Path, language: str) -> ImportedRecord:
    content = parse_json(read_text(file), file.name)
    if not isinstance(content, dict):
        raise RecordError(file.name, "is not a QMSum meeting; expected a JSON object.")
    fields = Fields(content, file.name)
    fields.refuse_unknown(KNOWN)
    if "meeting_transcripts" not in content:
        raise fields.fail("meeting_transcripts", "is missing; expected a list of turns with speaker and content.")
    original = read_turns(fields, "meeting_transcripts", content["meeting_transcripts"])
    turns = clean_turns(original)
    if not turns:
        raise fields.fail("meeting_transcripts", "holds noise markers only: nobody says anything.")
    general = _queries(fields, "general_query_list")
    return ImportedRecord(
        id=fields.check_text("file name", file.stem, required=True, longest=200),
        turns=turns,
        original_turns=original,
        language=language,
        references=tuple(("", text) for text in (general[0].references if general else ())),
        queries=(*general[1:], *_queries(fields, "specific_query_list")),
        metadata={"topics": [_topic(fields, item) for item in fields.items("topic_list")]},
        where=file.name,
    )


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
