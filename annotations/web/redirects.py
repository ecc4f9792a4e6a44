"""Addresses to return to after a change."""

from django.http import HttpRequest
from django.urls import reverse


def as_it_was(request: HttpRequest, name: str, slug: str, anchor: str = "") -> str:
    """Return the address of a study's list with the page and filters that were shown before the change."""
    query = request.GET.urlencode()
    return reverse(name, args=[slug]) + (f"?{query}" if query else "") + (f"#{anchor}" if anchor else "")
