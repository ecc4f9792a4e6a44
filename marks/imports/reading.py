"""Read marks that were made elsewhere, one after the other, from files of several forms."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from annotations.imports.problems import Problems
from lib.names import normal_form
from marks.imports.factgenie import factgenie_rows, is_factgenie
from marks.imports.mapping import ColumnMap
from marks.models import LONGEST_COMMENT, LONGEST_KIND, Severity, problem_of_name
from models_runner.importing.records import MAX_ID_LENGTH, Fields, RecordError, shown
from models_runner.importing.tables import table_rows

LONGEST_ANNOTATOR = 50
LONGEST_SLUG = 100
LARGEST = 2_147_483_647
FIELDS = (
    *("document_id", "query", "query_number", "system", "summary", "annotator", "start", "end", "text"),
    *("kind", "severity", "comment", "text_sha256"),
)


class GivenMark(NamedTuple):
    """One mark of the file, or that somebody read a summary, whether they found something or not.

    Attributes:
        row: The number of its line in the file, from 0.
        where: The line, for messages.
        document: The document's id; "" if the summary's text tells it.
        summary: The whole text of the summary; None if the line does not give it.
        start, end: None for a mark on the whole.
        text: What stands there; "" if the line does not say.
        text_sha256: Of the whole text; "" if the line does not say.
        kind: "" if the line says no more than that the summary was read.
    """

    row: int
    where: str
    document: str
    query: str
    query_number: int | None
    system: str
    summary: str | None
    annotator: str
    start: int | None
    end: int | None
    text: str
    text_sha256: str
    kind: str
    severity: str
    comment: str


@dataclass(frozen=True)
class HowToRead:
    """How a file is read.

    Attributes:
        columns: Which column is what, where names are not those of FIELDS.
        defaults: Values of system, annotator, kind and severity for lines that have none.
    """

    columns: ColumnMap | None = None
    defaults: Mapping[str, str] = field(default_factory=dict)


def given_marks(path: Path, how: HowToRead, problems: Problems) -> Iterator[GivenMark]:
    """Yield the marks of a file in turn; a line that is none is added to the problems, and so is an empty file.

    path: JSON Lines, a JSON list, CSV or Parquet, or the folder of a release.
    """
    row, known = -1, (*FIELDS, *(how.columns.names if how.columns else ()))
    try:
        for row, (value, where) in enumerate(table_rows(path, known, "marks")):
            try:
                yield from _marks(value, row, where, how)
            except RecordError as error:
                problems.add(row, error.__str__)
    except RecordError as error:
        problems.add(row + 1, error.__str__)
    else:
        if row < 0:
            problems.add(0, lambda: f"{path.name}: there are no marks to import.")


def _marks(value: Any, row: int, where: str, how: HowToRead) -> Iterator[GivenMark]:
    if not isinstance(value, dict):
        raise RecordError(where, 'is no object; expected {"document_id": ..., "system": ..., "kind": ...}.')
    defaults = dict(how.defaults)
    if is_factgenie(value) or (how.columns is not None and how.columns.kinds):
        defaults.pop("kind", None)  # a row without one says only who read what
    for columns in _rows_of(value, row, where, how):
        filled = {**defaults, **{name: cell for name, cell in columns.items() if cell not in (None, "")}}
        yield _mark(Fields(filled, where), row)


def _rows_of(value: dict[str, Any], row: int, where: str, how: HowToRead) -> Iterable[dict[str, Any]]:
    if how.columns is not None:
        return how.columns.rows(value, row, where)
    if is_factgenie(value):
        return factgenie_rows(value, where)
    Fields(value, where).refuse_unknown(FIELDS)
    return (value,)


def _mark(fields: Fields, row: int) -> GivenMark:
    summary = fields.text("summary") if fields.values.get("summary") is not None else None
    kind = normal_form(fields.text("kind", longest=LONGEST_KIND))
    if kind and (problem := problem_of_name(kind)):
        raise fields.fail("kind", problem)
    start, end = _place(fields)
    text = fields.text("text")
    if start is None and text:
        raise fields.fail("text", "is there, but neither start nor end says where. Give both, or no text.")
    if not kind and start is not None:
        raise fields.fail("kind", "is missing; expected what is wrong with these words.")
    return GivenMark(
        row=row,
        where=fields.where,
        document=fields.text("document_id", required=summary is None, longest=MAX_ID_LENGTH),
        query=fields.text("query"),
        query_number=fields.whole("query_number"),
        system=normal_form(_said(fields, "system", LONGEST_SLUG)),
        summary=summary,
        annotator=_said(fields, "annotator", LONGEST_ANNOTATOR).strip(),
        start=start,
        end=end,
        text=text,
        text_sha256=fields.text("text_sha256"),
        kind=kind,
        severity=_severity(fields) if kind else "",
        comment=fields.text("comment", longest=LONGEST_COMMENT),
    )


def _said(fields: Fields, name: str, longest: int) -> str:
    if fields.values.get(name) is None:
        raise fields.fail(name, f"is missing; name it on every line, or for the whole file with --{name}.")
    return fields.text(name, required=True, longest=longest)


def _severity(fields: Fields) -> str:
    severity = _said(fields, "severity", LONGEST_SLUG).strip().lower()
    if severity not in Severity.values:
        raise fields.fail("severity", f"is {severity!r}; expected one of: {', '.join(Severity.values)}.")
    return severity


def _place(fields: Fields) -> tuple[int | None, int | None]:
    start, end = (_character(fields, name) for name in ("start", "end"))
    for name, value, other in (("start", start, "end"), ("end", end, "start")):
        if value is None and fields.values.get(other) is not None:
            raise fields.fail(name, f"is missing, but {other} is there. Give both, or neither for the whole summary.")
    if start is not None and end is not None and end <= start:
        message = f"is {end}; expected more than start, {start}: it is the first character behind the mark."
        raise fields.fail("end", message)
    return start, end


def _character(fields: Fields, name: str) -> int | None:
    value = fields.values.get(name)
    if value is None:
        return None
    try:
        number = float("nan") if isinstance(value, bool) else float(value)
        whole = int(number) if number.is_integer() and 0 <= number <= LARGEST else None
    except (TypeError, ValueError, OverflowError):
        whole = None
    if whole is None:
        raise fields.fail(name, f"is {shown(value)}; expected a character of the summary, counted from 0.")
    return whole
