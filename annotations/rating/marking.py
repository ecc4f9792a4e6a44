"""Where the app of marks, which stands above this one, puts its part of the rating page."""

from collections.abc import Callable
from typing import Protocol

from annotations.models import AskMarks, Assignment


class MarkingPanel(Protocol):
    """What the rating page shows of marks: names of the templates that show it."""

    @property
    def head(self) -> str: ...

    @property
    def panel(self) -> str: ...

    @property
    def keys(self) -> str: ...


Make = Callable[[Assignment], MarkingPanel]
_makers: list[Make] = []


def register_panel(make: Make) -> None:
    """Let an app above this one show annotators a panel for marks on a pair."""
    _makers[:] = [make]


def panel_of(assignment: Assignment) -> MarkingPanel | None:
    """Return the panel for this pair; None, without a query, where the study does not ask for marks."""
    if assignment.annotator.study.ask_marks == AskMarks.OFF or not _makers:
        return None
    return _makers[0](assignment)
