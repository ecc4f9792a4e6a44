"""Render the turns of a transcript as list items; in a template they would dominate the rating page's time."""

from collections.abc import Iterable
from html import escape

from django import template
from django.utils.safestring import SafeString, mark_safe

from annotations.rating.page import PageTurn

register = template.Library()


@register.filter
def as_items(turns: Iterable[PageTurn]) -> SafeString:
    return mark_safe("\n".join(map(_item, turns)))  # noqa: S308  (escaped below)


def _item(turn: PageTurn) -> str:
    speaker = f'<span class="turn-speaker">{escape(turn.speaker)}</span>' if turn.speaker else ""
    start = f'<span class="turn-start">{turn.start}</span>' if turn.start else ""
    return (
        f'<li class="turn speaker-{turn.colour}"><span class="turn-number">{turn.number}</span>'
        f"{speaker}{start}<p>{escape(turn.content)}</p></li>"
    )
