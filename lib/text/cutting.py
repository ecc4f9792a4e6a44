"""Cut long texts for a page of limited room; the reader sees that something is missing."""

import unicodedata

CUT = " …"
# What is longer is cut itself: Chinese has no spaces.
LONGEST_WORD = 24


def width_of(text: str) -> int:
    """Return how many columns a text takes: two for a Chinese character, one for a Latin letter."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def cut_text(text: str, columns: int) -> str:
    """Return the text, or as much as fits so many columns, up to the end of a word, with a sign that it goes on."""
    if width_of(text) <= columns:
        return text
    width = end = 0
    while width < columns:
        width += width_of(text[end])
        end += 1
    kept = text[:end]
    before_word = max(kept.rfind(" "), kept.rfind("\n"))
    in_word = before_word > 0 and end - before_word <= LONGEST_WORD
    return (kept[:before_word] if in_word else kept).rstrip() + CUT
