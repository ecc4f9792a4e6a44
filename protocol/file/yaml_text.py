"""Read YAML of unchecked origin: plain values with their lines, and nothing that could grow or run.

Anchors, aliases, tags, several documents, a key twice and deep nesting are refused by line. Values mean what YAML 1.2
says: no, off and 1:30 are texts here, for which YAML 1.1 has other meanings.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

from models_runner.importing.records import storable_problem
from protocol.file.problems import Problem, ProtocolError

Path = tuple[str | int, ...]
MOST_BYTES = 1_000_000
DEEPEST = 20
MOST_VALUES = 50_000
LONGEST_NUMBER = 18
NULLS = ("", "~", "null", "Null", "NULL")
TRUTHS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)")
NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
# libyaml reads a megabyte in a fraction of a second; without it the slow loader does.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass
class YamlText:
    """A text as values.

    Attributes:
        value: Objects, lists, texts, numbers, true, false and null.
        lines: The line, from 1, of every key and item, by its path.
    """

    value: Any
    lines: dict[Path, int] = field(default_factory=dict)

    def line_of(self, path: Path) -> int:
        """Return the line of the place, or of the nearest one around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_yaml(text: str) -> YamlText:
    """Read one document. Raises ProtocolError, which names the line."""
    if len(text.encode("utf-8", "replace")) > MOST_BYTES:
        raise ProtocolError([Problem(1, "", f"The file is larger than {MOST_BYTES:,} bytes. Expected a protocol.")])
    if problem := storable_problem(text):
        raise ProtocolError([Problem(1, "", f"The file {problem}")])
    try:
        return _YamlReader(yaml.parse(text, Loader=LOADER)).read()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = f"This is no YAML: {error.problem or error.context}."
        raise ProtocolError([Problem(mark.line + 1 if mark else 1, "", what)]) from error
    except yaml.YAMLError as error:
        raise ProtocolError([Problem(1, "", f"This is no YAML: {error}.")]) from error


class _YamlReader:
    """Builds values from the events of the parser, so that nothing is built of what is refused."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._lines: dict[Path, int] = {}
        self._values = 0

    def read(self) -> YamlText:
        value: Any = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._refuse(event, "A second document begins here (---). Expected one protocol in a file.")
            elif isinstance(event, yaml.NodeEvent):
                value = self._value(event, ())
        return YamlText(value, self._lines)

    def _value(self, event: Any, path: Path) -> Any:
        self._values += 1
        self._lines.setdefault(path, _line(event))
        self._check(event, path)
        if isinstance(event, yaml.MappingStartEvent):
            return dict(self._pairs(path))
        if isinstance(event, yaml.SequenceStartEvent):
            return list(self._items(path))
        return self._scalar(event)

    def _check(self, event: Any, path: Path) -> None:
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            self._refuse(event, "Anchors and aliases (& and *) are not read here. Write the value out.")
        if event.tag:
            self._refuse(event, f"The tag {event.tag} is not read here. Write a plain value.")
        if len(path) > DEEPEST:
            self._refuse(event, f"This is nested more than {DEEPEST} deep. Expected a protocol.")
        if self._values > MOST_VALUES:
            self._refuse(event, f"The file has more than {MOST_VALUES:,} values. Expected a protocol.")

    def _pairs(self, path: Path) -> Iterator[tuple[str, Any]]:
        seen: set[str] = set()
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                return
            if not isinstance(event, yaml.ScalarEvent) or event.start_mark is None:
                self._refuse(event, "A key is a list or an object here. Expected a name.")
            self._check(event, path)
            key = self._text(event)
            if key in seen:
                self._refuse(event, f"The key {key!r} is there twice. Keep one of the two.")
            seen.add(key)
            self._lines[*path, key] = _line(event)
            yield key, self._value(next(self._events), (*path, key))

    def _items(self, path: Path) -> Iterator[Any]:
        for number, event in enumerate(self._events):
            if isinstance(event, yaml.SequenceEndEvent):
                return
            yield self._value(event, (*path, number))

    def _scalar(self, event: Any) -> Any:
        text = self._text(event)
        if not event.implicit[0]:
            return text
        if text in NULLS:
            return None
        if text in TRUTHS:
            return TRUTHS[text]
        if NUMBER.fullmatch(text) and (WHOLE.fullmatch(text) or not text.strip("+-").isdecimal()):
            return self._number(event, text)
        return text

    def _number(self, event: Any, text: str) -> int | float:
        if WHOLE.fullmatch(text):
            if len(text) > LONGEST_NUMBER:
                self._refuse(event, f"The number {text[:20]}… is too large.")
            return int(text)
        if not math.isfinite(number := float(text)):
            self._refuse(event, f"The number {text[:20]} is too large.")
        return number

    def _text(self, event: Any) -> str:
        if problem := storable_problem(event.value):
            self._refuse(event, f"The text {problem}")
        return str(event.value)

    def _refuse(self, event: Any, message: str) -> NoReturn:
        raise ProtocolError([Problem(_line(event), "", message)])


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


class _Writer(yaml.SafeDumper):
    """Quotes every text that read_yaml would take for something else, and writes long texts as blocks."""


_Writer.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(rf"^(?:{NUMBER.pattern})$"), list("-+.0123456789"))


# Breaks of lines and signs of order, which a reader would fold or drop where they are not escaped.
BREAKS = re.compile(r"[\r\x85\u2028\u2029\ufeff]")


def _represent_text(writer: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None
    if BREAKS.search(text):
        style = '"'
    elif "\n" in text and not re.search(r"[^\S\n]\n|\n\s*\Z|\A\s|\t", text):
        style = "|"
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Writer.add_representer(str, _represent_text)


def write_yaml(value: Any) -> str:
    """Write values so that read_yaml reads the same ones; the same values are always the same text."""
    return yaml.dump(value, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=110, default_flow_style=False)
