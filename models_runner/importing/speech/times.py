"""Times as transcripts write them: 0:03, 00:01:02.500, [01:02], 10:00:12 AM, 0:03 - 0:09, 1h 02m 03s."""

import re

CLOCK = r"(?:\d{1,3}:)?\d{1,3}:\d{2}(?:[.,]\d{1,6})?(?!\d)(?:\s?[APap]\.?[Mm]\b\.?)?"
SPOKEN = r"(?:\d{1,2}\s?h\s?)?\d{1,2}\s?m(?:in)?\s?\d{1,2}\s?s\b"
_ONE = rf"(?:{CLOCK}|{SPOKEN})"
_RANGE = rf"{_ONE}(?:\s*(?:-->|->|→|-|–|—|~|to)\s*{_ONE})?"
# A time in any brackets, or bare; the groups are named by who uses them.
TIME = rf"(?:\[\s*{_RANGE}\s*\]|\(\s*{_RANGE}\s*\)|<\s*{_RANGE}\s*>|（\s*{_RANGE}\s*）|【\s*{_RANGE}\s*】|{_RANGE})"
LEADING = re.compile(rf"^(?P<time>{TIME})(?P<gap>\s*[-–—|,;•·:]\s+|\s+|$|(?<=[\])>）】])\s*:?\s*)")
TRAILING = re.compile(rf"^(?P<label>.*?\S)(?P<gap>\s*[-–—|,;•·@]\s*|\s+|(?=[\[(（【<]))(?P<time>{TIME})$")
ALONE = re.compile(rf"^{TIME}$")
_FIRST = re.compile(
    r"(?:(?P<hours>\d{1,3}):)?(?P<minutes>\d{1,3}):(?P<seconds>\d{2})(?:[.,](?P<fraction>\d{1,6}))?"
    r"(?:\s?(?P<half>[APap])\.?[Mm]\b)?"
)
_FIRST_SPOKEN = re.compile(
    r"(?:(?P<hours>\d{1,2})\s?h\s?)?(?P<minutes>\d{1,2})\s?m(?:in)?\s?(?P<seconds>\d{1,2})\s?s\b"
)


def seconds_of(text: str) -> float | None:
    """Return the first time in the text as seconds; None if there is none, or if its minutes or seconds pass 59.

    Two numbers are minutes and seconds, so 90:00 is an hour and a half. With AM or PM they are hours and minutes.
    """
    match = _FIRST.search(text) or _FIRST_SPOKEN.search(text)
    if match is None:
        return None
    parts = match.groupdict()
    hours, minutes, seconds = (int(parts[name] or 0) for name in ("hours", "minutes", "seconds"))
    if seconds > 59 or (parts["hours"] and minutes > 59):
        return None
    if half := parts.get("half"):
        if not parts["hours"]:
            hours, minutes, seconds = minutes, seconds, 0
        hours = hours % 12 + (12 if half in "Pp" else 0)
    fraction = parts.get("fraction") or ""
    total = hours * 3600 + minutes * 60 + seconds
    return total + int(fraction) / 10 ** len(fraction) if fraction else float(total)
