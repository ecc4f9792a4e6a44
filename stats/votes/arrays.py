"""Hold votes as checked arrays, with the codes of answers; every statistic here starts from them."""

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
# Formulas over single votes take this many votes at a time: one double-precision number for each of a million votes is
# 8 MB, and a formula needs several.
VOTES_AT_ONCE = 65_536


class OutcomeCode(IntEnum):
    """Code an answer by the canonical summaries a and b, whichever of them was on the left."""

    A = 0
    B = 1
    TIE = 2
    BOTH_BAD = 3


class ShownCode(IntEnum):
    """Code the same answer by the side that the annotator chose, not by the summary."""

    LEFT = 0
    RIGHT = 1
    TIE = 2
    BOTH_BAD = 3


# Which summary of a pair is a, and which is b, means nothing.
ARBITRARY_LABELS = (OutcomeCode.A, OutcomeCode.B)
A_SHARE = np.array([1.0, 0.0, 0.5, 0.5])
SWAPPED = np.array([OutcomeCode.B, OutcomeCode.A, OutcomeCode.TIE, OutcomeCode.BOTH_BAD], dtype=np.int64)


class InvalidVotesError(ValueError):
    """Arrays or settings that a statistic cannot use; the message says which and why."""


@dataclass(frozen=True)
class VoteArrays:
    """Hold one entry for each vote, in arrays of shape (n_votes,) with integers of any width.

    Attributes:
        system_a, system_b: Index of each system, 0 to n_systems - 1; the two of one vote differ.
        outcome: OutcomeCode of each vote.
        document, annotator: Index of the document and of the annotator, any integers from 0.
        n_systems: Number of systems, with or without votes.
        weight: How much each vote counts in wins and ratings, finite and above 0, such as 1 / P(its pair was shown);
            all 1 if None. Numbers of votes never use it.
        strength: How much better: 0 where nobody said, 1 slightly, 2 much; None where it does not count.
    Raises:
        InvalidVotesError: Lengths differ, an index is out of range, a weight is not finite and above 0, a strength
            is none, or a vote compares a system with itself.
    """

    system_a: IntArray
    system_b: IntArray
    outcome: IntArray
    document: IntArray
    annotator: IntArray
    n_systems: int
    weight: FloatArray | None = None
    strength: IntArray | None = None

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
        if self.strength is not None:
            self._check_strength(self.strength)

    def _check_weight(self, weight: FloatArray) -> None:
        if weight.shape != self.system_a.shape:
            raise InvalidVotesError(f"weight has shape {weight.shape}, the votes {self.system_a.shape}.")
        if not np.isfinite(weight).all() or (weight <= 0).any():
            raise InvalidVotesError("Weights must be finite and above 0.")

    def _check_strength(self, strength: IntArray) -> None:
        if strength.shape != self.system_a.shape or not np.isin(strength, (0, 1, 2)).all():
            raise InvalidVotesError("strength must be 0, 1 or 2 for each vote.")
        if strength[self.tied].any():
            raise InvalidVotesError("A tie has no strength.")

    def __len__(self) -> int:
        return len(self.outcome)

    @cached_property
    def worked_out(self) -> dict[Any, Any]:
        """Cache results computed from exactly these votes: ratings and gaps between them need the same ones."""
        return {}

    @cached_property
    def a_share(self) -> FloatArray:
        """Give the share of each vote that goes to a: 1 for a win, 1/2 for a tie or both bad, 0 for a loss."""
        return A_SHARE[self.outcome]

    @property
    def weights(self) -> FloatArray:
        """Give the weight of each vote, 1 where none is set."""
        return np.ones(len(self)) if self.weight is None else self.weight

    @cached_property
    def tied(self) -> BoolArray:
        """Mark the votes that are a tie or both bad."""
        return self.outcome >= OutcomeCode.TIE

    def wins(self) -> FloatArray:
        """Count how often i beat j at [i, j], shape (n_systems, n_systems); ties and both bad are half wins.

        The array is counted once and cannot be changed.
        """
        return self._wins

    @cached_property
    def _wins(self) -> FloatArray:
        wins = self._matrix((1, 0, 0.5, 0.5)) + self._matrix((0, 1, 0.5, 0.5)).T
        wins.flags.writeable = False
        return wins

    def decided_wins(self) -> FloatArray:
        """Count how often i beat j at [i, j], without ties and both bad."""
        return self._matrix((1, 0, 0, 0)) + self._matrix((0, 1, 0, 0)).T

    def ties(self) -> FloatArray:
        """Count how often i and j tied or were both bad; symmetric, shape (n_systems, n_systems)."""
        ties = self._matrix((0, 0, 1, 1))
        return ties + ties.T

    def _matrix(self, worth: Sequence[float]) -> FloatArray:
        """Sum weight times worth over the votes with a = i and b = j, at [i, j]; worth is by OutcomeCode."""
        n = self.n_systems
        by_outcome, total = np.array(worth, dtype=np.float64), np.zeros(n * n)
        for part in stretches(len(self)):
            values = by_outcome[self.outcome[part]]
            if self.weight is not None:
                values *= self.weight[part]
            total += np.bincount(self.pair(part), values, minlength=n * n)
        return total.reshape(n, n)

    def pair(self, part: slice) -> IntArray:
        """Number the ordered pair of systems of some votes: a * n_systems + b."""
        return self.system_a[part].astype(np.int64) * self.n_systems + self.system_b[part]

    def take(self, chosen: BoolArray | IntArray) -> "VoteArrays":
        """Keep only the chosen votes; the systems stay the same."""
        columns = ("system_a", "system_b", "outcome", "document", "annotator")
        weight = None if self.weight is None else self.weight[chosen]
        strength = None if self.strength is None else self.strength[chosen]
        taken = {name: getattr(self, name)[chosen] for name in columns}
        return replace(self, weight=weight, strength=strength, **taken)

    def count_by_system(self, chosen: BoolArray | None = None) -> IntArray:
        """Count the votes that each system took part in, among all votes or the chosen ones; shape (n_systems,)."""
        return self._counts if chosen is None else self._count(chosen)

    @cached_property
    def _counts(self) -> IntArray:
        counts = self._count(None)
        counts.flags.writeable = False
        return counts

    def _count(self, chosen: BoolArray | None) -> IntArray:
        a, b = (self.system_a, self.system_b) if chosen is None else (self.system_a[chosen], self.system_b[chosen])
        counts = np.bincount(a, minlength=self.n_systems) + np.bincount(b, minlength=self.n_systems)
        return counts.astype(np.int64)


