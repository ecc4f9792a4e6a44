"""What a page calls the values of metrics."""

from django import template

from lib.numbers import format_count, format_fraction, format_score
from lib.text.translated import translated
from models_runner.metrics.declared import declared_values, label_of

register = template.Library()


@register.filter
def metric_label(name: str) -> str:
    """Return the label of a value, in the language of the page."""
    return translated(label_of(name))


@register.filter
def metric_value(value: float | None, name: str) -> str:
    """Write a value with the decimals that its metric declares: counts are whole."""
    declared = declared_values().get(name)
    if declared is None:
        return format_score(value)
    digits = declared.value.digits
    return format_fraction(value, digits) if digits else format_count(value)
