"""Markdown as HTML: the tags written here and no others, without links, images, ids or styles."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape

from lib.markup.blanks import Evener
from lib.markup.parsing import Element, Marks, Style, elements

HIGHEST_HEADING = 6


@dataclass(frozen=True)
class MarkedSentence:
    """A marked stretch of the source, source[start:end], and the turns that may support it."""

    start: int
    end: int
    turns: tuple[int, ...]


# The same summary is shown to many, often twice within a minute.
@lru_cache(maxsize=512)
def as_html(
    source: str, sentences: tuple[MarkedSentence, ...] = (), *, below: int = 3, table_label: str = "Table"
) -> str:
    """Return the text as HTML.

    A link is its text, an image its description, HTML is shown as it was written. Headings keep the page's outline:
    the first lies one level below `below`, and no level is left out. Blanks in a row are one,
    but for those of code.

    Args:
        sentences: In order and apart from each other; each becomes a span with its number and its turns, one in every
            block and cell that it reaches into.
        below: Level of the heading that the text stands under.
        table_label: What a screen reader calls the box in which a wide table scrolls.
    """
    writer = _HtmlWriter(sentences, below, table_label)
    return "".join(part for element in elements(source) for part in writer.write(element))


class _HtmlWriter:
    def __init__(self, sentences: Sequence[MarkedSentence], below: int, table_label: str) -> None:
        self._sentences = sentences
        self._marks = Marks((sentence.start, sentence.end) for sentence in sentences)
        self._below = below
        self._table_label = table_label
        self._outline: list[int] = []
        self._depth = 0

    def write(self, element: Element) -> Iterable[str]:
        """Yield the element's HTML; a block that lies in no other takes the direction of its own words."""
        self._depth -= element.kind == "close"
        direction = "" if self._depth else ' dir="auto"'
        self._depth += element.kind == "open"
        if element.kind == "rule":
            yield "<hr>"
        elif element.kind == "code":
            yield f"<pre{direction}><code>{''.join(self._text(element))}</code></pre>"
        elif element.kind == "text":
            yield from self._text(element)
        elif element.tag == "table":
            label = escape(self._table_label)
            box = f'<div class="table-box" role="group" aria-label="{label}" tabindex="0"{direction}><table>'
            yield box if element.kind == "open" else "</table></div>"
        elif element.tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            yield self._heading(element, direction)
        elif element.kind == "close":
            yield f"</{element.tag}>"
        else:
            yield f"<{element.tag}{_attributes(element)}{direction}>"

    def _heading(self, element: Element, direction: str) -> str:
        written = int(element.tag[1])
        if element.kind == "open":
            while self._outline and self._outline[-1] >= written:
                self._outline.pop()
            self._outline.append(written)
        level = min(self._below + len(self._outline), HIGHEST_HEADING)
        return f'<h{level} class="written-{written}"{direction}>' if element.kind == "open" else f"</h{level}>"

    def _text(self, element: Element) -> Iterable[str]:
        at: int | None = None
        open_styles: tuple[Style, ...] = ()
        evener = Evener()
        for piece in element.pieces:
            is_code = element.kind == "code" or "code" in piece.styles
            for run, mark in self._marks.runs(piece) if piece.text else ():
                text = run if is_code else evener.even(run)
                evener.keep(text)
                if not text:
                    continue
                if mark != at:
                    yield _closed(open_styles, 0)
                    yield "" if at is None else "</span>"
                    yield "" if mark is None else self._span(mark)
                    at, open_styles = mark, ()
                kept = _shared(open_styles, piece.styles)
                yield _closed(open_styles, kept)
                yield "".join(f"<{style}>" for style in piece.styles[kept:])
                open_styles = piece.styles
                yield (
                    escape(text, quote=False)
                    if element.kind == "code"
                    else escape(text, quote=False).replace("\n", "<br>")
                )
        yield _closed(open_styles, 0)
        yield "" if at is None else "</span>"

    def _span(self, mark: int) -> str:
        turns = " ".join(map(str, self._sentences[mark].turns))
        return f'<span class="sentence" data-sentence="{mark}" data-support="{turns}">'


def _attributes(element: Element) -> str:
    if element.tag == "ol":
        return "" if element.number in (None, 1) else f' start="{element.number}"'
    if element.tag in ("th", "td"):
        scope = ' scope="col"' if element.tag == "th" else ""
        align = f' class="{element.align}"' if element.align in ("center", "right") else ""
        return f"{scope}{align}"
    return ""


def _shared(first: Sequence[Style], second: Sequence[Style]) -> int:
    """Count the styles that both begin with."""
    shared = 0
    while shared < min(len(first), len(second)) and first[shared] == second[shared]:
        shared += 1
    return shared


def _closed(styles: Sequence[Style], kept: int) -> str:
    return "".join(f"</{style}>" for style in reversed(styles[kept:]))
