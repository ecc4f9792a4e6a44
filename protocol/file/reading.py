"""Read a protocol: strictly, with the line of everything that is wrong, and completed to its canonical form."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from protocol.file.completing import canonical, completed
from protocol.file.crosschecks import crosscheck
from protocol.file.problems import Problem, ProtocolError, nearest
from protocol.file.schema import VERSION, Part, Protocol
from protocol.file.yaml_text import YamlText, read_yaml

KEY = "punchweight_protocol"
Place = tuple[str | int, ...]
EXPECTED = {
    "string_type": "is {given}; expected a text.",
    "int_type": "is {given}; expected a whole number.",
    "float_type": "is {given}; expected a number.",
    "bool_type": "is {given}; expected true or false.",
    "list_type": "is {given}; expected a list.",
    "dict_type": "is {given}; expected names with values below them.",
    "model_type": "is {given}; expected keys with values below them.",
    "choice": "is {given}; expected one of {known}.",
    "expected": "is {given}; expected {expected}.",
    "missing": "is missing.",
    "literal_error": "is {given}; expected 1.",
    "greater_than_equal": "is {given}; expected {ge} or more.",
    "greater_than": "is {given}; expected more than {gt}.",
    "less_than_equal": "is {given}; expected {le} or less.",
    "less_than": "is {given}; expected less than {lt}.",
    "string_too_long": "has too many characters; expected at most {max_length}.",
    "string_too_short": "is empty; expected a text.",
    "too_short": "has too few entries; expected at least {min_length}.",
    "too_long": "has too many entries; expected at most {max_length}.",
}
PATTERNS = {
    "[-a-zA-Z0-9_]": "is {given}; expected a name of letters, digits, - and _.",
    "[A-Za-z0-9_-]": "is {given}; expected a name of at most 50 letters, digits, - and _.",
    "sha256": "is {given}; expected sha256: and 64 hexadecimal digits.",
}


def read_protocol(text: str) -> Protocol:
    """Return the protocol in its canonical form. Raises ProtocolError with every problem and its line."""
    source = read_yaml(text)
    check_version(source)
    problems: list[Problem] = []
    data = completed(source, problems)
    try:
        protocol = Protocol.model_validate(data)
    except ValidationError as error:
        raise ProtocolError([*problems, *_problems(error, source)]) from error
    problems += crosscheck(protocol, source)
    if problems:
        raise ProtocolError(problems)
    return canonical(protocol)


def read_protocol_file(path: Path) -> Protocol:
    """Read a file. Raises ProtocolError, also where the file cannot be read."""
    try:
        return read_protocol(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProtocolError([Problem(1, "", f"{path} cannot be read: {error.strerror}. Check the path.")]) from error
    except UnicodeDecodeError as error:
        raise ProtocolError([Problem(1, "", f"{path.name} is not UTF-8. Save it as UTF-8.")]) from error


def check_version(source: YamlText) -> None:
    if not isinstance(source.value, dict):
        raise ProtocolError([Problem(1, "", f"The file is no protocol. Expected the key {KEY}: {VERSION} and others.")])
    version = source.value.get(KEY)
    if version != VERSION or isinstance(version, bool):
        message = (
            f"{'is missing' if KEY not in source.value else f'is {version!r}'}; this site reads version {VERSION}. "
            f"Write {KEY}: {VERSION}."
        )
        raise ProtocolError([Problem(source.line_of((KEY,)), KEY, message)])


def _problems(error: ValidationError, source: YamlText) -> Iterator[Problem]:
    for detail in error.errors(include_url=False, include_input=True):
        place = _place(detail["loc"])
        yield Problem(source.line_of(place), dotted(place), _message(detail, place))


def _place(loc: tuple[int | str, ...]) -> Place:
    """Leave out the marks of pydantic's own, which are no keys."""
    return tuple(part for part in loc if part not in ("[key]", "int", "float"))


def dotted(place: Place) -> str:
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in place)


def _message(detail: Mapping[str, Any], place: Place) -> str:
    kind, given = detail["type"], detail.get("input")
    if kind == "extra_forbidden":
        return f"is no key of a protocol. {nearest(str(place[-1]), _keys_at(place[:-1]))}"
    if kind == "string_pattern_mismatch":
        pattern = str(detail["ctx"]["pattern"])
        words = next((words for part, words in PATTERNS.items() if part in pattern), "is {given}; expected {pattern}.")
    else:
        words = EXPECTED.get(kind, "is {given}; {msg}.")
    return words.format(given=_shown(given), msg=detail["msg"], **detail.get("ctx", {}))


def _shown(value: object) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return f"{value[:60]!r}" if isinstance(value, str) else str(value)[:60]


def _keys_at(place: Place) -> list[str]:
    """Return the keys that the schema has at a place."""
    kind: Any = Protocol
    for part in place:
        # Below a list or an object of names come its values, which are the last of its arguments.
        kind = kind.model_fields[part].annotation if _is_part(kind) else get_args(kind)[-1]
    return list(kind.model_fields) if _is_part(kind) else []


def _is_part(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Part)
