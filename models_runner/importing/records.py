"""Records, the form that every import format has before it is stored, and the errors of reading them."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from lib.json.strict import json_texts
from lib.text.visible import visible_text
from models_runner.models import InstructionKind

MAX_ID_LENGTH = 200
MAX_TITLE_LENGTH = 300
MAX_LANGUAGE_LENGTH = 60  # of a name; its code has at most 20
MAX_SPLIT_LENGTH = 50
MAX_LICENCE_LENGTH = 200
MOST_COUNTED = 2_147_483_647
MAX_SECONDS = 10**7  # four months
# Of one document; the longest meetings have some thousands. A file of one-letter turns would take 60 times its size.
MOST_TURNS = 100_000
MOST_LINES = 2 * MOST_TURNS
SHOWN_ERRORS = 20

Turn = dict[str, Any]  # speaker, content and, where known, start: seconds since the beginning


class DatasetImportError(Exception):
    """Nothing was imported; the message lists up to 20 problems with their places.

    number: Of all problems, where only the first ones are given.
    """

    def __init__(self, problems: Sequence[str], number: int | None = None) -> None:
        self.problems = list(problems)
        self.number = len(self.problems) if number is None else number
        more = self.number - SHOWN_ERRORS
        lines = [*self.problems[:SHOWN_ERRORS], *([f"... and {more:,} more"] if more > 0 else [])]
        super().__init__("Nothing was imported.\n" + "\n".join(lines))


class RecordError(ValueError):
    """One record is wrong; the message names file, record and field."""

    def __init__(self, where: str, message: str) -> None:
        super().__init__(f"{where}: {message}")


class TooLongError(RecordError):
    """A document has more turns than any meeting; nothing more is read of its file."""

    def __init__(self, where: str = "transcript") -> None:
        super().__init__(
            where,
            f"has more than {MOST_TURNS:,} turns, or {MOST_LINES:,} lines, which no meeting has. Expected one meeting: "
            "part it, or remove lines without speech.",
        )


def refuse_too_long(text: str) -> None:
    """Raise TooLongError for a text of too many lines, before they are told apart."""
    if max(text.count("\n"), text.count("\r")) > MOST_LINES:
        raise TooLongError


@dataclass(frozen=True)
class ImportedQuery:
    text: str
    references: tuple[str, ...] = ()


@dataclass(frozen=True)
class Terms:
    """The terms on which a document may be passed on.

    Attributes:
        licence: Its licence; "" if none is given.
        redistributable: Whether a release may hold its text; None if nothing is given.
    """

    licence: str = ""
    redistributable: bool | None = None

    def filled_from(self, other: "Terms") -> "Terms":
        """Return these terms, filled from the other's where these give nothing."""
        flag = other.redistributable if self.redistributable is None else self.redistributable
        return Terms(self.licence or other.licence, flag)


NO_TERMS = Terms()


