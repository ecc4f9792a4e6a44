"""Render guidelines, which are written in Markdown."""

from django import template
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

register = template.Library()

# HTML is shown as text, and markdown-it makes no links to scripts. Images would come from other servers, which the
# site's policy forbids.
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


@register.filter
def markdown(text: str) -> SafeString:
    """Render Markdown as HTML, with headings below those of the page."""
    tokens = _markdown.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 2)}"
        for child in token.children or ():
            if child.type == "link_open":
                child.attrSet("rel", "noreferrer")
                child.attrSet("target", "_blank")
    return mark_safe(_markdown.renderer.render(tokens, _markdown.options, {}))  # noqa: S308  (see above)
