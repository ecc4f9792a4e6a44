"""A template filter for the main navigation's current entry."""

from django import template
from django.http import HttpRequest

register = template.Library()

# The entry by the first part of the address; other first parts are names of entries themselves.
BELONGS_TO = {"boards": "studies", "releases": "studies", "documents": "datasets", "summaries": "runs"}


@register.filter
def section(request: HttpRequest) -> str:
    """Return the entry that a page belongs to, for example "studies"; "" for the overview."""
    first = request.path.strip("/").partition("/")[0]
    return BELONGS_TO.get(first, first)
