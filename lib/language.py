"""Sentences and words of a text in its own language: the ground under ROUGE, lengths and word counts."""

import re
import unicodedata
from contextlib import suppress
from functools import lru_cache

import regex
import sentencex

from lib.language_codes import UnknownLanguageError, language_code

# Part of metric signatures: raise it whenever words() or split_sentences() answers differently than before.
RULES_VERSION = "1"

DOTTED_I_LANGUAGES = frozenset({"tr", "az"})

# Written without spaces between words: each character is a token of its own.
_SPACELESS = "".join(
    rf"\p{{Script={name}}}" for name in ("Han", "Hiragana", "Katakana", "Thai", "Lao", "Khmer", "Myanmar")
)
_CHARACTER = rf"[[{_SPACELESS}]&&[\p{{L}}\p{{Nl}}]]"
_LETTER_OR_DIGIT = rf"[[\p{{L}}\p{{N}}]--{_CHARACTER}]"
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_WORD = regex.compile(rf"(?V1){_CHARACTER}\p{{M}}*|(?:{_LETTER_OR_DIGIT}\p{{M}}*)+")


@lru_cache(maxsize=1000)
def normalise_language(code: str) -> str:
    """The bare language of a code or name: "zh-CN", "zh_hans", "cmn" and "Chinese" are "zh"; "" stays ""."""
    with suppress(UnknownLanguageError):  # which an earlier version stored
        code = language_code(code)
    return regex.split(r"[-_]", code.strip().lower())[0]


def split_sentences(text: str, language: str) -> list[str]:
    """Sentences in order, stripped, none empty; a line break ends a sentence too.

    A language the library has no rules for is split by the rules of English.
    """
    rules = normalise_language(language) or "en"
    sentences = (sentence for line in text.splitlines() for sentence in sentencex.segment(rules, line))
    return [stripped for sentence in sentences if (stripped := sentence.strip())]


def word_spans(text: str) -> list[tuple[int, int]]:
    """Return where each word, or each character of a script without spaces, begins and ends in the text."""
    return [match.span() for match in _WORD.finditer(text)]


def words(text: str, language: str) -> list[str]:
    """Lower-cased runs of letters and digits of any script, combining marks kept with their letter.

    Scripts written without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese) give one token a character.
    """
    if normalise_language(language) in DOTTED_I_LANGUAGES:
        text = text.replace("I", "ı").replace("İ", "i")
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())  # the same words, five times as fast
    # Composed and decomposed accents are the same word.
    return _WORD.findall(unicodedata.normalize("NFC", text.lower()))
