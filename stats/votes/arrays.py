"""Votes as arrays: what every statistic here starts from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
# What is worked out vote by vote is worked out for so many at once: a number of each vote in double precision is 8 MB
# of a million, and a formula has several.
VOTES_AT_ONCE = 65_536


class OutcomeCode(IntEnum):
    """An answer about the canonical summaries a and b, whichever was on the left."""

    A = 0
    B = 1
    TIE = 2
    BOTH_BAD = 3


class ShownCode(IntEnum):
    """The same answer as the annotator gave it: which button, not which summary."""

    LEFT = 0
    RIGHT = 1
    TIE = 2
    BOTH_BAD = 3


A_SHARE = np.array([1.0, 0.0, 0.5, 0.5])
SWAPPED = np.array([OutcomeCode.B, OutcomeCode.A, OutcomeCode.TIE, OutcomeCode.BOTH_BAD], dtype=np.int64)


class InvalidVotesError(ValueError):
    """A statistic cannot use these arrays or settings; the message says which and why."""


@dataclass(frozen=True)
class VoteArrays:
    """One entry a vote, all arrays of shape (n_votes,); whole numbers of any width.

    Args:
        system_a, system_b: Index of each system, 0 to n_systems - 1, never equal in one vote.
        outcome: OutcomeCode.
        document, annotator: Index of the document and of the annotator; any numbers from 0.
        n_systems: Systems there are, with or without votes.
        weight: How much each vote counts in wins and ratings, finite and above 0, such as 1 / P(its pair was shown);
            all 1 if left out. Counts of votes never use it.
    Raises:
        InvalidVotesError: Lengths differ, an index is out of range, or a vote compares a system with itself.
    """

    system_a: IntArray
    system_b: IntArray
    outcome: IntArray
    document: IntArray
    annotator: IntArray
    n_systems: int
    weight: FloatArray | None = None

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
        if self.weight is not None:
            self._check_weight(self.weight)

    def _check_weight(self, weight: FloatArray) -> None:
        if weight.shape != self.system_a.shape:
            raise InvalidVotesError(f"weight has shape {weight.shape}, the votes {self.system_a.shape}.")
        if not np.isfinite(weight).all() or (weight <= 0).any():
            raise InvalidVotesError("Weights must be finite and above 0.")

    def __len__(self) -> int:
        return len(self.outcome)

    @cached_property
    def worked_out(self) -> dict[Any, Any]:
        """What was worked out of these very votes, kept for whoever asks again: ratings and gaps need the same."""
        return {}

    @cached_property
    def a_share(self) -> FloatArray:
        """What each vote gives to a: 1 for a win, a half for tie and for both bad, 0 for a loss; b gets the rest."""
        return A_SHARE[self.outcome]

    @property
    def weights(self) -> FloatArray:
        return np.ones(len(self)) if self.weight is None else self.weight

    @cached_property
    def tied(self) -> BoolArray:
        """Tie or both bad."""
        return self.outcome >= OutcomeCode.TIE

    def wins(self) -> FloatArray:
        """Shape (n_systems, n_systems): [i, j] is how often i beat j, with half of each tie and each both bad."""
        return self._matrix((1, 0, 0.5, 0.5)) + self._matrix((0, 1, 0.5, 0.5)).T

    def decided_wins(self) -> FloatArray:
        """Wins without ties and both bad."""
        return self._matrix((1, 0, 0, 0)) + self._matrix((0, 1, 0, 0)).T

    def ties(self) -> FloatArray:
        """Symmetric, shape (n_systems, n_systems): how often i and j tied or were both bad."""
        ties = self._matrix((0, 0, 1, 1))
        return ties + ties.T

    def _matrix(self, worth: Sequence[float]) -> FloatArray:
        """[i, j]: sum over the votes with a = i and b = j of their weights times what their outcomes are worth."""
        n = self.n_systems
        by_outcome, total = np.array(worth, dtype=np.float64), np.zeros(n * n)
        for part in stretches(len(self)):
            values = by_outcome[self.outcome[part]]
            if self.weight is not None:
                values *= self.weight[part]
            total += np.bincount(self.pair(part), values, minlength=n * n)
        return total.reshape(n, n)

    def pair(self, part: slice) -> IntArray:
        """a * n_systems + b of some votes."""
        return self.system_a[part].astype(np.int64) * self.n_systems + self.system_b[part]

    def take(self, chosen: BoolArray | IntArray) -> "VoteArrays":
        """Only these votes, of the same systems."""
        columns = ("system_a", "system_b", "outcome", "document", "annotator")
        weight = None if self.weight is None else self.weight[chosen]
        return replace(self, weight=weight, **{name: getattr(self, name)[chosen] for name in columns})

    def count_by_system(self, chosen: BoolArray | None = None) -> IntArray:
        """Votes each system took part in; only the chosen ones if given."""
        a, b = (self.system_a, self.system_b) if chosen is None else (self.system_a[chosen], self.system_b[chosen])
        counts = np.bincount(a, minlength=self.n_systems) + np.bincount(b, minlength=self.n_systems)
        return counts.astype(np.int64)


def renumbered(index: IntArray) -> IntArray:
    """The same units with numbers from 0 without gaps, order kept."""
    if not index.size or index.max() > 4 * index.size:
        return np.unique(index, return_inverse=True)[1]
    # A table by number; sorting a million votes takes twenty times as long.
    there = np.zeros(int(index.max()) + 1, dtype=bool)
    there[index] = True
    return index if there.all() else (np.cumsum(there, dtype=index.dtype) - 1)[index]


def stretches(n: int, size: int = VOTES_AT_ONCE) -> Iterator[slice]:
    """All of n places in their order, so many at once."""
    return (slice(begin, min(begin + size, n)) for begin in range(0, n, size))


def check_columns(**columns: IntArray | FloatArray | BoolArray) -> None:
    """Refuse arrays that are not one-dimensional or differ in length, and whole numbers below 0."""
    length = len(next(iter(columns.values())))
    for name, column in columns.items():
        if column.shape != (length,):
            raise InvalidVotesError(f"{name} has shape {column.shape}; expected ({length},) like the other arrays.")
        if column.dtype.kind == "i" and column.size and column.min() < 0:
            raise InvalidVotesError(f"{name} has the value {column.min()}; expected codes and indexes from 0 up.")


def check_codes(name: str, values: IntArray, codes: type[IntEnum]) -> None:
    """Refuse values that are no code of the given kind."""
    if values.size and (values.min() < 0 or values.max() >= len(codes)):
        raise InvalidVotesError(f"{name} has values {values.min()} to {values.max()}; expected 0 to {len(codes) - 1}.")


def check_once(item: IntArray, annotator: IntArray) -> None:
    """Refuse two votes of one annotator on one item: a person cannot agree with themselves."""
    if len(item):
        people = int(annotator.max()) + 1
        if (int(item.max()) + 1) * people > np.iinfo(np.int64).max:
            item = np.unique(item, return_inverse=True)[1]
        both = item.astype(np.int64) * people
        both += annotator
        both.sort()
        if (both[1:] == both[:-1]).any():
            raise InvalidVotesError("An annotator has two votes on one item; pass one criterion, and the last answer.")


def shown_choice(outcome: IntArray, a_is_left: BoolArray) -> IntArray:
    """ShownCode of each vote.

    Args:
        outcome: OutcomeCode, shape (n,).
        a_is_left: Whether summary a was shown on the left, shape (n,).
    """
    check_columns(outcome=outcome, a_is_left=a_is_left)
    check_codes("outcome", outcome, OutcomeCode)
    return np.where(a_is_left, outcome, SWAPPED[outcome])


def system_pairs(system_a: IntArray, system_b: IntArray, outcome: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Votes by unordered pair of systems, seen from the system with the lower index.

    Which system is a and which is b differs between comparisons, so outcomes of one pair of systems can be put
    together only after this.

    Returns:
        pair: Index of each vote's pair into `pairs`, shape (n,).
        outcome: OutcomeCode with A for the lower index, shape (n,).
        pairs: The pairs there are, lower index first, in rising order, shape (n_pairs, 2).
    Raises:
        InvalidVotesError: Shapes differ, an outcome is unknown, or a system meets itself.
    """
    check_columns(system_a=system_a, system_b=system_b, outcome=outcome)
    check_codes("outcome", outcome, OutcomeCode)
    if (system_a == system_b).any():
        raise InvalidVotesError("A vote compares a system with itself.")
    both = np.sort(np.column_stack([system_a, system_b]), axis=1)
    pairs, pair = np.unique(both, axis=0, return_inverse=True)
    return pair.reshape(-1), np.where(system_a < system_b, outcome, SWAPPED[outcome]), pairs
