"""The library of criteria: question and help text by key."""

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from lib.text.translated import verbatim

LIBRARY: dict[str, tuple[str, str]] = {
    "overall": (
        _("Which summary is better overall?"),
        _("If you had missed the meeting, which one would you rather have?"),
    ),
    "informativeness": (
        _("Which summary tells more of what mattered?"),
        _("Decisions, owners, dates and reasons count; length alone does not."),
    ),
    "consistency": (
        _("Which summary is more faithful to the transcript?"),
        _("Anything stated that the transcript does not say counts against a summary."),
    ),
    "coherence": (_("Which summary hangs together better?"), _("A clear order, each sentence building on the last.")),
    "fluency": (_("Which summary reads better?"), _("Grammar, word choice and the absence of repetition.")),
    "relevance": (
        _("Which summary keeps better to what is important?"),
        _("Side remarks and small talk count against it."),
    ),
    "coverage": (
        _("Which summary covers decisions and action items better?"),
        _("Who does what by when, and what was decided."),
    ),
}

_TEXTS = {text for texts in LIBRARY.values() for text in texts}


def in_readers_language(text: str) -> str:
    """Translate a text of the library into the reader's language; return any other text as it was written."""
    return gettext(text) if is_of_library(text) else text


def is_of_library(text: str) -> bool:
    return text in _TEXTS


def label_of(question: str) -> str:
    """Return a question as the label of a field, which a page translates only if it is of the library."""
    return question if is_of_library(question) else verbatim(question)
