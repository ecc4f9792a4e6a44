import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.language import normalise_language
from lib.language_codes import UnknownLanguageError, language_code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("en", "en"),
        ("EN", "en"),
        ("eng", "en"),
        ("English", "en"),
        (" english ", "en"),
        ("Englisch", "en"),
        ("EN_us", "en-US"),
        ("en_US.UTF-8", "en-US"),
        ("American English", "en-US"),
        ("English (US)", "en-US"),
        ("zh", "zh"),
        ("zho", "zh"),
        ("chi", "zh"),
        ("cmn", "zh"),
        ("cmn-Hans", "zh-Hans"),
        ("zh-Hans-CN", "zh-Hans-CN"),
        ("chinese", "zh"),
        ("Chinese (Simplified)", "zh-Hans"),
        ("Simplified Chinese", "zh-Hans"),
        ("Mandarin", "zh"),
        ("中文", "zh"),
        ("简体中文", "zh-Hans"),
        ("Deutsch", "de"),
        ("français", "fr"),
        ("fran\u0063\u0327ais", "fr"),
        ("pt_BR", "pt-BR"),
        ("Brazilian Portuguese", "pt-BR"),
        ("日本語", "ja"),
        ("iw", "he"),
        ("nb", "nb"),
        ("sr-Latn", "sr-Latn"),
        ("Lao", "lo"),
    ],
)
def test_languages_by_code_and_by_name(name, code):
    assert language_code(name) == code


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", "xx", "jp", "en-", "e", "-", "note", "gibberish", "French, English", "english/chinese", "\x00"),
        *("en\x00", "x" * 500, "zh-Hans-CN-x-aaaaaaaa-bbbbbbb", "english\ud800"),
    ],
)
def test_what_is_no_language_is_refused_with_what_is_expected(name):
    with pytest.raises(
        UnknownLanguageError, match="Expected a code such as en, zh-Hans or pt-BR, or a name such as English"
    ):
        language_code(name)


@given(st.text(max_size=30))
def test_any_text_is_a_language_or_refused(text):
    try:
        code = language_code(text)
    except UnknownLanguageError:
        return
    assert language_code(code) == code
    assert 2 <= len(code) <= 20


def test_rows_of_earlier_versions_are_understood_when_they_are_read():
    assert [normalise_language(name) for name in ("English", "EN_us", "chinese", "zz-ZZ")] == ["en", "en", "zh", "zz"]
