"""Understand how people and files name languages."""

import re
from functools import lru_cache

import langcodes

from lib.names import normal_form

LONGEST_CODE = 20
# Names that are shorter would be found as names of small languages: "en-" as En of Vietnam.
SHORTEST_NAME = 4
EXPECTED = "a code such as en, zh-Hans or pt-BR, or a name such as English"
LOCALE_TAIL = re.compile(r"[.@].*$")
SEVERAL = re.compile(r"[,/&+|]")
QUALIFIED = re.compile(r"^(.+?)\s*\((.+)\)$")


class UnknownLanguageError(ValueError):
    """Nobody knows a language of this name."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"is {name[:60]!r}, which is no language we know. Expected {EXPECTED}.")


@lru_cache(maxsize=1000)
def language_code(name: str) -> str:
    """Return the BCP 47 code of a language given by a code or by its name in any language.

    "EN_us" and "en_US.UTF-8" are "en-US", "eng" and "English" are "en", "cmn", "Chinese" and "中文" are "zh".

    Raises:
        UnknownLanguageError: There is no such language, or its code has more than LONGEST_CODE characters.
    Source:
        BCP 47, ISO 639 and Unicode CLDR by the libraries langcodes and language_data.
    """
    try:
        code = langcodes.standardize_tag(LOCALE_TAIL.sub("", name.strip()))
        is_valid = langcodes.tag_is_valid(code)
    except ValueError:
        is_valid = False
    if not is_valid:
        code = _code_of_name(name)
    code = re.sub(r"^cmn\b", "zh", code)
    if len(code) > LONGEST_CODE:
        raise UnknownLanguageError(name)
    return code


def _code_of_name(name: str) -> str:
    name = normal_form(name)
    # The library's table of names reads beyond its end for a name with NUL.
    if (
        not name.isprintable()
        or SEVERAL.search(name)
        or (name.isascii() and sum(map(str.isalpha, name)) < SHORTEST_NAME)
    ):
        raise UnknownLanguageError(name)
    # "Chinese (Simplified)" is known as "Simplified Chinese".
    for spelling in (QUALIFIED.sub(r"\2 \1", name), name):
        try:
            return langcodes.standardize_tag(langcodes.find(spelling).to_tag())
        except (LookupError, ValueError):
            continue
    raise UnknownLanguageError(name)
