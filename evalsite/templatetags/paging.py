"""A template tag for the addresses of a list's other pages, which keep the address's other parameters."""

from django import template
from django.template import Context

register = template.Library()


@register.simple_tag(takes_context=True)
def page_address(context: Context, number: int, name: str = "", anchor: str = "", at: str = "") -> str:
    """Return the address of a list's page.

    Args:
        context: The template's context.
        number: The page's number.
        name: The address's parameter, if a page has several lists.
        anchor: The list's id, to which the browser scrolls.
        at: The page's address, if it may also be the answer to a form that was sent to another address.
    """
    query = context["request"].GET.copy()
    query[name or "page"] = number
    return f"{at}?{query.urlencode()}" + (f"#{anchor}" if anchor else "")
