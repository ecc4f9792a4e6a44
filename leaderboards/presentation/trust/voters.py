"""Say who gave the votes: people, or in the example a program.

Sentences of results are written of people, as boards hold and compute them, and pass here: of simulated votes another
one is shown in their place.
"""

import re
from collections.abc import Iterable

from django.utils.translation import gettext_noop as _

OF_SIMULATED = {
    _("How far people agree"): _("How far the simulated votes agree"),
    _("Can people be trusted?"): _("Do the simulated votes agree?"),
    _("People agree well."): _("The simulated votes agree well."),
    _("People mostly agree."): _("The simulated votes mostly agree."),
    _("People may agree no more than by chance: single votes say little, only many together do."): _(
        "The simulated votes may agree no more than by chance: single votes say little, only many together do."
    ),
    _(
        "People agree more than by chance, but often differ. That is usual for preferences between good summaries: "
        "it takes many votes, but does not make them wrong."
    ): _("The simulated votes agree more than by chance, but often differ, as those of people usually do."),
    _("People show no preference for a side of the screen."): _("The simulated votes prefer no side of the screen."),
    _(
        "People said which summary they prefer. Nobody checked every statement: a preferred summary may hold a mistake."
    ): _("A program drew these votes: nobody read the summaries, and the preferred one may hold a mistake."),
    _("Rating by people"): _("Rating by simulated votes"),
}
_NOT_KNOWN = re.compile(r"It is not known yet whether people agree[:.] (?P<why>.*)")
_NO_METRICS = re.compile(r"It is not known how far metrics and people agree: (?P<why>.*)")
_NO_SIDE = re.compile(r"It is not known whether people prefer one side of the screen: (?P<why>.*)")
_NO_RANKS = re.compile(r"No metric certainly ranks the systems as people do: (?P<why>.*)")
_RANKS = re.compile(r"(?P<names>.*) ranks? the systems much as people do\..*")
_CLICKED = re.compile(r"The (?P<side>\w+) summary wins more often than by chance\. .*people may have clicked.*")


def said_of_voters(text: str, *, simulated: bool) -> str:
    """Return a sentence about people as it is, or what is true in its place where a program drew the votes."""
    return _of_simulated(text) if simulated else text


def all_said_of_voters(texts: Iterable[str], *, simulated: bool) -> list[str]:
    return [said_of_voters(text, simulated=simulated) for text in texts]


def _of_simulated(text: str) -> str:
    if text in OF_SIMULATED:
        return OF_SIMULATED[text]
    if parts := _NOT_KNOWN.fullmatch(text):
        return f"It is not known yet whether the simulated votes agree: {parts['why']}"
    if parts := _NO_METRICS.fullmatch(text):
        return f"It is not known how far metrics and the simulated votes agree: {parts['why']}"
    if parts := _NO_SIDE.fullmatch(text):
        return f"It is not known whether the simulated votes prefer one side of the screen: {parts['why']}"
    if parts := _NO_RANKS.fullmatch(text):
        return f"No metric certainly ranks the systems as the simulated votes do: {parts['why']}"
    if parts := _RANKS.fullmatch(text):
        names = parts["names"]
        return f"The order of the systems by the simulated votes is much that of {names}. It says nothing of people."
    if parts := _CLICKED.fullmatch(text):
        side = parts["side"]
        return f"The {side} summary wins more often than by chance. Sides are shuffled, so this favours no system."
    return text
