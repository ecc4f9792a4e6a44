"""The texts of mails: in each language, and with links that a mail program finds whole."""

import re

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation

LINK = "https://punchweight.example/invited/"
MAILS = sorted(path.name for path in (settings.BASE_DIR / "evalsite" / "templates" / "accounts" / "mail").glob("*.txt"))


def text_of(mail, language):
    invitation = {"created_by": {"get_username": "ana"}, "expires_at": timezone.now()}
    for asked in (True, False):
        context = {"name": "ben", "site": "https://punchweight.example", "link": LINK, "asked": asked}
        with translation.override(language):
            yield render_to_string(f"accounts/mail/{mail}", context | {"invitation": invitation if asked else {}})


@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES])
@pytest.mark.parametrize("mail", MAILS)
def test_a_link_ends_where_a_mail_program_ends_it(mail, language):
    """A program takes every letter and mark behind an address for a part of it, but for Latin marks and blanks."""
    for text in text_of(mail, language):
        assert re.findall(r"https://punchweight\.example(?:/invited/)?([^\s/.,])", text) == []
        assert "%(" not in text


@pytest.mark.parametrize("mail", MAILS)
def test_nothing_of_a_chinese_mail_is_english(mail):
    for text in text_of(mail, "zh-hans"):
        words = set(re.findall(r"[A-Za-z]{2,}", text.replace(LINK, ""))) - {"https", "punchweight", "example"}
        assert words <= {"Punchweight", "ana", "ben"}
