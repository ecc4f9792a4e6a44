"""Tell texts that a reader can see from texts that only look empty."""

import regex

# White space, controls, format characters, surrogates, code points that are no character, whatever Unicode says to
# display as nothing (fillers, joiners, variation selectors), and two symbols that are drawn as a blank: the Braille
# pattern without dots and the musical null note head.
_UNSEEN = regex.compile(
    r"(?V1)[\s\p{White_Space}\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Z}\p{Default_Ignorable_Code_Point}\u2800\U0001D159]*"
)

_HALF = regex.compile(r"\p{Cs}")


def is_blank(text: str) -> bool:
    """Tell whether a text has no character that a reader would see.

    Source:
        The Unicode property Default_Ignorable_Code_Point and the general categories Z, Cc, Cf, Cs and Cn (UAX #44).
    """
    if text[:1].isalnum() and text[0].isascii():
        return False  # most texts, at a third of the time
    return _UNSEEN.fullmatch(text) is not None


def visible_text(text: str) -> str:
    """Return a text without the blanks around it; "" if nothing in it can be seen."""
    return "" if is_blank(text) else text.strip()


def storable(text: str) -> str:
    """Return a text as every database and encoding takes it: no NUL, and U+FFFD for halves of characters."""
    return _HALF.sub("\ufffd", text.replace("\x00", ""))
