"""Markdown as plain text, in two forms: for people to read, and as the words alone, for what counts or searches them.

Both drop the signs of markup and the addresses of links; descriptions of images and all other text stay, HTML
included. Lines and empty lines stay as written; a rule is an empty line.

- `plain_text`: list items keep "- " or their number, nested ones stand two spaces further in; boxes of tasks are ☐ and
  ☑; a row of a table is a line with "; " between its cells.
- `words_only`: list items, tasks and cells without these signs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from lib.markup.parsing import Element, Marks, TextPiece, elements, source_lines

CELLS = "; "


@dataclass(frozen=True)
class PlainText:
    """A text without markup.

    Attributes:
        origin: For each character its place in the source; a sign set between cells belongs to the row, and what
            stands between blocks has none (-1).
    """

    text: str
    origin: tuple[int, ...]

    def parts(self, spans: list[tuple[int, int]]) -> list[tuple[str, int | None]]:
        """Cut where stretches of the source begin and end: each part with the index of its stretch."""
        marks = Marks(spans)
        cut: list[tuple[str, int | None]] = []
        begin, at = 0, None
        for index, position in enumerate(self.origin):
            mark = marks.at(position)
            if mark != at:
                cut.append((self.text[begin:index], at))
                begin, at = index, mark
        cut.append((self.text[begin:], at))
        return [part for part in cut if part[0]]


def plain_text(source: str) -> str:
    """Return the text as people read it without markup."""
    return with_origin(source).text


def words_only(source: str) -> str:
    """Return the text without markup, numbers of items, boxes, and signs between cells."""
    return with_origin(source, signs=False).text


@lru_cache(maxsize=512)
def with_origin(source: str, *, signs: bool = True) -> PlainText:
    """Return the text without markup, with the place of each character in the source."""
    writer = _PlainWriter(source, signs=signs)
    for element in elements(source):
        writer.write(element)
    return PlainText("".join(writer.characters), tuple(writer.origin))


@dataclass
class _List:
    number: int | None = None
    begun: bool = False  # the item has its sign


@dataclass
class _PlainWriter:
    source: str
    signs: bool
    characters: list[str] = field(default_factory=list)
    origin: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lists: list[_List] = []
        self._lines = source_lines(self.source)
        self._end = 0  # the line after the last one written
        self._ruled = False
        self._in_row = False

    def write(self, element: Element) -> None:
        if element.kind in ("text", "code"):
            self._block(element)
        elif element.kind == "rule":
            self._ruled = True
        elif element.tag == "tr":
            self._in_row = element.kind == "open"
        elif element.kind == "open" and element.tag == "li":
            self._lists.append(_List(element.number))
        elif element.kind == "close" and element.tag == "li":
            self._lists.pop()

    def _block(self, element: Element) -> None:
        if self._in_row and self._end == element.lines[1]:
            self._add(CELLS if self.signs else " ", self.origin[-1] + 1 if self.origin else -1)
        else:
            self._add(self._separator(element.lines[0]), -1)
            self._begin_item()
        self._end = element.lines[1]
        self._ruled = False
        for piece in element.pieces if self.signs else _without_box(element.pieces):
            for offset, character in enumerate(piece.text.replace("\n", " ") if self._in_row else piece.text):
                self._add(character, piece.start + offset)
                if character == "\n" and self.signs:
                    self._add("  " * len(self._lists), -1)

    def _separator(self, line: int) -> str:
        """An empty line between blocks that have one in the source, or a rule; none before the first block."""
        if not self.characters:
            return ""
        between = self._lines[self._end : line]
        return "\n\n" if self._ruled or any(not text.strip(" \t>") for text in between) else "\n"

    def _begin_item(self) -> None:
        if not self._lists or not self.signs:
            return
        item = self._lists[-1]
        sign = "  " if item.begun else "- " if item.number is None else f"{item.number}. "
        self._add("  " * (len(self._lists) - 1) + sign, -1)
        item.begun = True

    def _add(self, text: str, origin: int) -> None:
        self.characters.extend(text)
        self.origin.extend([origin] * len(text))


def _without_box(pieces: Sequence[TextPiece]) -> list[TextPiece]:
    """Leave out the box of a task, and the space behind it."""
    if not (pieces and pieces[0].is_box):
        return list(pieces)
    first, *others = pieces[1:]
    text = first.text.lstrip()
    return [replace(first, text=text, start=first.start + len(first.text) - len(text)), *others]
