"""Where a page leads to after a change."""

from django.http import HttpRequest
from django.urls import reverse


def as_it_was(request: HttpRequest, name: str, slug: str, anchor: str = "") -> str:
    """The address of a study's list after a change of one of its rows: the page of it and what was asked for stay."""
    query = request.GET.urlencode()
    return reverse(name, args=[slug]) + (f"?{query}" if query else "") + (f"#{anchor}" if anchor else "")
