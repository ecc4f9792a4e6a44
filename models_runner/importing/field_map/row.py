"""Read one row through a map."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lib.csv_cells import reads_as_missing, unmarked_word
from models_runner.importing.field_map.known_sets import HABITS
from models_runner.importing.field_map.mapping import REFERENCES, FieldMap, listed
from models_runner.importing.reading import Missing
from models_runner.importing.records import (
    MAX_LANGUAGE_LENGTH,
    MAX_LICENCE_LENGTH,
    MAX_SPLIT_LENGTH,
    MAX_TITLE_LENGTH,
    MOST_TURNS,
    Fields,
    RecordError,
    Terms,
    TooLongError,
    Turn,
)
from models_runner.importing.speech.times import seconds_of

FLAGS: dict[str, bool | None] = {
    "": None, "true": True, "yes": True, "1": True, "1.0": True, "false": False, "no": False, "0": False, "0.0": False,
}  # fmt: skip
EMPTY = "is empty: nobody says anything. Expected at least one turn with words."


@dataclass(frozen=True)
class Row:
    """One row, read through the map; each method raises RecordError, which names the column."""

    values: Mapping[str, Any]
    where: str
    map: FieldMap
    missing: Missing
    cells: bool  # texts are cells of a table, in which an apostrophe may stand before a word that reads as missing

    def fail(self, name: str, message: str) -> RecordError:
        column = "+".join(self.map.fields.get(name, ()))
        return RecordError(
            f"{self.where}, field {name!r}{f' (column {column!r})' if column not in ('', name) else ''}", message
        )

    def value(self, name: str) -> Any:
        for column in self.map.fields.get(name, ()):
            value = look_up(self.values, column)
            if not _is_nothing(value):
                return value
        return None

    def text(self, name: str, *, longest: int | None = None) -> str:
        value = self.value(name)
        if value is None:
            return ""
        if isinstance(value, int | float) and not isinstance(value, bool) and name in ("id", "speaker"):
            value = str(int(value)) if float(value).is_integer() else str(value)
        return self._checked(name, value, longest)

    def _checked(self, name: str, value: Any, longest: int | None = None) -> str:
        problem = Fields({}, self.where)
        try:
            text = problem.check_text(name, value, longest=longest)
        except RecordError as error:
            raise self.fail(name, str(error).split(": ", 1)[1]) from error
        if reads_as_missing(text) and name != "content":
            if self.missing == Missing.EMPTY:
                return ""
            if self.missing == Missing.ASK:
                word = text.strip()
                raise self.fail(
                    name,
                    f"is {word!r}, which programs write into an empty cell. Leave it empty, or say --missing empty; "
                    f"if it is meant, put an apostrophe before it ('{word}) or say --missing text.",
                )
        return unmarked_word(text) if self.cells else text

    @property
    def is_silent(self) -> bool:
        """Whether the row has nothing for a transcript."""
        value = self.value("transcript")
        return value is None or value == [] or (isinstance(value, str) and not value.strip())

    def spoken(self) -> Any:
        """Return the transcript as a text or as turns."""
        value = self.value("transcript")
        if value is None or value == []:
            columns = self.map.fields.get("transcript", ())
            empty = any(look_up(self.values, column) in ("", []) for column in columns)
            raise self.fail("transcript", EMPTY if empty else "is missing; expected a text or a list of turns.")
        if isinstance(value, list):
            return self._turns(value)
        text = self._checked("transcript", value)
        if not text.strip():
            raise self.fail("transcript", EMPTY)
        return text

    def _turns(self, value: list[Any]) -> Any:
        if len(value) > MOST_TURNS:
            raise TooLongError(self.where)
        speakers = self.value("speaker")
        if all(isinstance(item, str) for item in value):
            if speakers is None:
                return "\n".join(self._checked("transcript", item) for item in value)
            if not isinstance(speakers, list) or len(speakers) != len(value):
                raise self.fail("speaker", f"has not one name for each of the {len(value)} texts of the transcript.")
            pairs = zip(speakers, value, strict=True)
            return [
                {"speaker": str(name or "").strip(), "content": self._checked("transcript", text)}
                for name, text in pairs
            ]
        return [self._turn(item, n) for n, item in enumerate(value, start=1)]

    def _turn(self, item: Any, number: int) -> Turn:
        if not isinstance(item, Mapping):
            raise self.fail(
                "transcript", f"has as item {number} neither a text nor an object with speaker and content."
            )
        lower = {str(key).lower(): value for key, value in item.items()}
        content = next(
            (lower[key] for key in (*HABITS["content"], "value", "message") if isinstance(lower.get(key), str)), None
        )
        if content is None:
            raise self.fail("transcript", f"item {number} has no text; its keys are {listed(list(map(str, item)))}.")
        speaker = next(
            (lower[key] for key in (*HABITS["speaker"], "role", "from", "user") if not _is_nothing(lower.get(key))), ""
        )
        turn: Turn = {"speaker": str(speaker).strip(), "content": self._checked("transcript", content)}
        start = next((s for key in HABITS["start"] if (s := _number(lower.get(key))) is not None), None)
        return turn if start is None else turn | {"start": round(start, 3)}

    def references(self) -> list[tuple[str, str]]:
        pairs: list[tuple[str, str]] = []
        for name in REFERENCES:
            kind = name.removeprefix("reference").removeprefix("_")
            for column in self.map.fields.get(name, ()):
                value = look_up(self.values, column)
                for text in value if isinstance(value, list) else [value]:
                    if not _is_nothing(text) and (checked := self._checked(name, text)).strip():
                        pairs.append((kind, checked))
        if len({bool(kind) for kind, _ in pairs}) > 1:
            raise RecordError(self.where, "has a reference and references by length; use one kind.")
        return list(dict.fromkeys(pairs))

    def about(self) -> dict[str, Any]:
        metadata = {
            name.removeprefix("metadata."): value
            for name in self.map.fields
            if name.startswith("metadata.")
            and isinstance(value := self.value(name), str | int | float | bool | list | dict)
        }
        flag = self.value("redistributable")
        if not isinstance(flag, bool):
            text = "" if flag is None else str(flag).strip().lower()
            if text not in FLAGS:
                raise self.fail("redistributable", f"is {text!r}; expected true, false or nothing.")
            flag = FLAGS[text]
        about = {
            "title": " ".join(self.text("title", longest=MAX_TITLE_LENGTH).split()),
            "language": self.text("language", longest=MAX_LANGUAGE_LENGTH).strip(),
            "split": self.text("split", longest=MAX_SPLIT_LENGTH).strip(),
            "metadata": metadata,
            "terms": Terms(self.text("licence", longest=MAX_LICENCE_LENGTH).strip(), flag),
        }
        return {name: value for name, value in about.items() if value}

    def seconds(self, name: str) -> float | None:
        value = self.value(name)
        if value is None or value == "":
            return None
        if (seconds := _number(value)) is None:
            raise self.fail(name, f"is {value!r}; expected seconds, or a time such as 0:03 or 00:01:02.5.")
        return seconds / 1000 if self.map.milliseconds and str(value).strip().isdigit() else seconds


def look_up(row: Mapping[str, Any], column: str) -> Any:
    """Return a column's value; a.b is the value of b in the object a, or the values of b in the objects of a list a."""
    if column in row:
        return row[column]
    value: Any = row
    for part in column.split("."):
        if isinstance(value, list):
            value = value[int(part)] if part.isdigit() and int(part) < len(value) else [
                item.get(part) for item in value if isinstance(item, Mapping)
            ]  # fmt: skip
        elif isinstance(value, Mapping):
            value = value.get(part)
        else:
            return None
    return value


def _is_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value)) or value == ""


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        try:
            value = float(value.strip().replace(",", "."))
        except ValueError:
            return seconds_of(value)
    return float(value) if isinstance(value, int | float) and math.isfinite(value) and value >= 0 else None
