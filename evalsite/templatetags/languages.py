"""A template tag for the language switch."""

from dataclasses import dataclass

from django import template
from django.conf import settings
from django.template import Context
from django.utils.translation import get_language, get_language_info

from evalsite.language import is_translated

register = template.Library()


@dataclass(frozen=True)
class Language:
    code: str
    name: str  # in the language itself
    current: bool


@register.simple_tag(takes_context=True)
def languages_offered(context: Context) -> list[Language]:
    """List the languages; none on English-only pages and on answers to a form, which have no address to return to."""
    request = context.get("request")
    if request is None or request.method != "GET" or not is_translated(request.resolver_match):
        return []
    return [
        Language(code, get_language_info(code)["name_local"], code == get_language()) for code, _ in settings.LANGUAGES
    ]
