"""Number formats: each kind of number is written the same way on pages, in tables and in texts.

Every function takes None for a value that is not known and NaN for one that is not defined; both are a dash, never 0.
"""

import math
from typing import TypeGuard

# The largest whole number that every database takes in a usual column.
LARGEST = 2**31 - 1
UNDEFINED = "—"
# From the largest: 1,000 of a unit are 1 of the unit before it.
PARAMETER_UNITS = ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "k"), (1, ""))
WATT_HOUR = 3600  # joules


def is_defined(value: float | None) -> TypeGuard[float]:
    """Whether there is a finite number to write."""
    return value is not None and math.isfinite(value)


def format_count(value: float | None) -> str:
    """12,345."""
    return f"{value:z,.0f}" if is_defined(value) else UNDEFINED


def format_whole(value: float | None) -> str:
    """1023, without a separator: for ratings, ranks and words."""
    return f"{value:z.0f}" if is_defined(value) else UNDEFINED


def format_fraction(value: float | None, digits: int = 3) -> str:
    """0.317, with a fixed number of digits."""
    return f"{value:z.{digits}f}" if is_defined(value) else UNDEFINED


def format_clock(value: float | None) -> str:
    """1:02:03, of seconds since the beginning of a recording; 0:03 within the first hour."""
    if not is_defined(value):
        return UNDEFINED
    minutes, seconds = divmod(int(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def format_percent(value: float | None) -> str:
    """37%, of a share from 0 to 1."""
    return f"{value:z.0%}" if is_defined(value) else UNDEFINED


def format_score(value: float | None) -> str:
    """0.317 for a fraction, 64 for a whole number such as a count of words."""
    if not is_defined(value):
        return UNDEFINED
    return f"{value:,.0f}" if value == int(value) and abs(value) > 1 else f"{value:z.3f}"


def format_parameters(value: float | None) -> str:
    """780M, 1.1B: three significant digits."""
    if not is_defined(value):
        return UNDEFINED
    for unit, letter in PARAMETER_UNITS:
        # Rounded first: 999.9 million are 1B, not 1,000M.
        if abs(rounded := _round_significant(value, 3)) >= unit:
            return f"{_positional(rounded / unit, 3)}{letter}"
    return _positional(value, 3)


def format_seconds(value: float | None) -> str:
    """0.004 s, 0.8 s, 42 s, 3 min 20 s, 2 h 5 min."""
    if not is_defined(value):
        return UNDEFINED
    if 0 < value < 0.095:
        return f"{value:.1g} s" if value >= 0.001 else "<0.001 s"
    if round(value, 1) < 10:
        return f"{value:z.1f} s"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def format_bare_seconds(value: float | None) -> str:
    """4.20, 42: for a column whose heading names the unit."""
    if not is_defined(value):
        return UNDEFINED
    return f"{value:z.2f}" if round(value, 2) < 10 else f"{value:.0f}"


def format_bytes(value: float | None) -> str:
    """1.2 GB, 340 MB, 12 kB."""
    if not is_defined(value):
        return UNDEFINED
    if 0 < value < 10**6 / 2:
        return f"{math.ceil(value / 1000)} kB"
    megabytes = round(value / 10**6)
    return f"{value / 10**9:.1f} GB" if megabytes >= 1000 else f"{megabytes} MB"


def format_dollars(value: float | None) -> str:
    """$0.0042, $1.25: cents, and below a dollar two significant digits."""
    if not is_defined(value):
        return UNDEFINED
    sign, amount = "-" if value < 0 else "", abs(value)
    in_cents = amount == 0 or _round_significant(amount, 2) >= 1
    return f"{sign}${amount:,.2f}" if in_cents else f"{sign}${_positional(amount, 2)}"


def format_energy(value: float | None) -> str:
    """830 J, 1.2 Wh, of joules."""
    if not is_defined(value):
        return UNDEFINED
    hours = value / WATT_HOUR
    if hours >= 100:
        return f"{hours:,.0f} Wh"
    return f"{_positional(hours, 2)} Wh" if hours >= 1 else f"{value:z.0f} J"


def count_of(number: int, noun: str) -> str:
    """1 vote, 12,345 votes: for nouns whose plural ends in s."""
    return f"{format_count(number)} {noun}{'' if number == 1 else 's'}"


def _round_significant(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")


def _positional(value: float, digits: int) -> str:
    """Significant digits without an exponent and without zeros at the end."""
    rounded = _round_significant(value, digits)
    if not rounded:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(rounded))))
    text = f"{rounded:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if decimals else text
