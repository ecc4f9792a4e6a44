"""What is wrong with the lines of a file: the first problems with their places, and how many there are."""

from bisect import insort
from collections.abc import Callable, Sequence

from models_runner.importing.records import SHOWN_ERRORS, DatasetImportError


class Problems:
    """Keeps as many problems as a message shows, in the order of the file, and counts the others.

    A row is its number in the file, from 0.
    """

    def __init__(self) -> None:
        self._first: list[tuple[int, str]] = []
        self.number = 0

    def add(self, row: int, message: Callable[[], str]) -> None:
        """Count a problem; its message is written only if it is among those to show."""
        self.number += 1
        if len(self._first) == SHOWN_ERRORS and row >= self._first[-1][0]:
            return
        insort(self._first, (row, message()), key=lambda problem: problem[0])
        del self._first[SHOWN_ERRORS:]

    def add_all(self, rows: Sequence[int], messages: Callable[[Sequence[int]], Sequence[str]]) -> None:
        """Count a problem of each row; the first of them are handed to messages, which writes them at once."""
        first = sorted(rows)[:SHOWN_ERRORS]
        for row, message in zip(first, messages(first) if first else (), strict=True):
            self.add(row, lambda message=message: message)  # type: ignore[misc]
        self.number += len(rows) - len(first)

    def raise_if_any(self) -> None:
        """Raise DatasetImportError if there is a problem."""
        if self.number:
            raise DatasetImportError([message for _, message in self._first], self.number)
