"""Votes as arrays: what every statistic here starts from."""

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


class OutcomeCode(IntEnum):
    A = 0
    B = 1
    TIE = 2
    BOTH_BAD = 3


class InvalidVotesError(ValueError):
    """The arrays do not describe votes; the message says which and why."""


@dataclass(frozen=True)
class VoteArrays:
    """One entry a vote, all arrays of shape (n_votes,).

    Args:
        system_a, system_b: Index of each system, 0 to n_systems - 1, never equal in one vote.
        outcome: OutcomeCode.
        document, annotator: Index of the document and of the annotator; any numbers from 0.
        n_systems: Systems there are, with or without votes.
    Raises:
        InvalidVotesError: Lengths differ, an index is out of range, or a vote compares a system with itself.
    """

    system_a: IntArray
    system_b: IntArray
    outcome: IntArray
    document: IntArray
    annotator: IntArray
    n_systems: int

    def __post_init__(self) -> None:
        columns = {name: getattr(self, name) for name in ("system_a", "system_b", "outcome", "document", "annotator")}
        if wrong := {name: column.shape for name, column in columns.items() if column.shape != self.system_a.shape}:
            raise InvalidVotesError(f"Shapes differ from system_a's {self.system_a.shape}: {wrong}.")
        limits = {"system_a": self.n_systems, "system_b": self.n_systems, "outcome": len(OutcomeCode)}
        for name, column in columns.items():
            if column.size and (column.min() < 0 or column.max() >= limits.get(name, np.inf)):
                raise InvalidVotesError(f"{name} has values {column.min()} to {column.max()}, out of range.")
        if (self.system_a == self.system_b).any():
            raise InvalidVotesError("A vote compares a system with itself.")

    def __len__(self) -> int:
        return len(self.outcome)

    @cached_property
    def a_share(self) -> FloatArray:
        """What each vote gives to a: 1 for a win, a half for tie and for both bad, 0 for a loss; b gets the rest."""
        return np.array([1.0, 0.0, 0.5, 0.5])[self.outcome]

    def wins(self) -> FloatArray:
        """Shape (n_systems, n_systems): [i, j] is how often i beat j, with half of each tie and each both bad."""
        wins = np.zeros((self.n_systems, self.n_systems))
        np.add.at(wins, (self.system_a, self.system_b), self.a_share)
        np.add.at(wins, (self.system_b, self.system_a), 1 - self.a_share)
        return wins

    def count_by_system(self, chosen: BoolArray | None = None) -> IntArray:
        """Votes each system took part in; only the chosen ones if given."""
        a, b = (self.system_a, self.system_b) if chosen is None else (self.system_a[chosen], self.system_b[chosen])
        counts = np.bincount(a, minlength=self.n_systems) + np.bincount(b, minlength=self.n_systems)
        return counts.astype(np.int64)