def renumbered(index: IntArray) -> IntArray:
    """Number the same units from 0 without gaps, in the same order."""
    if not index.size or index.max() > 4 * index.size:
        return np.unique(index, return_inverse=True)[1]
    # A lookup table: sorting a million votes takes twenty times as long, and five times as much memory.
    present = np.zeros(int(index.max()) + 1, dtype=bool)
    present[index] = True
    return index if present.all() else (np.cumsum(present, dtype=index.dtype) - 1)[index]


def stretches(n: int, size: int = VOTES_AT_ONCE) -> Iterator[slice]:
    """Cut n positions into consecutive slices of at most this size."""
    return (slice(begin, min(begin + size, n)) for begin in range(0, n, size))


def check_columns(**columns: IntArray | FloatArray | BoolArray) -> None:
    """Refuse arrays that are not one-dimensional or differ in length, and integers below 0."""
    length = len(next(iter(columns.values())))
    for name, column in columns.items():
        if column.shape != (length,):
            raise InvalidVotesError(f"{name} has shape {column.shape}; expected ({length},) like the other arrays.")
        if column.dtype.kind == "i" and column.size and column.min() < 0:
            raise InvalidVotesError(f"{name} has the value {column.min()}; expected codes and indexes from 0 up.")


def check_codes(name: str, values: IntArray, codes: type[IntEnum]) -> None:
    """Refuse values that are not among the given codes."""
    if values.size and (values.min() < 0 or values.max() >= len(codes)):
        raise InvalidVotesError(f"{name} has values {values.min()} to {values.max()}; expected 0 to {len(codes) - 1}.")


def check_once(item: IntArray, annotator: IntArray) -> None:
    """Refuse two votes of one annotator on one item: nobody can agree with themselves."""
    if len(item):
        n_annotators = int(annotator.max()) + 1
        if (int(item.max()) + 1) * n_annotators > np.iinfo(np.int64).max:
            item = np.unique(item, return_inverse=True)[1]
        keys = item.astype(np.int64) * n_annotators
        keys += annotator
        keys.sort()
        if (keys[1:] == keys[:-1]).any():
            raise InvalidVotesError("An annotator has two votes on one item; pass one criterion, and the last answer.")


def shown_choice(outcome: IntArray, a_is_left: BoolArray) -> IntArray:
    """Translate answers about a and b into answers about left and right.

    Args:
        outcome: OutcomeCode, shape (n,).
        a_is_left: Whether summary a was shown on the left, shape (n,).
    Returns:
        ShownCode of each vote, shape (n,).
    Raises:
        InvalidVotesError: Shapes differ, or an outcome is unknown.
    """
    check_columns(outcome=outcome, a_is_left=a_is_left)
    check_codes("outcome", outcome, OutcomeCode)
    return np.where(a_is_left, outcome, SWAPPED[outcome])


def system_pairs(system_a: IntArray, system_b: IntArray, outcome: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Group votes by unordered pair of systems, with outcomes seen from the system with the lower index.

    Comparisons differ in which system is a and which is b, so outcomes of one pair of systems can be pooled only
    after this.

    Args:
        system_a, system_b: Index of each system, shape (n,).
        outcome: OutcomeCode, shape (n,).
    Returns:
        pair: Index of each vote's pair into `pairs`, shape (n,).
        outcome: OutcomeCode with A for the lower index, shape (n,).
        pairs: Each pair that has votes, lower index first, in rising order, shape (n_pairs, 2).
    Raises:
        InvalidVotesError: Shapes differ, an outcome is unknown, or a vote compares a system with itself.
    """
    check_columns(system_a=system_a, system_b=system_b, outcome=outcome)
    check_codes("outcome", outcome, OutcomeCode)
    if (system_a == system_b).any():
        raise InvalidVotesError("A vote compares a system with itself.")
    both = np.sort(np.column_stack([system_a, system_b]), axis=1)
    pairs, pair = np.unique(both, axis=0, return_inverse=True)
    return pair.reshape(-1), np.where(system_a < system_b, outcome, SWAPPED[outcome]), pairs
