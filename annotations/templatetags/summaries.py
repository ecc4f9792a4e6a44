"""Show a summary the way its study asks for; both sides of a pair get the same markup around their texts."""

from collections.abc import Iterable, Sequence
from html import escape

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from annotations.models import SummaryFormat
from annotations.rating.page import Part
from lib.markup.html import MarkedSentence, as_html
from lib.markup.plain import plain_text

register = template.Library()


@register.simple_tag
def summary(text: str, summary_format: str, *, parts: Sequence[Part] | str | None = None, below: int = 3) -> SafeString:
    """Return the summary as HTML.

    Args:
        text: As RatingPage gives it.
        parts: The same text in sentences, each of which becomes a span; none (in a template, "") for the text alone.
        below: Level of the heading that the summary stands under.
    """
    sentences = parts if parts and not isinstance(parts, str) else ()
    if summary_format == SummaryFormat.RENDERED:
        html = as_html(text, tuple(_sentences(sentences)), below=below, table_label=gettext("Table"))
    else:
        html = "".join(map(_part, sentences or [Part(text)]))
    return mark_safe(html)  # noqa: S308  (escaped below and in as_html)


@register.simple_tag
def stored_summary(text: str, summary_format: str) -> SafeString:
    """The same of a text as it is stored."""
    return summary(plain_text(text) if summary_format == SummaryFormat.PLAIN else text, summary_format)


def _part(part: Part) -> str:
    text = escape(part.text)
    if part.turns is None:
        return text
    return f'<span class="sentence" data-support="{" ".join(map(str, part.turns))}">{text}</span>'


def _sentences(parts: Iterable[Part]) -> Iterable[MarkedSentence]:
    start = 0
    for part in parts:
        end = start + len(part.text)
        if part.turns is not None:
            yield MarkedSentence(start, end, part.turns)
        start = end
