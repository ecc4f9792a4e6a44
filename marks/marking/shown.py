"""Places in a summary as the page shows it, and in the text as it is stored.

The page and the server both count the characters that are shown without blanks: a browser lays blanks and lines out in
its own way, and Markdown that is rendered has other ones than its source.
"""

from dataclasses import dataclass
from functools import lru_cache

from annotations.models import SummaryFormat
from lib.markup.parsing import elements
from lib.markup.plain import with_origin

# The same characters as in static/marks/marking/words.js.
BLANKS = frozenset("\t\n\v\f\r ")


@dataclass(frozen=True)
class ShownText:
    """What a page shows of a summary, without blanks.

    Attributes:
        origin: For each character its place in the stored text; -1 for a sign that was set between its words.
    """

    text: str
    origin: tuple[int, ...]

    def stored(self, start: int, end: int) -> tuple[int, int] | None:
        """Return the stretch of the stored text that shows these characters; None if none of them stands in it."""
        places = [place for place in self.origin[start:end] if place >= 0]
        return (min(places), max(places) + 1) if places else None

    def shown(self, start: int, end: int) -> tuple[int, int] | None:
        """Return the characters shown of this stretch of the stored text; None if it has none."""
        within = [n for n, place in enumerate(self.origin) if start <= place < end]
        return (within[0], within[-1] + 1) if within else None


@lru_cache(maxsize=512)
def shown_text(text: str, summary_format: str) -> ShownText:
    """Return what a page shows of a stored summary in this format."""
    kept = [(character, place) for character, place in _shown(text, summary_format) if character not in BLANKS]
    return ShownText("".join(character for character, _ in kept), tuple(min(place, len(text) - 1) for _, place in kept))


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
