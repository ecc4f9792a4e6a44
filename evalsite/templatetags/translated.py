"""Template filters for words and dates in the language of the page."""

from datetime import datetime
from html import unescape

from django import template
from django.conf import settings
from django.utils import formats
from django.utils.safestring import SafeData, mark_safe
from django.utils.translation import get_language, gettext_noop

from annotations.studies.criteria import in_readers_language
from lib.numbers import UNDEFINED
from lib.text.translated import mark_of, translated_list
from lib.text.translated import translated as translate_shown

register = template.Library()
# Django sets it after the label of each field; its own Chinese has the half-width one.
LABEL_SUFFIX = gettext_noop(":")


@register.filter
def translated(text: object) -> str:
    """Translate a text that was stored, raised or computed in English."""
    if text is None:
        return ""
    if not isinstance(text, SafeData):
        return translate_shown(text)
    # A label of a form is escaped already, and stays so where it stays English.
    plain = unescape(str(text))
    shown = translate_shown(plain)
    return mark_safe(str(text)) if shown == plain else shown  # noqa: S308


@register.filter
def from_library(question: str) -> str:
    """Translate a question of the library, or its help; one that researchers wrote stays as it is."""
    return in_readers_language(question)


@register.filter
def joined(texts: list[object], separator: str) -> str:
    """Translate texts and join them by "; " or ", ", or by what the language writes in its place."""
    return translated_list(texts, separator)


@register.simple_tag
def mark(english: str) -> str:
    """Return a mark between two texts, such as ": ", as the page's language writes it."""
    return mark_of(english)


@register.filter(expects_localtime=True)
def dated(value: datetime | None, english: str) -> str:
    """Format a date, or a date with its time, in the page's language. english: The format of English pages."""
    if value is None:
        return UNDEFINED
    if get_language() == settings.LANGUAGE_CODE:
        return formats.date_format(value, english)
    return formats.date_format(value, "DATETIME_FORMAT" if "H" in english else "DATE_FORMAT")
