"""The kinds of errors that come with the project, for summaries of meetings.

After Kirstein et al. (2024), "What's under the hood: Investigating Automatic Metrics on Meeting Summarization",
Findings of EMNLP, and Kirstein et al. (2025), "Is my Meeting Summary Good? Estimating Quality with a Multi-LLM
Evaluator" (MESA), COLING, industry track. Wrong references fall into persons and numbers, and what is missing into
decisions, actions and reasons, because these are what a team acts on.
"""

from dataclasses import dataclass

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from marks.models import MarkKind

WORDS, WHOLE = MarkKind.About.WORDS.value, MarkKind.About.WHOLE.value


@dataclass(frozen=True)
class LibraryKind:
    """One kind.

    Attributes:
        name: As files write it.
        label, help_text: As pages write them, in English; translated when they are shown.
        about: One of MarkKind.About.
    """

    name: str
    label: str
    help_text: str
    about: str


LIBRARY = (
    LibraryKind("invented", _("Invented"), _("Nobody said this in the meeting."), WORDS),
    LibraryKind("wrong person", _("Wrong person"), _("It was said, but by or about somebody else."), WORDS),
    LibraryKind("wrong number or date", _("Wrong number or date"), _("An amount, a date or a time is wrong."), WORDS),
    LibraryKind(
        "wrong decision or action",
        _("Wrong decision or action"),
        _("What was decided, or who does what, is told wrongly."),
        WORDS,
    ),
    LibraryKind("contradiction", _("Contradiction"), _("The meeting, or another sentence, says the opposite."), WORDS),
    LibraryKind("incoherent", _("Incoherent"), _("It does not follow from what stands before it."), WORDS),
    LibraryKind("repeated", _("Repeated"), _("The same was said before in this summary."), WORDS),
    LibraryKind("off the point", _("Off the point"), _("It is true, but nobody needs it in a summary."), WORDS),
    LibraryKind("language", _("Language"), _("Grammar, spelling, or words that do not fit."), WORDS),
    LibraryKind("missing decision", _("Missing decision"), _("A decision of the meeting is not there."), WHOLE),
    LibraryKind("missing action", _("Missing action"), _("What somebody is to do is not there."), WHOLE),
    LibraryKind("missing reason", _("Missing reason"), _("Why something was decided is not there."), WHOLE),
)
BY_NAME = {kind.name: kind for kind in LIBRARY}


def kind_label(name: str) -> str:
    """Return a kind's name as pages write it: the project's own in the page's language, others as they are."""
    kind = BY_NAME.get(name)
    return gettext(kind.label) if kind else name


def kind_help(name: str, help_text: str) -> str:
    """Return what annotators are told of a kind: its owner's words, else the project's in the page's language."""
    kind = BY_NAME.get(name)
    return help_text or (gettext(kind.help_text) if kind else "")
