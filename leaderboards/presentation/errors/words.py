"""Errors in words: names of kinds, and the sentence that a verdict begins with."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from annotations.models import Study
from leaderboards.presentation.board_verdict import BoardVerdict, loses_by
from lib.numbers import format_percent
from marks.kinds.library import kind_label
from marks.report.serve import compared_by_marks

Values = Mapping[str, Any]

# How "It loses where it ..." goes on, by kind of the library.
DOES = {
    "invented": _("It loses where it invents: %(small)s of its summaries against %(large)s."),
    "wrong person": _("It loses where it names the wrong person: %(small)s of its summaries against %(large)s."),
    "wrong number or date": _(
        "It loses where it gets numbers and dates wrong: %(small)s of its summaries against %(large)s."
    ),
    "wrong decision or action": _(
        "It loses where it tells decisions and actions wrongly: %(small)s of its summaries against %(large)s."
    ),
    "contradiction": _(
        "It loses where it contradicts the meeting or itself: %(small)s of its summaries against %(large)s."
    ),
    "incoherent": _("It loses where it does not hang together: %(small)s of its summaries against %(large)s."),
    "repeated": _("It loses where it repeats itself: %(small)s of its summaries against %(large)s."),
    "off the point": _("It loses where it is off the point: %(small)s of its summaries against %(large)s."),
    "language": _("It loses where its language fails: %(small)s of its summaries against %(large)s."),
    "missing decision": _("It loses where it leaves out decisions: %(small)s of its summaries against %(large)s."),
    "missing action": _("It loses where it leaves out actions: %(small)s of its summaries against %(large)s."),
    "missing reason": _("It loses where it leaves out reasons: %(small)s of its summaries against %(large)s."),
}
OTHER = _("It loses where people mark “%(kind)s”: %(small)s of its summaries against %(large)s.")
# Of one that votes do not prefer less: nothing says that it loses.
PREFERRED = _("People mark “%(kind)s” more often in it: %(small)s of its summaries against %(large)s.")
NOT_SHOWN = _("No kind of error is surely more frequent in the small than in the large.")


def why_sentence(figures: Values, *, loses: bool) -> str:
    """Say where the small system errs more often than the large one; "" unless the intervals leave no doubt.

    loses: Whether votes prefer the large one; only then is it said that errors are why it loses.
    """
    compared = figures.get("small_large") or {}
    worst = compared.get("worst")
    if not worst:
        return ""
    share = compared["kinds"][worst]["share"]
    values = {side: format_percent(share[side]["value"]) for side in ("small", "large")}
    said = DOES.get(worst, OTHER) if loses else PREFERRED
    return gettext(said) % {"kind": kind_label(worst), **values}


def with_why(verdict: BoardVerdict, study: Study) -> BoardVerdict:
    """Let a verdict say where the small system errs, if people marked errors of these two systems."""
    figures = compared_by_marks(study) if verdict.small and verdict.large else {}
    if not _is_of(figures, verdict.small, verdict.large):
        return verdict
    return replace(verdict, why=why_sentence(figures, loses=verdict.loses))


def board_says_it_loses(board: Values | None, figures: Values) -> bool:
    """Return whether the board's verdict is on the systems that marks compare, and its votes prefer the large one."""
    verdict = board["verdict"] if board else {}
    small, large = verdict.get("small") or "", verdict.get("large") or ""
    return bool(small and large) and _is_of(figures, small, large) and loses_by(verdict)


def _is_of(figures: Values, small: str, large: str) -> bool:
    compared = figures.get("small_large", {})
    return (compared.get("small"), compared.get("large")) == ([small], [large])


def compared_names(figures: Values) -> tuple[str, str]:
    """Return what is held against each other, as a legend writes it."""
    compared = figures.get("small_large") or {}
    return ", ".join(compared.get("small", ())), ", ".join(compared.get("large", ()))
