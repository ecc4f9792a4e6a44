"""What a page calls the values of metrics."""

from django import template

from lib.text.translated import translated
from models_runner.metrics.declared import label_of

register = template.Library()


@register.filter
def metric_label(name: str) -> str:
    """Return the label of a value, in the language of the page."""
    return translated(label_of(name))
