"""Places in a summary as the page shows it, and in the text as it is stored.

The page and the server both count the characters that are shown without blanks: a browser lays blanks and lines out in
its own way, and Markdown that is rendered has other ones than its source.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from html import unescape

from annotations.models import SummaryFormat
from lib.markup.parsing import elements
from lib.markup.plain import with_origin

REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# The same characters as in static/marks/marking/words.js.
BLANKS = frozenset("\t\n\v\f\r ")


@dataclass(frozen=True)
class ShownText:
    """What a page shows of a summary, without blanks.

    Attributes:
        origin: For each character its place in the stored text; -1 for a sign that was set between its words.
        behind: For each character the place behind it there: one shown for "&#128640;" takes all of that.
    """

    text: str
    origin: tuple[int, ...]
    behind: tuple[int, ...]

    def stored(self, start: int, end: int) -> tuple[int, int] | None:
        """Return the stretch of the stored text that shows these characters; None if none of them stands in it."""
        stretches = zip(self.origin[start:end], self.behind[start:end], strict=True)
        return around(stretch for stretch in stretches if stretch[0] >= 0)

    def shown(self, start: int, end: int) -> tuple[int, int] | None:
        """Return the characters shown of this stretch of the stored text; None if it has none."""
        within = [n for n, place in enumerate(self.origin) if start <= place < end]
        return (within[0], within[-1] + 1) if within else None


@lru_cache(maxsize=512)
def shown_text(text: str, summary_format: str) -> ShownText:
    """Return what a page shows of a stored summary in this format."""
    kept = [(character, place) for character, place in _shown(text, summary_format) if character not in BLANKS]
    origin = tuple(min(place, len(text) - 1) for _, place in kept)
    as_written = summary_format == SummaryFormat.WRITTEN
    behind = (
        place + 1 if as_written else place_behind(text, place, character)
        for (character, _), place in zip(kept, origin, strict=True)
    )
    return ShownText("".join(character for character, _ in kept), origin, tuple(behind))


def around(stretches: Iterable[tuple[int, int]]) -> tuple[int, int] | None:
    """Return the stretch from the first to the last of some; None if there are none."""
    parts = list(stretches)
    return (min(start for start, _ in parts), max(end for _, end in parts)) if parts else None


def place_behind(text: str, place: int, character: str) -> int:
    """Return the place behind a character that Markdown shows for what stands here: a reference is several there."""
    reference = REFERENCE.match(text, place) if place >= 0 and text[place] == "&" else None
    return reference.end() if reference and unescape(reference[0]) == character else place + 1


def _shown(text: str, summary_format: str) -> list[tuple[str, int]]:
    if summary_format == SummaryFormat.WRITTEN:
        return [(character, place) for place, character in enumerate(text)]
    if summary_format == SummaryFormat.PLAIN:
        plain = with_origin(text)
        return list(zip(plain.text, plain.origin, strict=True))
    return [
        (character, piece.start + offset)
        for element in elements(text)
        for piece in element.pieces
        for offset, character in enumerate(piece.text)
    ]
