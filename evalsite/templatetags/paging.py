"""Addresses of the other pages of a list, which keep whatever else the address asks for."""

from django import template
from django.template import Context

register = template.Library()


@register.simple_tag(takes_context=True)
def page_address(context: Context, number: int, name: str = "", anchor: str = "", at: str = "") -> str:
    """name: the parameter, where a page has several lists. anchor: the list's id, which the browser scrolls to.

    at: the page's address, where it may also be the answer to a form that was sent elsewhere.
    """
    query = context["request"].GET.copy()
    query[name or "page"] = number
    return f"{at}?{query.urlencode()}" + (f"#{anchor}" if anchor else "")
