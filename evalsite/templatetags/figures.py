"""Template filters that format numbers on every page; an undefined number is a dash, never 0."""

from datetime import datetime

from django import template
from django.utils import formats

register = template.Library()

UNDEFINED = "—"


@register.filter
def count(value: int | None) -> str:
    """Format a count: 12,345, or a dash."""
    return UNDEFINED if value is None else f"{value:,}"


@register.filter
def seconds(value: float | None) -> str:
    """Format a duration: 0.8 s, 42 s, 3 min 20 s, 2 h 5 min, or a dash."""
    if value is None:
        return UNDEFINED
    if round(value, 1) < 10:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


@register.filter
def parameters(value: int | None) -> str:
    """Format a number of parameters: 780M, 1.1B, or a dash."""
    if value is None:
        return UNDEFINED
    for unit, letter in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
        # 999.9 million becomes 1B, because with three digits it would be 1e+03M.
        if value >= unit * 0.9995:
            return f"{value / unit:.3g}{letter}"
    return str(value)


@register.filter
def gigabytes(value: int | None) -> str:
    """Format a size in bytes: 1.2 GB, 340 MB, or a dash."""
    if value is None:
        return UNDEFINED
    return f"{value / 10**9:.1f} GB" if value >= 10**9 else f"{value / 10**6:.0f} MB"


@register.filter
def dollars(value: float | None) -> str:
    """Format an amount in US dollars: $0.0042, $1.25, or a dash."""
    if value is None:
        return UNDEFINED
    return f"${value:.2f}" if value >= 1 or value == 0 else f"${value:.2g}"


@register.filter
def energy(value: float | None) -> str:
    """Format an energy in joules: 830 J, 1.2 Wh, or a dash."""
    if value is None:
        return UNDEFINED
    return f"{value / 3600:.2g} Wh" if value >= 3600 else f"{value:.0f} J"


@register.filter
def score(value: float | None) -> str:
    """Format a metric's value: 0.317 for a fraction, 64 for a whole number such as a count of words, or a dash."""
    if value is None:
        return UNDEFINED
    if value == int(value) and abs(value) > 1:
        return f"{int(value):,}"
    return f"{value:.3f}"


@register.filter
def percent(value: float | None) -> str:
    """Format a share: 37%, or a dash."""
    return UNDEFINED if value is None else f"{value:.0%}"


@register.filter
def along(value: float) -> str:
    """Format a share's position on a line of length 100, for an attribute of a drawing, in any language."""
    return f"{100 * value:.1f}"


@register.filter(expects_localtime=True)
def moment(value: datetime | None) -> str:
    """Format date and time in the page's language, or a dash."""
    return UNDEFINED if value is None else formats.date_format(value, "DATETIME_FORMAT")
