"""Which column of a table is what of a mark: what somebody says with --map, for tables that others made."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lib.names import normal_form
from models_runner.importing.field_map.mapping import listed
from models_runner.importing.field_map.row import FLAGS
from models_runner.importing.records import RecordError, shown

MAPPED = (
    *("document_id", "query", "query_number", "system", "summary", "annotator"),
    *("start", "end", "text", "kind", "severity", "comment"),
)
ROW_NUMBER = re.compile(r"\{#\}")
# Beside yes and no, what tables write of somebody who ticks boxes.
TICKED: Mapping[str, bool | None] = FLAGS | {"x": True, "y": True, "n": False}


@dataclass(frozen=True)
class ColumnMap:
    """Columns by field.

    Attributes:
        fields: The column of each field; of document_id also a text with {#} for the number of the row, from 1.
        kinds: Columns that say yes or no to one kind of error in the whole summary, by the kind's name.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.fields.values(), *self.kinds.values())

    def rows(self, value: Mapping[str, Any], row: int, where: str) -> Iterator[dict[str, Any]]:
        """Yield a row for each kind that the row says yes to, after one without a kind, which says who read what."""
        named = {normal_form(name): cell for name, cell in value.items()}
        columns = {name: self._cell(named, column, row, where) for name, column in self.fields.items()}
        if not self.kinds:
            yield columns
            return
        found = [kind for kind, column in self.kinds.items() if self._says_yes(named, column, where)]
        yield from ({**columns, "kind": kind} for kind in ("", *found))

    def _cell(self, named: Mapping[str, Any], column: str, row: int, where: str) -> Any:
        if ROW_NUMBER.search(column):
            return ROW_NUMBER.sub(str(row + 1), column)
        # Cells of CSV that are empty are left out, so one that is not there may be empty.
        value = named.get(column)
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    def _says_yes(self, named: Mapping[str, Any], column: str, where: str) -> bool:
        if column not in named:
            raise RecordError(
                where, f"column {column!r} is not there, or is empty; expected yes or no. It has {listed(list(named))}."
            )
        value = named[column]
        flag = TICKED.get(value.strip().lower()) if isinstance(value, str) else value
        if flag not in (True, False):
            raise RecordError(f"{where}, column {column!r}", f"is {shown(value)}; expected yes or no.")
        return bool(flag)


def parse_columns(pairs: Iterable[str]) -> ColumnMap | None:
    """Read FIELD=COLUMN and kind.NAME=COLUMN pairs; None if there are none. Raises RecordError that names the pair."""
    fields: dict[str, str] = {}
    kinds: dict[str, str] = {}
    for pair in pairs:
        name, equals, column = (part.strip() for part in pair.partition("="))
        where = f"--map {pair}"
        if not (name and equals and column):
            raise RecordError(where, "is no FIELD=COLUMN, such as system=Model.")
        into = kinds if name.startswith("kind.") else fields
        name = normal_form(name.removeprefix("kind."))
        if into is fields and name not in MAPPED:
            raise RecordError(where, f"field {name!r} is not known. Expected one of: {', '.join(MAPPED)}, kind.NAME.")
        if name in into:
            raise RecordError(where, f"{name!r} is mapped twice.")
        into[name] = normal_form(column)
    if kinds and "kind" in fields:
        raise RecordError("--map", "kind is one column, or kind.NAME are several; not both.")
    return ColumnMap(fields, kinds) if fields or kinds else None
