"""Read JSON that comes from outside: what cannot be stored, or would be read in two ways, is refused by its place."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

# Objects and lists in each other. No record needs more, and a walk over the value never meets Python's own limit.
DEEPEST = 100
MOST_DIGITS = 4300  # of a whole number: Python reads no longer one
SHOWN_PARTS = 4
TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[][{},]|:', re.DOTALL)
LONG_NUMBER = re.compile(rf"\d{{{MOST_DIGITS + 1}}}")

# What Python's reader finds, in words that pages can translate.
FAULTS = {
    "Expecting value": "a value is missing",
    "Expecting property name enclosed in double quotes": "a key in double quotes is missing",
    "Expecting ':' delimiter": "a colon is missing",
    "Expecting ',' delimiter": "a comma is missing",
    "Illegal trailing comma before end of object": "a comma stands before the end of an object",
    "Illegal trailing comma before end of array": "a comma stands before the end of a list",
    "Extra data": "more text follows after its end",
    "Unterminated string starting at": "a text without an end begins",
    "Invalid control character at": "a line break or another control character stands in a text",
    "Invalid \\escape": "a backslash stands before no sign of JSON",
    "Invalid \\escape: ": "a backslash stands before no sign of JSON",
    "Invalid \\uXXXX escape": "a backslash and u stand before no four hexadecimal digits",
    "Unexpected UTF-8 BOM (decode using utf-8-sig)": "a byte order mark stands",
}
UNKNOWN_FAULT = "something is wrong"

# A place in a value: the place around it, and the key or the number (from 1) there. None is the whole value.
Place = tuple[Any, str | int] | None


class StrictJsonError(ValueError):
    """The text is no JSON that can be read.

    Attributes:
        field: Where in the value, such as metadata.rooms[2]; "" if that is not known or is the whole.
        message: What is wrong there.
    """

    def __init__(self, message: str, field: str = "") -> None:
        self.field, self.message = field, message
        super().__init__(f"{field}: {message}" if field else message)


class _Repeated(dict[str, Any]):
    """An object that names a key twice."""

    key = ""


class _Constant(float):
    """NaN or Infinity, which Python writes and JSON does not know."""

    name = ""


def strict_json(text: str) -> Any:
    """Return the value of a JSON text. Raises StrictJsonError."""
    try:
        if text.startswith("\ufeff"):
            json.loads(text)  # raises, and says how to read a file that begins so
        value = DECODER.decode(text)
    except RecursionError:
        raise StrictJsonError(_too_deep(), _deep_field(text)) from None
    except json.JSONDecodeError as error:
        fault = FAULTS.get(error.msg, UNKNOWN_FAULT)
        if error.lineno > 1:
            raise StrictJsonError(f"is not JSON: {fault} at line {error.lineno}, column {error.colno}.") from error
        raise StrictJsonError(f"is not JSON: {fault} at column {error.colno}.") from error
    except ValueError as error:
        match = LONG_NUMBER.search(text)
        position = f" at character {match.start() + 1}" if match else ""
        raise StrictJsonError(
            f"holds a whole number of more than {MOST_DIGITS} digits{position}; shorten it."
        ) from error
    _check(value)
    return value


def json_texts(value: Any) -> Iterator[tuple[str, str]]:
    """Yield every text and key within a value as (place, text)."""
    stack: list[tuple[Any, Place]] = [(value, None)]
    while stack:
        item, place = stack.pop()
        if isinstance(item, str):
            yield path_of(place), item
        elif isinstance(item, dict):
            for key, child in item.items():
                yield path_of((place, key)), key
                stack.append((child, (place, key)))
        elif isinstance(item, list):
            stack += [(child, (place, number)) for number, child in enumerate(item, start=1)]


def path_of(place: Place) -> str:
    """Write a place as people read it: metadata.rooms[2]; a long one is cut."""
    parts: list[str | int] = []
    while place is not None:
        place, part = place
        parts.append(part)
    path = ""
    for part in parts[::-1][:SHOWN_PARTS]:
        path += f"[{part}]" if isinstance(part, int) else f".{part[:100]}" if path else part[:100]
    return path + ("…" if len(parts) > SHOWN_PARTS else "")


def _constant(name: str) -> float:
    constant = _Constant(name)
    constant.name = name
    return constant


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) == len(pairs):
        return result
    repeated, seen = _Repeated(result), set()
    for key, _ in pairs:
        if key in seen:
            repeated.key = key
            break
        seen.add(key)
    return repeated


# Made once: json.loads makes one for every text, which took as long as reading a short one.
DECODER = json.JSONDecoder(parse_constant=_constant, object_pairs_hook=_object)


def _check(value: Any) -> None:
    stack: list[tuple[Any, Place, int]] = [(value, None, 1)]
    while stack:
        item, place, depth = stack.pop()
        if isinstance(item, _Repeated):
            raise StrictJsonError(f"is not JSON: the key {item.key!r} is there twice.", path_of(place))
        if isinstance(item, float):
            _check_number(item, place)
            continue
        if not isinstance(item, dict | list):
            continue
        if depth > DEEPEST:
            raise StrictJsonError(_too_deep(), path_of(place))
        children = item.items() if isinstance(item, dict) else enumerate(item, start=1)
        stack += [(child, (place, key), depth + 1) for key, child in children if isinstance(child, dict | list | float)]


def _check_number(number: float, place: Place) -> None:
    if isinstance(number, _Constant):
        raise StrictJsonError(f"is not JSON: {number.name} is no JSON value.", path_of(place))
    if not math.isfinite(number):
        raise StrictJsonError("is a number beyond 1.8e308, which nothing can store; make it smaller.", path_of(place))


def _too_deep() -> str:
    return f"is nested too deeply: expected at most {DEEPEST} objects and lists in each other."


def _deep_field(text: str) -> str:
    """Return the place where a text is nested too deeply, for a text that is too deep to read."""
    place: Place = None
    places: list[Place] = []  # of the objects and lists that are open, with the place of what stands in them now
    last = ""
    for match in TOKENS.finditer(text):
        mark = match[0]
        if mark in "[{":
            places.append(place)
            place = (place, 1) if mark == "[" else (place, "")
            if len(places) > DEEPEST:
                return path_of(places[-1])
        elif mark in "]}":
            place = places.pop() if places else None
        elif mark == "," and place is not None and isinstance(place[1], int):
            place = (place[0], place[1] + 1)
        elif mark == ":" and place is not None:
            place = (place[0], last[1:-1])
        last = mark
    return ""
