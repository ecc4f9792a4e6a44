"""Parts of the rating page that are the same for many pairs, rendered once and kept."""

from collections.abc import Iterable
from functools import lru_cache

from django import template
from django.template.base import NodeList, Parser, Token
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from annotations.models import Remark
from annotations.rating.page import AnswerChoice

register = template.Library()


class _SameForAllNode(template.Node):
    """Keeps a text for each language of the site; what is inside sees no variable, so it can hold nothing of a pair."""

    child_nodelists = ("nodelist",)

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist
        self._kept: dict[str | None, SafeString] = {}

    def render(self, context: Context) -> SafeString:
        language = get_language()
        kept = self._kept.get(language)
        if kept is None:
            kept = self._kept[language] = self.nodelist.render(context.new({}))
        return kept


@register.tag
def same_for_all(parser: Parser, token: Token) -> _SameForAllNode:
    """Render what is inside once in each language: words of the page, which are the same for everybody.

    For words and nothing else: a variable inside is empty, and so is a form's security token.
    """
    nodelist = parser.parse(("endsame_for_all",))
    parser.delete_first_token()
    return _SameForAllNode(nodelist)


@register.simple_tag
def remark_reasons() -> list[tuple[str, str]]:
    """Return the reasons to skip a pair or to report it, and their labels."""
    return [(value, str(label)) for value, label in Remark.Reason.choices]


@register.simple_tag
def choice_buttons(choices: Iterable[AnswerChoice], pressed: str) -> SafeString:
    """Return the buttons of a question; pressed: the value of the choice that is its answer, or ""."""
    return _choice_buttons(tuple(choices), pressed)


# All that the buttons show is in the arguments, labels in the page's language too.
@lru_cache(maxsize=256)
def _choice_buttons(choices: tuple[AnswerChoice, ...], pressed: str) -> SafeString:
    return mark_safe(  # noqa: S308  (a template, which escapes)
        render_to_string("annotations/_choice_buttons.html", {"choices": choices, "pressed": pressed})
    )
