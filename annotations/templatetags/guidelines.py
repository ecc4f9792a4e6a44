"""Guidelines are written in Markdown."""

from django import template
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

register = template.Library()

# No HTML of the writer's own: it is shown as text. Links that run something are no links; pictures would come from
# elsewhere, which the policy of the site forbids.
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


@register.filter
def markdown(text: str) -> SafeString:
    """HTML of a Markdown text; headings begin below those of the page."""
    tokens = _markdown.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 2)}"
        for child in token.children or ():
            if child.type == "link_open":
                child.attrSet("rel", "noreferrer")
                child.attrSet("target", "_blank")
    return mark_safe(_markdown.renderer.render(tokens, _markdown.options, {}))  # noqa: S308  (see above)
