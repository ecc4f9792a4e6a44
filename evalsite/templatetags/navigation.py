"""Find the entry of the main navigation that a page belongs to."""

from django import template
from django.http import HttpRequest

register = template.Library()

# Entry by first part of the address; other parts are entries themselves.
BELONGS_TO = {
    "boards": "studies",
    "releases": "studies",
    "documents": "datasets",
    "import-meetings": "datasets",
    "new-system": "systems",
    "summaries": "runs",
    "tokens": "account",
}


@register.filter
def section(request: HttpRequest) -> str:
    """Return the entry that a page belongs to, for example "studies"; "" for the overview."""
    first = request.path_info.strip("/").partition("/")[0]
    return BELONGS_TO.get(first, first)
