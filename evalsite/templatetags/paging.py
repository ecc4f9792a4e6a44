"""Addresses of the other pages of a list; they keep the rest of the query."""

from django import template
from django.template import Context

register = template.Library()


@register.simple_tag(takes_context=True)
def page_address(context: Context, number: int, name: str = "", anchor: str = "", at: str = "") -> str:
    """Return the address of page `number`.

    Args:
        name: The query parameter, where a page has several lists.
        anchor: The id of the list, to which the browser scrolls.
        at: The page's address, where it may also be shown as the answer to a form sent elsewhere.
    """
    query = context["request"].GET.copy()
    query[name or "page"] = number
    return f"{at}?{query.urlencode()}" + (f"#{anchor}" if anchor else "")
