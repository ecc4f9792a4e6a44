"""Read a list of pairs that a judge is to be asked about, one a line: document, first system, second system."""

import csv
from dataclasses import dataclass

from lib.json.strict import strict_json
from lib.names import normal_form
from models_runner.importing.records import MAX_ID_LENGTH, Fields, RecordError

HEADER = ("document_id", "model_a", "model_b")
MOST = 100_000


class ChosenPairsError(ValueError):
    """The list is no list of pairs; the message names the line."""


@dataclass(frozen=True)
class NamedPair:
    """A pair by names.

    Attributes:
        where: Its line, for messages.
        document: The document's id.
        systems: Slugs of both systems, in any order.
        query: What the summaries answer, by its text; "" of summaries of a whole meeting.
        query_number: The same by its number, from 1; None if not given.
    """

    where: str
    document: str
    systems: tuple[str, str]
    query: str = ""
    query_number: int | None = None


def read_chosen(text: str) -> list[NamedPair]:
    """Read CSV, with or without a header, or JSON Lines with document_id, model_a, model_b, and query if there is one.

    Raises:
        ChosenPairsError: A line is no pair, or there is none.
    """
    lines = [(n, line) for n, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1) if line.strip()]
    if len(lines) > MOST:
        raise ChosenPairsError(f"The list has {len(lines):,} lines; expected at most {MOST:,}.")
    pairs = [_pair(line, f"line {n}") for n, line in lines if not _is_header(line)]
    if not pairs:
        raise ChosenPairsError("The list holds no pair; expected lines of document, first system, second system.")
    return pairs


def _is_header(line: str) -> bool:
    return tuple(cell.strip() for cell in _cells(line)[: len(HEADER)]) == HEADER


def _cells(line: str) -> list[str]:
    return next(csv.reader([line], delimiter="\t" if "\t" in line else ",", skipinitialspace=True), [])


def _pair(line: str, where: str) -> NamedPair:
    query, number = "", None
    if line.lstrip().startswith("{"):
        document, first, second, query, number = _of_json(line, where)
    else:
        cells = [cell.strip() for cell in _cells(line)]
        if len(cells) not in (3, 4) or not all(cells[:3]):
            raise ChosenPairsError(f"{where}: expected document, first system, second system, and a query if any.")
        document, first, second, query = [*cells, ""][:4]
    systems = (normal_form(first), normal_form(second))
    if systems[0] == systems[1]:
        raise ChosenPairsError(f"{where}: both systems are {first!r}; expected two different ones.")
    return NamedPair(where, document, systems, query, number)


def _of_json(line: str, where: str) -> tuple[str, str, str, str, int | None]:
    """Return the fields of an object, whatever else it holds: lines of export_verdicts will do."""
    try:
        value = strict_json(line)
        fields = Fields(value if isinstance(value, dict) else {}, where)
        document, first, second = (fields.text(name, required=True, longest=MAX_ID_LENGTH) for name in HEADER)
        return document, first, second, fields.text("query"), fields.whole("query_number")
    except (ValueError, RecordError) as error:
        message = str(error) if isinstance(error, RecordError) else f"{where} cannot be read as JSON: {error}"
        raise ChosenPairsError(message) from error
