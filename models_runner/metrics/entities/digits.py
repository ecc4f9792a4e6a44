"""Numbers written in digits, in any language: 48, 48,000, 3.5 %, $2m, 3:30, 2025-03-12, 12/03."""

from collections.abc import Iterator

import regex

from models_runner.metrics.entities.mentions import Mention, MentionKind, clock, reading

FULL_WIDTH = str.maketrans("０１２３４５６７８９．，：％", "0123456789.,:%")
FACTORS = {
    **dict.fromkeys(("k", "K", "thousand"), 1e3),
    **dict.fromkeys(("m", "M", "mn", "million", "mio"), 1e6),
    **dict.fromkeys(("bn", "billion", "B"), 1e9),
    "trillion": 1e12,
    "十": 10,
    "百": 100,
    "千": 1e3,
    "万": 1e4,
    "百万": 1e6,
    "千万": 1e7,
    "亿": 1e8,
    "萬": 1e4,
    "億": 1e8,
}
_FACTOR = r"(?:\s?(?:thousand|million|mio|billion|bn|trillion|mn)\b|\s?[kKmMB]\b(?!\w)|百万|千万|[十百千万亿萬億])"
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_TIME = r"(?<hour>[01]?\d|2[0-4])\s?:\s?(?<minute>[0-5]\d)(?!\d|:)"
_ISO = r"(?<year>(?:19|20)\d\d)-(?<month>\d\d?)-(?<day>\d\d?)(?!\d)"
_OCLOCK = r"(?<oclock>1?\d|2[0-4])\s?(?:o[’']?clock|[ap]\.?\s?m\b\.?)"
_PATTERN = regex.compile(
    rf"(?<![\p{{Latin}}\d_/]|\d[.,-])(?:{_ISO}|{_TIME}|{_OCLOCK}|(?<value>{_NUMBER})(?<factor>{_FACTOR})?)"
    # "3rd" and "90s" are numbers, "3D" and "4x4" names of things.
    rf"(?:st|nd|rd|th|s)?(?![\p{{Latin}}\d])",
    regex.IGNORECASE,
)


def digit_mentions(text: str) -> Iterator[Mention]:
    """Yield the numbers in digits, in order."""
    for match in _PATTERN.finditer(text.translate(FULL_WIDTH)):
        yield _mention(match)


def _mention(match: "regex.Match[str]") -> Mention:
    start, end = match.span()
    if match["year"]:
        numbers = [reading(int(match[name])) for name in ("year", "month", "day")]
        readings = {*numbers, f"month:{int(match['month'])}"}
        return Mention(start, end, MentionKind.DATE, frozenset({f"date:{':'.join(numbers)}"} | readings))
    if match["minute"]:
        hour, minute = int(match["hour"]), int(match["minute"])
        return Mention(start, end, MentionKind.TIME, frozenset({clock(hour, minute), f"pair:{hour}:{minute}"}))
    if match["oclock"]:
        hour = int(match["oclock"])
        return Mention(start, end, MentionKind.TIME, frozenset({clock(hour), reading(hour)}))
    value = float(match["value"].replace(",", ""))
    factor = FACTORS.get((match["factor"] or "").strip(), FACTORS.get((match["factor"] or "").strip().lower(), 1))
    return Mention(start, end, MentionKind.NUMBER, frozenset({reading(value * factor)}))
