"""Long lists in pages."""

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

PAGE_SIZE = 50


def requested_page(request: HttpRequest, rows: QuerySet) -> Page:
    """The page that ?page= asks for, or the nearest one where there is no such page."""
    return Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
