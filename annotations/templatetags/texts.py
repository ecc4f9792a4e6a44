"""Give a page the texts of its scripts in the page's language; the English texts are in the scripts themselves.

The catalogue is Django's, but it stands in the page: JavaScriptCatalog would be one more request before a script can
run, and brings the texts of every installed app (docs/decisions/translations.md).
"""

import json
from functools import cache

from django import template
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation.trans_real import DjangoTranslation
from django.views.i18n import JSONCatalog

register = template.Library()


@register.simple_tag
def script_texts() -> str:
    """JSON: English text to text, or to its plural forms; for static/annotations/texts.js."""
    return _script_texts(get_language() or settings.LANGUAGE_CODE)


@cache
def _script_texts(language: str) -> str:
    catalogue = JSONCatalog()
    catalogue.translation = DjangoTranslation(
        language, domain="djangojs", localedirs=[str(path) for path in settings.LOCALE_PATHS]
    )
    return json.dumps(catalogue.get_catalog(), ensure_ascii=False)
