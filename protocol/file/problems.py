"""What is wrong with a protocol, by line."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import NamedTuple

SHOWN = 20


class Problem(NamedTuple):
    """One thing that is wrong.

    Attributes:
        line: From 1.
        where: The key, such as study.quota; "" for the file.
        message: What was expected, in a sentence.
    """

    line: int
    where: str
    message: str

    def __str__(self) -> str:
        return f"Line {self.line}{f', {self.where}' if self.where else ''}: {self.message}"


class ProtocolError(ValueError):
    """The file is no protocol that can be used; each problem names its line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: Sequence[Problem] = sorted(problems)
        more = len(self.problems) - SHOWN
        lines = [str(problem) for problem in self.problems[:SHOWN]]
        super().__init__("\n".join([*lines, *([f"... and {more:,} more"] if more > 0 else [])]))


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a sentence that proposes the nearest known name, or lists what is known."""
    names = sorted(known)
    if close := get_close_matches(str(name), names, n=1):
        return f"Did you mean {close[0]!r}?"
    return f"Known: {', '.join(names)}." if names else "There are none."
