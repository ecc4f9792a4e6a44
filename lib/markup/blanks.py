"""Blanks of summaries on a page: no more of them than words need.

Some systems write two after a sentence, some begin with one: who sees that, or reads the source of a page, could tell
them by it. Numbers of characters without blanks, by which pages and server name places, stay as they are.
"""

import re
from collections.abc import Sequence

_BLANKS = re.compile(r"[ \t]+")
_LINE_ENDS = "\r\n"


def even_all(texts: Sequence[str], *, indents: bool = False) -> list[str]:
    """Make one blank of several, and none at the ends of lines and of the whole; where it is cut does not matter.

    Args:
        texts: One after the other in one block.
        indents: Keep the blanks at the beginning of lines, where the page shows them.
    """
    text = "".join(texts)
    shown = list(text)
    for blanks in _BLANKS.finditer(text):
        start, end = blanks.span()
        shown[start:end] = [_in_place_of(text, start, end, indents=indents), *[""] * (end - start - 1)]
    for place, character in enumerate(text):
        if character == "\r":
            shown[place] = "" if text[place + 1 : place + 2] == "\n" else "\n"
    length = len(text.rstrip(f" \t{_LINE_ENDS}"))
    shown[length:] = [""] * (len(text) - length)
    parts, begin = [], 0
    for part in texts:
        parts.append("".join(shown[begin : begin + len(part)]))
        begin += len(part)
    return parts


def _in_place_of(text: str, start: int, end: int, *, indents: bool) -> str:
    if end == len(text) or text[end] in _LINE_ENDS:
        return ""
    if start == 0 or text[start - 1] in _LINE_ENDS:
        return text[start:end] if indents else ""
    return " "


class Evener:
    """Evens the texts of a block as they come: one blank of several, and none at the beginning of a line."""

    def __init__(self) -> None:
        self._last = "\n"  # the block begins as a line does

    def even(self, text: str) -> str:
        even = _BLANKS.sub(" ", text)
        if self._last in (" ", "\n"):
            even = even.removeprefix(" ")
        self.keep(even)
        return even

    def keep(self, text: str) -> None:
        """Note a text that stays as it is."""
        self._last = text[-1:] or self._last
