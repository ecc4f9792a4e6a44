"""Which column makes which field of a record: what somebody says with --map, or what is known."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from models_runner.importing.field_map.known_sets import HABITS, known_set
from models_runner.importing.reading import ReadOptions
from models_runner.importing.records import LENGTHS, RecordError

REFERENCES = ("reference", *(f"reference_{kind}" for kind in LENGTHS))
TURN_FIELDS = ("speaker", "content", "start")
FIELDS = (
    "id",
    "title",
    "transcript",
    *TURN_FIELDS,
    *REFERENCES,
    "query",
    "language",
    "split",
    "licence",
    "redistributable",
)
OWN_COLUMNS = ("id", "transcript", "language", "title", "licence", "split", "redistributable", *REFERENCES)
SEVERAL = REFERENCES  # a field that takes several columns


@dataclass(frozen=True)
class FieldMap:
    """Which columns make which field.

    Attributes:
        fields: Columns by field; several only for references.
        name: The known data set that it came from; "" if somebody gave it.
        milliseconds: Starts that are whole numbers are milliseconds.
    """

    fields: Mapping[str, tuple[str, ...]]
    name: str = ""
    milliseconds: bool = False

    @property
    def rows_are_turns(self) -> bool:
        return "content" in self.fields


def parse_map(pairs: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Read FIELD=COLUMN pairs. Raises RecordError that names the pair."""
    fields: dict[str, tuple[str, ...]] = {}
    for pair in pairs:
        name, equals, column = (part.strip() for part in pair.partition("="))
        where = f"--map {pair}"
        if not equals or not column or not name:
            raise RecordError(where, "is no FIELD=COLUMN, such as transcript=dialogue.")
        name = {"references": "reference", "summary": "reference"}.get(name, name)
        if name not in FIELDS and not re.fullmatch(r"metadata\.\S+", name):
            raise RecordError(
                where, f"field {name!r} is not known. Expected one of: {', '.join(FIELDS)}, metadata.NAME."
            )
        if name in fields and name not in SEVERAL:
            raise RecordError(where, f"field {name!r} is mapped twice; only references may have several columns.")
        if column not in fields.get(name, ()):
            fields[name] = (*fields.get(name, ()), column)
    return fields


def find_map(columns: Sequence[str], options: ReadOptions, where: str) -> FieldMap:
    """Return the map that was given, or a known set's. Raises RecordError with a proposal."""
    if options.fields:
        return checked_map(FieldMap(options.fields), columns, where)
    if known := known_set(columns):
        there = {name: tuple(c for c in wanted if c in columns) for name, wanted in known.fields.items()}
        chosen = {name: found if name in SEVERAL else found[:1] for name, found in there.items() if found}
        return FieldMap(chosen, known.name, known.milliseconds)
    raise RecordError(where, f"columns are {listed(columns)}. {proposal(columns)}")


def own_map(columns: Sequence[str]) -> FieldMap | None:
    """Return the map of a table in this product's own form, with its names in any capitals; None for another."""
    names = [column.strip().lower() for column in columns]
    own = {"id", "transcript"} <= set(names) <= set(OWN_COLUMNS) and len(set(names)) == len(names)
    return FieldMap({name: (column,) for name, column in zip(names, columns, strict=True)}) if own else None


def checked_map(given: FieldMap, columns: Sequence[str], where: str) -> FieldMap:
    for name, wanted in given.fields.items():
        for column in wanted:
            if column not in columns and column.split(".")[0] not in columns:
                raise RecordError(
                    where,
                    f"has no column {column!r}, which --map {name}={column} names. Columns are {listed(columns)}.",
                )
    if "transcript" not in given.fields and "content" not in given.fields:
        raise RecordError(where, f"no column is mapped to the transcript. {proposal(columns)}")
    return given


def proposal(columns: Sequence[str]) -> str:
    """Say which maps the columns' names suggest."""
    lower = {column.strip().lower(): column for column in reversed(columns)}
    chosen: dict[str, str] = {}
    for name in ("transcript", "reference", "id", "query", "title"):
        column = next(
            (lower[habit] for habit in HABITS[name] if habit in lower and lower[habit] not in chosen.values()), ""
        )
        if column:
            chosen[name] = column
    if {"document_id", "summary"} <= set(lower):
        return "These are summaries: import_summaries takes them, or the API (POST /datasets/NAME/summaries)."
    if "transcript" not in chosen:
        return "Say which is what: --map transcript=COLUMN, and if you like --map reference=COLUMN, --map id=COLUMN."
    maps = [f"--map {name}={_quoted(column)}" for name, column in chosen.items()]
    return f"Say which is what, for example: {' '.join(maps)}"


def _quoted(column: str) -> str:
    return f"'{column}'" if re.search(r"\s", column) else column


def listed(columns: Sequence[str]) -> str:
    more = f" and {len(columns) - 20:,} more" if len(columns) > 20 else ""
    return ", ".join(repr(column) for column in columns[:20]) + more
