"""Give a form the key by which it makes something once."""

from uuid import uuid4

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from lib.serving.once import FIELD

register = template.Library()


@register.simple_tag
def form_key() -> SafeString:
    """A hidden field for a form whose view makes something within lib.serving.once.sent_once."""
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, uuid4())