@dataclass(frozen=True)
class ImportedRecord:
    """One document, ready to be stored.

    Attributes:
        references: (instruction, text) pairs; the instruction "" fits any length.
        split: "" if the record names none.
        where: Where the record is in the file, for messages.
        language_is_guess: Whether nobody named the language, so that it was found from the text.
        plain_language: The language that the text is plainly in; "" where that is not certain.
    """

    id: str
    turns: list[Turn]
    original_turns: list[Turn]
    language: str
    title: str = ""
    references: tuple[tuple[str, str], ...] = ()
    queries: tuple[ImportedQuery, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    terms: Terms = NO_TERMS
    split: str = ""
    where: str = field(default="", compare=False)
    language_is_guess: bool = field(default=False, compare=False)
    plain_language: str = field(default="", compare=False)

    def content_hash(self, split: str) -> str:
        """Return the SHA-256 of the content. split: Of a record that names none."""
        # Not asdict, which copies every turn: that took as long as all else of an import.
        names = [part.name for part in fields(self) if part.compare and part.name != "terms"]
        content = {name: getattr(self, name) for name in names}
        content["queries"] = [{"text": query.text, "references": query.references} for query in self.queries]
        content["split"] = self.split or split
        return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


@dataclass(frozen=True)
class Fields:
    """Reads the fields of one JSON object and checks their values; each method raises RecordError."""

    values: Mapping[str, Any]
    where: str

    def fail(self, name: str, message: str) -> RecordError:
        return RecordError(f"{self.where}, field {name!r}", message)

    def refuse_unknown(self, allowed: Sequence[str]) -> None:
        unknown = [name for name in self.values if name not in allowed]
        if unknown:
            raise self.fail(str(unknown[0]), f"is not known. Expected only: {', '.join(allowed)}.")

    def text(self, name: str, *, required: bool = False, longest: int | None = None) -> str:
        value = self.values.get(name)
        if value is None and not required:
            return ""
        if value is None:
            raise self.fail(name, "is missing; expected a text.")
        return self.check_text(name, value, required=required, longest=longest)

    def check_text(self, name: str, value: Any, *, required: bool = False, longest: int | None = None) -> str:
        if not isinstance(value, str):
            raise self.fail(name, f"is {_kind(value)}; expected a text.")
        problem = storable_problem(value)
        if problem:
            raise self.fail(name, problem)
        if required and not visible_text(value):
            raise self.fail(name, "is empty; expected a text.")
        if longest is not None and len(value) > longest:
            raise self.fail(name, f"has {len(value)} characters; at most {longest} are allowed.")
        return value

    def whole(self, name: str) -> int | None:
        """Return a whole number, 1 or more; None if there is none."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        number = _as_whole(value)
        if number is None or not 1 <= number <= MOST_COUNTED:
            raise self.fail(name, f"is {shown(value)}; expected a whole number, 1 or more.")
        return number

    def seconds(self, name: str) -> float | None:
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < MAX_SECONDS:
            raise self.fail(name, f"is {value!r}; expected seconds since the beginning, 0 or more.")
        return value

    def items(self, name: str) -> list[Any]:
        value = self.values.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.fail(name, f"is {_kind(value)}; expected a list.")
        return value

    def inside(self, name: str, value: Any) -> "Fields":
        """Return the fields of an object within this record; name says where it is, for example queries[2]."""
        if not isinstance(value, dict):
            raise self.fail(name, f"is {_kind(value)}; expected an object.")
        return Fields(value, f"{self.where}, {name}")

    def metadata(self) -> dict[str, Any]:
        value = self.values.get("metadata")
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.fail("metadata", f"is {_kind(value)}; expected an object.")
        for place, text in json_texts(value):
            if problem := storable_problem(text):
                # A key at fault is part of its own place.
                raise self.fail(f"metadata.{place}".encode("utf-8", "replace").decode().replace("\x00", "?"), problem)
        return value


def storable_problem(text: str) -> str:
    """Tell why a database cannot store this text; "" if it can."""
    if "\x00" in text:
        return "holds a NUL character, which no text may have; remove it."
    if text.isascii():
        return ""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        return f"holds half a character (a lone surrogate) at position {error.start}; repair the file's encoding."
    return ""


def _as_whole(value: Any) -> int | None:
    """Return a whole number; tables have it as the text 2, or as 2.0 where other rows of the column have none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return int(number) if number.is_integer() else None


def shown(value: Any) -> str:
    """Return a value as a message shows it, cut to some 50 characters."""
    text = repr(value) if isinstance(value, str | int | float) else json.dumps(value)
    return text if len(text) <= 50 else f"{text[:50]}…"


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def read_turns(fields: Fields, name: str, value: Any) -> list[Turn]:
    """Read turns from a list of {"speaker", "content"}; a speaker may be missing, but one turn must have words."""
    if not isinstance(value, list):
        raise fields.fail(name, f"is {_kind(value)}; expected a text or a list of turns with speaker and content.")
    if len(value) > MOST_TURNS:
        raise TooLongError(f"{fields.where}, field {name!r}")
    turns = []
    for number, item in enumerate(value, start=1):
        turn = fields.inside(f"{name}[{number}]", item)
        turn.refuse_unknown(("speaker", "content", "start"))
        if "content" not in turn.values:
            raise turn.fail("content", "is missing; expected what was said.")
        start = turn.seconds("start")
        said = {"speaker": turn.text("speaker").strip(), "content": turn.text("content")}
        turns.append(said if start is None else said | {"start": start})
    require_speech(fields, name, turns)
    return turns


def require_speech(fields: Fields, name: str, turns: Sequence[Turn]) -> None:
    if not any(visible_text(turn["content"]) for turn in turns):
        raise fields.fail(name, "is empty: nobody says anything. Expected at least one turn with words.")


LENGTHS = (InstructionKind.LONG.value, InstructionKind.MEDIUM.value, InstructionKind.SHORT.value)
