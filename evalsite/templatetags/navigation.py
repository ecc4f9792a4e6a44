"""Which entry of the main navigation a page belongs to."""

from django import template
from django.http import HttpRequest

register = template.Library()

# By the first part of the address; a part that is not here is an entry's own.
BELONGS_TO = {"boards": "studies", "releases": "studies", "documents": "datasets", "summaries": "runs"}


@register.filter
def section(request: HttpRequest) -> str:
    """ "studies" for everything about studies, and so on; "" for the overview."""
    first = request.path.strip("/").partition("/")[0]
    return BELONGS_TO.get(first, first)
