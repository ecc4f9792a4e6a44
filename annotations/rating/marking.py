"""Where the app of marks, which stands above this one, takes part in rating."""

from collections.abc import Sequence
from typing import Protocol

from annotations.models import AskMarks, Assignment, Study


class MarkingPanel(Protocol):
    """What the rating page shows of marks: names of the templates that show it."""

    @property
    def head(self) -> str: ...

    @property
    def panel(self) -> str: ...

    @property
    def keys(self) -> str: ...


class MarkFeedback(Protocol):
    """A mark that a careful reader makes on a training pair, in the words of the page."""

    @property
    def side(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def found(self) -> bool: ...


class Marking(Protocol):
    """What the app of marks does in a study that asks for them."""

    def panel(self, assignment: Assignment, /) -> MarkingPanel: ...

    def lacks_marks(self, assignment: Assignment, /) -> bool: ...

    def feedback(self, assignment: Assignment, /) -> Sequence[MarkFeedback]: ...

    def gold_results(self, study: Study, /) -> Sequence[object]: ...


_registered: list[Marking] = []


def register_marking(marking: Marking) -> None:
    """Let an app above this one show annotators a panel for marks on a pair, and say whether some are missing."""
    _registered[:] = [marking]


def panel_of(assignment: Assignment) -> MarkingPanel | None:
    """Return the panel for this pair; None, without a query, where the study does not ask for marks."""
    if assignment.annotator.study.ask_marks == AskMarks.OFF or not _registered:
        return None
    return _registered[0].panel(assignment)


def lacks_marks(assignment: Assignment) -> bool:
    """Return True if a summary of the pair loses without a mark; never, without a query, where none is required."""
    required = assignment.annotator.study.ask_marks == AskMarks.REQUIRED
    return required and bool(_registered) and _registered[0].lacks_marks(assignment)


def marks_feedback(assignment: Assignment) -> Sequence[MarkFeedback]:
    """Return what a careful reader marks on a rated training pair; none where the study does not ask for marks."""
    if assignment.annotator.study.ask_marks == AskMarks.OFF or not _registered:
        return ()
    return _registered[0].feedback(assignment)


def gold_marks_of(study: Study) -> Sequence[object]:
    """Return how far annotators mark what is expected on gold items, for the page Quality."""
    return _registered[0].gold_results(study) if study.ask_marks != AskMarks.OFF and _registered else ()
