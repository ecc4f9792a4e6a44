"""How much markup a text has, by the rules that published votes of arenas are counted with.

A line counts by how it begins, bold text by its signs; what stands in a fenced block of code does not count. These are
the rules of FastChat's style control and of `conv_metadata` in LMArena's data, so that the numbers mean the same.
"""

import re
from dataclasses import dataclass

# Part of the signature of stored counts: raise it whenever a text has other counts than before.
RULES = "1"

_CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_HEADER = re.compile(r"^(#{1,6})\s", re.MULTILINE)
_ORDERED = re.compile(r"^[^\S\n]*\d+\.\s", re.MULTILINE)
_UNORDERED = re.compile(r"^[^\S\n]*[-*+]\s", re.MULTILINE)
_BOLD = {"**": re.compile(r"\*\*[^*\n]+\*\*"), "__": re.compile(r"__[^_\n]+__")}


@dataclass(frozen=True)
class MarkupCounts:
    """Headers by level (h1 to h6), list items (ordered, unordered), and stretches of bold text by sign (**, __)."""

    headers: dict[str, int]
    lists: dict[str, int]
    bold: dict[str, int]


def count_markup(source: str) -> MarkupCounts:
    text = _CODE.sub("", source)
    levels = [len(signs) for signs in _HEADER.findall(text)]
    return MarkupCounts(
        headers={f"h{level}": levels.count(level) for level in range(1, 7)},
        lists={"ordered": len(_ORDERED.findall(text)), "unordered": len(_UNORDERED.findall(text))},
        bold={sign: len(pattern.findall(text)) for sign, pattern in _BOLD.items()},
    )
