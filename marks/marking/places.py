"""Where marked words stand in a stored summary, given the characters that a page showed, or the words themselves."""

from django.utils.translation import gettext as _

from annotations.models import SummaryFormat
from lib.markup.plain import PlainText, with_origin
from marks.marking.shown import BLANKS, around, place_behind, shown_text


class NoSuchWordsError(ValueError):
    """The words do not stand there; the message is for the annotator."""


def stored_place(text: str, summary_format: str, start: int, end: int, words: str) -> tuple[int, int]:
    """Return the place of characters shown, blanks not counted. Raises NoSuchWordsError unless they stand there."""
    shown = shown_text(text, summary_format)
    stored = shown.stored(start, end) if start < end <= len(shown.text) else None
    if stored is None or shown.text[start:end] != words:
        raise NoSuchWordsError(_("These words do not stand there. Reload the page and mark them again."))
    return stored


def place_in_given(text: str, summary_format: str, start: int, end: int, words: str) -> tuple[int, int]:
    """Return the place of characters of a text as a front end was given it, blanks counted. Raises NoSuchWordsError."""
    given = given_text(text, summary_format)
    if not start < end <= len(given.text) or given.text[start:end] != words:
        raise NoSuchWordsError(_("These words do not stand there. Reload the page and mark them again."))
    shown = zip(given.origin[start:end], words, strict=True)
    as_written = summary_format != SummaryFormat.PLAIN
    stored = around(
        (place, place + 1 if as_written else place_behind(text, place, character))
        for place, character in shown
        if place >= 0
    )
    if not words.strip() or stored is None:
        raise NoSuchWordsError(_("These words do not stand there. Reload the page and mark them again."))
    return stored


def given_place(text: str, summary_format: str, start: int, end: int) -> tuple[int | None, int | None]:
    """Return the characters of the text as given that show this stretch of the stored one; none if it shows none."""
    within = [n for n, place in enumerate(given_text(text, summary_format).origin) if start <= place < end]
    return (within[0], within[-1] + 1) if within else (None, None)


def given_text(text: str, summary_format: str) -> PlainText:
    """Return a summary as front ends are given it: without markup where the study says so, else as it is stored."""
    if summary_format == SummaryFormat.PLAIN:
        return with_origin(text)
    return PlainText(text, tuple(range(len(text))))


def as_read(text: str, summary_format: str, start: int, end: int) -> tuple[int | None, int | None, str]:
    """Return where people read a stretch of the stored summary, and what: no markup that the page hides."""
    if summary_format == SummaryFormat.WRITTEN:
        return start, end, text[start:end]
    shown = with_origin(text)
    within = [n for n, place in enumerate(shown.origin) if start <= place < end]
    return (within[0], within[-1] + 1, shown.text[within[0] : within[-1] + 1]) if within else (None, None, "")


def find_words(text: str, summary_format: str, words: str) -> tuple[int, int]:
    """Return the place of words as somebody typed them. Raises NoSuchWordsError unless they stand there once."""
    shown = shown_text(text, summary_format)
    wanted = "".join(character for character in words if character not in BLANKS)
    start = shown.text.find(wanted) if wanted else -1
    stored = None if start < 0 else shown.stored(start, start + len(wanted))
    if stored is None:
        raise NoSuchWordsError(_("These words do not stand in this summary. Copy them as they stand there."))
    if shown.text.find(wanted, start + 1) >= 0:
        raise NoSuchWordsError(_("These words stand there more than once. Copy some words beside them too."))
    return stored
