"""Show a summary the way its study asks for; both sides of a pair get the same markup around their texts."""

from collections.abc import Iterable, Sequence
from html import escape

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from annotations.models import Study, SummaryFormat
from annotations.rating.page import TextPart
from lib.markup.blanks import even_all
from lib.markup.html import MarkedSentence, as_html
from lib.markup.plain import plain_text

register = template.Library()


@register.simple_tag
def summary(
    text: str,
    summary_format: str,
    *,
    keep_blanks: bool = False,
    parts: Sequence[TextPart] | str | None = None,
    below: int = 3,
) -> SafeString:
    """Return the summary as HTML.

    Args:
        text: As RatingPage gives it.
        keep_blanks: Show plain text with all of its blanks, as studies did once. Elsewhere pages never showed them.
        parts: The same text in sentences, each of which becomes a span; none (in a template, "") for the text alone.
        below: Level of the heading that the summary stands under.
    """
    sentences = parts if parts and not isinstance(parts, str) else ()
    if summary_format == SummaryFormat.RENDERED:
        html = as_html(text, tuple(_sentences(sentences)), below=below, table_label=gettext("Table"))
    else:
        shown = sentences or [TextPart(text)]
        texts = [part.text for part in shown]
        plain = summary_format == SummaryFormat.PLAIN
        even = texts if plain and keep_blanks else even_all(texts, indents=plain)
        html = "".join(_part(text, part.turns) for text, part in zip(even, shown, strict=True) if text)
    return mark_safe(html)  # noqa: S308  (escaped below and in as_html)


@register.simple_tag
def stored_summary(text: str, study: Study) -> SafeString:
    """The same of a text as it is stored, as a study shows it."""
    shown = plain_text(text) if study.summary_format == SummaryFormat.PLAIN else text
    return summary(shown, study.summary_format, keep_blanks=study.keep_blanks)


def _part(text: str, turns: tuple[int, ...] | None) -> str:
    if turns is None:
        return escape(text)
    return f'<span class="sentence" data-support="{" ".join(map(str, turns))}">{escape(text)}</span>'


def _sentences(parts: Iterable[TextPart]) -> Iterable[MarkedSentence]:
    start = 0
    for part in parts:
        end = start + len(part.text)
        if part.turns is not None:
            yield MarkedSentence(start, end, part.turns)
        start = end
