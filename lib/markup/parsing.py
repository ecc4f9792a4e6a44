"""Read Markdown as models write it: blocks, and in them the visible characters with their places in the source.

CommonMark with tables and ~~strikethrough~~, read by markdown-it-py, except where following the rules would hide or
disfigure what a model meant as text:

- a line break stays a line break, and `<br>` is one; all other HTML is text;
- a line that begins like `[Maya]: yes` is text, not the definition of a link, which nobody would see;
- an indented line is text, not code;
- beside Chinese, Japanese or Korean letters, `**` works next to punctuation too: `**决定：**发布`.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline.state_inline import Scanned, StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType

# Part of metric signatures: raise it whenever another text is visible than before.
RULES = f"1 markdown-it-py {version('markdown-it-py')}"

# markdown-it drops what is nested deeper; such a text is taken as written.
DEEPEST = 60
# Reading takes about a millisecond for 1,000 characters; a summary is never this long.
LONGEST = 100_000

Style = Literal["strong", "em", "s", "code"]
STYLES: dict[str, Style] = {"strong": "strong", "em": "em", "s": "s"}
Kind = Literal["open", "close", "text", "code", "rule"]

_BREAKS_AS_SPACES = str.maketrans("\r\n", "  ")
_NEWLINE = re.compile(r"\r\n?|\n")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_TASK = re.compile(r"\[([ xX])\](?=\s)")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]")


@dataclass(frozen=True)
class TextPiece:
    """Visible characters that stand together in the source, the first of them at source[start]."""

    text: str
    start: int
    styles: tuple[Style, ...] = ()
    is_box: bool = False  # of a task


@dataclass(frozen=True)
class Element:
    """A step through the text: a block begins or ends, or its characters come.

    Attributes:
        tag: Of what opens and closes, as in HTML: h1 to h6, p, ul, ol, li, blockquote, table, thead, tbody, tr, th, td.
        lines: Of text and code: first line, and the line after the last one.
        number: Of li in ol: the number it has.
        align: Of th and td: "", left, center or right.
    """

    kind: Kind
    tag: str = ""
    pieces: tuple[TextPiece, ...] = ()
    lines: tuple[int, int] = (0, 0)
    number: int | None = None
    align: str = ""


class _InlineState(StateInline):
    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:
        """Let markers open and close beside punctuation if a letter without spaces around it is on the other side."""
        scanned = super().scanDelims(start, canSplitWord)
        before, after = self.src[start - 1 : start], self.src[start + scanned.length : start + scanned.length + 1]
        if self.src[start] == "_" or not before.strip() or not after.strip():
            return scanned
        can_open = scanned.can_open or _CJK.match(before) is not None
        can_close = scanned.can_close or _CJK.match(after) is not None
        return Scanned(can_open, can_close, scanned.length)


class _InlineParser(ParserInline):
    def parse(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
        state = _InlineState(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


def _parser() -> MarkdownIt:
    markdown = MarkdownIt()
    markdown.inline = _InlineParser()
    markdown.configure("commonmark", {"html": False, "maxNesting": DEEPEST})
    # Without text_join, what an escape or an entity stood for keeps what was written beside it.
    return markdown.enable(["table", "strikethrough"]).disable(["reference", "code", "text_join"])


_markdown = _parser()


def elements(source: str) -> tuple[Element, ...]:
    """Return the text's elements in order; for a text too long or too deep to read, or without visible characters in
    it, one paragraph with the text as written."""
    if len(source) <= LONGEST:
        tokens = _markdown.parse(source)
        if all(token.level < DEEPEST - 1 for token in tokens):
            parsed = tuple(_MarkupReader(source).elements(tokens))
            if any(piece.text.strip() for element in parsed for piece in element.pieces):
                return parsed
    return _as_written(source)


def source_lines(source: str) -> list[str]:
    """Return the lines that Element.lines counts."""
    return _NEWLINE.split(source)


def _as_written(source: str) -> tuple[Element, ...]:
    return (
        Element("open", "p"),
        Element("text", pieces=tuple(_with_breaks(source, 0)), lines=(0, len(source_lines(source)))),
        Element("close", "p"),
    )


def _with_breaks(text: str, start: int) -> Iterator[TextPiece]:
    """Cut at line breaks, which become pieces of one character."""
    end = 0
    for newline in _NEWLINE.finditer(text):
        yield TextPiece(text[end : newline.start()], start + end)
        yield TextPiece("\n", start + newline.start())
        end = newline.end()
    yield TextPiece(text[end:], start + end)


class _MarkupReader:
    """Turns tokens into elements, finding each visible character in the source again."""

    def __init__(self, source: str) -> None:
        # Within `code` the library makes spaces of line breaks.
        self._flat = source.translate(_BREAKS_AS_SPACES)
        self._starts = [0, *(newline.end() for newline in _NEWLINE.finditer(source)), len(source)]
        self._at, self._end = 0, len(source)
        self._numbers: list[int | None] = []

    def elements(self, tokens: Iterable[Token]) -> Iterator[Element]:
        row = (0, 0)
        before: list[str] = []
        for token in tokens:
            row = (token.map[0], token.map[1]) if token.map else row
            if token.type == "inline":
                in_item = before[-2:] == ["list_item_open", "paragraph_open"]
                yield Element("text", pieces=tuple(self._inline(token, row, task=in_item)), lines=row)
            elif token.type == "fence":
                yield Element("code", pieces=tuple(self._code(token, row)), lines=row)
            elif token.type == "hr":
                yield Element("rule", lines=row)
            elif token.nesting and not token.hidden:
                yield self._block(token)
            before.append(token.type)

    def _block(self, token: Token) -> Element:
        if token.tag in ("ul", "ol"):
            if token.nesting > 0:
                self._numbers.append(int(token.attrGet("start") or 1) if token.tag == "ol" else None)
            else:
                self._numbers.pop()
        if token.nesting < 0:
            return Element("close", token.tag)
        number = None
        if token.tag == "li" and self._numbers[-1] is not None:
            number = self._numbers[-1]
            self._numbers[-1] = number + 1
        align = str(token.attrGet("style") or "").removeprefix("text-align:")
        first = self._numbers[-1] if token.tag == "ol" else number
        return Element("open", token.tag, number=first, align=align)

    def _inline(self, token: Token, lines: tuple[int, int], *, task: bool) -> Iterator[TextPiece]:
        self._enter(*lines)
        pieces = self._visible(token.children or (), ())
        if task and (first := next(pieces, None)):
            yield from _task_box(first)
        yield from pieces

    def _enter(self, first: int, end: int) -> None:
        """Look for characters in these lines only."""
        last = len(self._starts) - 1
        self._at = max(self._at, self._starts[min(first, last)])
        self._end = self._starts[min(end, last)]

    def _visible(self, children: Iterable[Token], styles: tuple[Style, ...]) -> Iterator[TextPiece]:
        for child in children:
            if child.type in ("softbreak", "hardbreak"):
                yield TextPiece("\n", self._at)
            elif child.type == "image":
                yield from self._visible(child.children or (), styles)
            elif child.type == "code_inline":
                yield from self._placed(child.content, (*styles, "code"))
            elif child.tag in STYLES:
                styles = (*styles, STYLES[child.tag]) if child.nesting > 0 else styles[:-1]
            elif child.type == "text_special":
                yield self._special(child, styles)
            else:
                yield from self._text(child.content, styles)

    def _text(self, content: str, styles: tuple[Style, ...]) -> Iterator[TextPiece]:
        end = 0
        for tag in _BREAK.finditer(content):
            yield from self._placed(content[end : tag.start()], styles)
            yield from (TextPiece("\n", piece.start) for piece in self._placed(tag.group(), styles))
            end = tag.end()
        yield from self._placed(content[end:], styles)

    def _special(self, token: Token, styles: tuple[Style, ...]) -> TextPiece:
        """An escape or an entity: a character or two for what was written as token.markup."""
        start = self._find(token.markup)
        return TextPiece(token.content, self._at - len(token.markup) if start else self._at, styles)

    def _placed(self, content: str, styles: tuple[Style, ...]) -> Iterator[TextPiece]:
        if not content:
            return
        if self._find(content):
            yield TextPiece(content, self._at - len(content), styles)
            return
        # The library replaced a character, such as NUL: place the others one by one.
        for character in content:
            yield TextPiece(character, self._at - 1 if self._find(character) else self._at, styles)

    def _find(self, content: str) -> bool:
        """Move behind the next place of this within the block; False if there is none."""
        start = self._flat.find(content, self._at, self._end)
        if start >= 0:
            self._at = start + len(content)
        return start >= 0

    def _code(self, token: Token, lines: tuple[int, int]) -> Iterator[TextPiece]:
        self._enter(lines[0] + 1, lines[1])
        for number, line in enumerate(token.content.removesuffix("\n").split("\n")):
            if number:
                yield TextPiece("\n", self._at)
            yield from self._placed(line, ())


def _task_box(piece: TextPiece) -> Iterator[TextPiece]:
    """Show "[ ]" and "[x]" at the beginning of an item as boxes."""
    box = _TASK.match(piece.text)
    if not box or piece.styles:
        yield piece
        return
    yield TextPiece("☐" if box[1] == " " else "☑", piece.start, is_box=True)
    yield TextPiece(piece.text[box.end() :], piece.start + box.end())


class Marks:
    """Marked stretches of a source, in order and apart from each other."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        self._spans = tuple(spans)
        self._starts = [start for start, _ in self._spans]
        self._edges = sorted({place for span in self._spans for place in span})

    def at(self, position: int) -> int | None:
        """Index of the stretch that this position lies in."""
        index = bisect_right(self._starts, position) - 1
        return index if index >= 0 and position < self._spans[index][1] else None

    def runs(self, piece: TextPiece) -> Iterator[tuple[str, int | None]]:
        """Cut a piece where a stretch begins or ends."""
        begin, mark = 0, self.at(piece.start)
        places = self._edges
        inside = slice(bisect_right(places, piece.start), bisect_left(places, piece.start + len(piece.text)))
        for place in places[inside]:
            here, offset = self.at(place), place - piece.start
            if here != mark:
                yield piece.text[begin:offset], mark
                begin, mark = offset, here
        yield piece.text[begin:], mark
