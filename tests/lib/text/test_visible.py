import pytest

from lib.text.visible import is_blank, visible_text

UNSEEN = {
    "nothing": "",
    "blanks": " \t\r\n\u00a0\u2003\u3000",
    "zero width space": "\u200b",
    "zero width joiners": "\u200c\u200d\u2060",
    "byte order mark": "\ufeff",
    "space and byte order mark": "\u200b\ufeff",
    "soft hyphen": "\u00ad",
    "directions": "\u200e\u200f\u202a\u202e\u2066\u2069",
    "line and paragraph separators": "\u2028\u2029\x85",
    "controls": "\x00\x07\x1b\x7f",
    "Hangul fillers": "\u115f\u1160\u3164\uffa0",
    "Braille blank": "\u2800\u2800",
    "Mongolian separator": "\u180e",
    "variation selectors": "\ufe0f\ufe00\U000e0100",
    "combining grapheme joiner": "\u034f",
    "Khmer inherent vowels": "\u17b4\u17b5",
    "invisible operators": "\u2061\u2062\u2063\u2064",
    "tags": "\U000e0001\U000e0041\U000e007f",
    "musical": "\U0001d159\U0001d173",
    "half a surrogate pair": "\ud83d",
    "no character": "\ufffe",
    "Ogham space": "\u1680",
}
SEEN = {
    "a letter among blanks": "\u200b a \ufeff",
    "Chinese": "\u200b周五发布",
    "a dash": "—",
    "an emoji with its joiner": "\U0001f469\u200d\U0001f4bb",
    "Hangul": "\ud55c\uad6d",
    "Braille": "\u2801",
    "an accent alone": "\u0301",
    "the replacement character": "\ufffd",
}


@pytest.mark.parametrize("text", UNSEEN.values(), ids=UNSEEN)
def test_what_nobody_can_see_is_blank(text):
    assert is_blank(text)
    assert visible_text(text) == ""


@pytest.mark.parametrize("text", SEEN.values(), ids=SEEN)
def test_what_somebody_can_see_is_not_blank(text):
    assert not is_blank(text)
    assert visible_text(text) == text.strip()
    assert visible_text(text)
