"""Template filters for numbers and times; lib.numbers says how each kind of number is written."""

from datetime import datetime

from django import template
from django.utils import formats

from lib import numbers

register = template.Library()

UNDEFINED = numbers.UNDEFINED

count = register.filter("count", numbers.format_count)
whole = register.filter("whole", numbers.format_whole)
seconds = register.filter("seconds", numbers.format_seconds)
parameters = register.filter("parameters", numbers.format_parameters)
gigabytes = register.filter("gigabytes", numbers.format_bytes)
dollars = register.filter("dollars", numbers.format_dollars)
energy = register.filter("energy", numbers.format_energy)
score = register.filter("score", numbers.format_score)
percent = register.filter("percent", numbers.format_percent)


@register.filter
def along(value: float) -> str:
    """Return the position of a share on a line of length 100, written as an SVG attribute in every language."""
    return f"{100 * value:.1f}"


@register.filter(expects_localtime=True)
def moment(value: datetime | None) -> str:
    """Format date and time in the page's language, or a dash."""
    return UNDEFINED if value is None else formats.date_format(value, "DATETIME_FORMAT")
