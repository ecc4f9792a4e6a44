"""Times as transcripts write them: 0:03, 00:01:02.500, 0:0:3.1, [01:02], 10:00:12 AM, 0:03 - 0:09, 1h 02m 03s.

A date may stand before the time: 12/03/2026, 10:30 or 2026-03-12T10:30:00Z.
"""

import re
from functools import cache

CLOCK = (
    r"(?:\d{1,3}:\d{1,2}:\d{1,2}|\d{1,3}:\d{2})(?:[.,]\d{1,6})?(?!\d)"
    r"(?:\s?[APap]\.?[Mm]\b\.?|Z\b|[+-]\d{2}:?\d{2}\b)?"
)
DATE = r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:T|,?\s{1,3})|\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2}),?\s{1,3})"
# As chats name a day: Today at 10:15 AM.
DAY = r"(?i:today|yesterday|heute|gestern|hoy|ayer|hier|aujourd.hui)(?i: at| um| à| a las|,)?\s"
SPOKEN = r"(?:\d{1,2}\s?h\s?)?\d{1,2}\s?m(?:in)?\s?\d{1,2}\s?s\b"
# As Teams says it to screen readers, and copies it.
_MINUTES = r"(?:\d{1,3}\s?hours?,?\s)?\d{1,3}\s?minutes?,?\s\d{1,2}\s?seconds?"
_WORDY = rf"(?:{_MINUTES}|\d{{1,2}}\s?seconds?|\d{{1,3}}\s?minutes?|\d{{1,3}}\s?hours?(?:,?\s\d{{1,2}}\s?minutes?)?)"
_ONE = rf"(?:(?:{DATE}|{DAY})?{CLOCK}|{SPOKEN})"
_RANGE = rf"{_ONE}(?:\s*(?:-->|->|→|-|–|—|~|to)\s*{_ONE})?"
# A time in any brackets, or bare; the groups are named by who uses them.
# Plain seconds are a time only as two in brackets: [0.50s -> 3.20s], as faster-whisper's own example prints.
_PLAIN = r"\d{1,5}\.\d{1,3}\s?s?"
_SECONDS = rf"{_PLAIN}\s*(?:-->|->|→|-|–|to)\s*{_PLAIN}"
_INNER = rf"(?:{_RANGE}|{_SECONDS})"
BRACKETED_TIME = rf"(?:\[\s*{_INNER}\s*\]|\(\s*{_INNER}\s*\)|<\s*{_RANGE}\s*>|（\s*{_RANGE}\s*）|【\s*{_RANGE}\s*】)"
TIME = rf"(?:{BRACKETED_TIME}|{_RANGE})"
BEGINS_WITH_DATE = re.compile(rf"^\W*{DATE}")
TRAILING_WORDS = re.compile(rf"^(?P<label>.*?\S)(?P<gap>\s+)(?P<time>{_MINUTES})$", re.IGNORECASE)
_FIRST = re.compile(
    rf"(?P<date>{DATE}|{DAY})?"
    r"(?:(?P<hours>\d{1,3}):(?P<minutes3>\d{1,2}):(?P<seconds3>\d{1,2})|(?P<minutes>\d{1,3}):(?P<seconds>\d{2}))"
    r"(?:[.,](?P<fraction>\d{1,6}))?(?:\s?(?P<half>[APap])\.?[Mm]\b)?"
)
_FIRST_SPOKEN = re.compile(
    r"(?:(?P<hours>\d{1,3})\s?h(?:ours?,?)?\s?)?(?:(?P<minutes>\d{1,3})\s?m(?:in(?:utes?,?)?)?\s?)?"
    r"(?:(?P<seconds>\d{1,2})\s?s(?:econds?)?\b)?",
    re.IGNORECASE,
)
_FIRST_PLAIN = re.compile(rf"^\W*(?P<seconds>\d{{1,5}}\.\d{{1,3}})\s?s?\s*(?:-->|->|→|-|–|to)\s*{_PLAIN}\W*$")


# These hold times in all brackets. Each takes about a tenth of a second to compile, which most processes can spare.
@cache
def leading() -> re.Pattern[str]:
    return re.compile(rf"^(?P<time>{TIME})(?P<gap>\s*[-–—|,;•·:]\s+|\s+|$|(?<=[\])>）】])\s*:?\s*)")


@cache
def trailing() -> re.Pattern[str]:
    return re.compile(rf"^(?P<label>.*?\S)(?P<gap>\s*[-–—|,;•·@]\s*|\s+|(?=[\[(（【<]))(?P<time>{TIME})$")


@cache
def between() -> re.Pattern[str]:
    """Return the pattern of a time between a name and the words, without a colon: Maya Chen [00:03] Good morning.

    The time at which they end may follow: Maya Chen [00:03] Good morning. [00:05]
    """
    label, end = r"^(?P<label>[^\[\](){}<>:]{2,60}?)\s*", rf"(?:\s+{BRACKETED_TIME})?\s*$"
    return re.compile(rf"{label}(?P<time>{BRACKETED_TIME})\s+(?P<rest>\S.*?){end}")


@cache
def alone() -> re.Pattern[str]:
    """Return the pattern of a line that is a time: "30 seconds" is one, "wait 30 seconds" is not."""
    return re.compile(rf"^(?:{TIME}|{_WORDY})$", re.IGNORECASE)


def seconds_of(text: str) -> float | None:
    """Return the first time in the text as seconds; None if there is none, or if its minutes or seconds pass 59.

    Two numbers are minutes and seconds, so 90:00 is an hour and a half. With AM or PM, or behind a date, they are hours
    and minutes.
    """
    if plain := _FIRST_PLAIN.match(text):
        return float(plain["seconds"])
    match = _FIRST.search(text)
    parts = match.groupdict() if match else _spoken(text)
    if parts is None:
        return None
    numbers = (parts["hours"], parts.get("minutes3") or parts["minutes"], parts.get("seconds3") or parts["seconds"])
    hours, minutes, seconds = (int(number or 0) for number in numbers)
    if seconds > 59 or (parts["hours"] and minutes > 59):
        return None
    half = parts.get("half")
    if (half or parts.get("date")) and not parts["hours"]:
        hours, minutes, seconds = minutes, seconds, 0
    if half:
        hours = hours % 12 + (12 if half in "Pp" else 0)
    fraction = parts.get("fraction") or ""
    total = hours * 3600 + minutes * 60 + seconds
    return total + int(fraction) / 10 ** len(fraction) if fraction else float(total)


def _spoken(text: str) -> dict[str, str | None] | None:
    """Return the parts of the first time that is written with words or their first letters."""
    return next((m.groupdict() for m in _FIRST_SPOKEN.finditer(text) if m[0].strip()), None)
