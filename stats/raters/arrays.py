"""What every statistic about raters starts from: codes of answers, checked arrays, votes seen from one side."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


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


SWAPPED = np.array([OutcomeCode.B, OutcomeCode.A, OutcomeCode.TIE, OutcomeCode.BOTH_BAD], dtype=np.int64)


class InvalidRatingsError(ValueError):
    """The values do not describe ratings; the message says which and why."""


def check_columns(**columns: IntArray | FloatArray | BoolArray) -> None:
    """Refuse arrays that are not one-dimensional or differ in length, and whole numbers below 0."""
    length = len(next(iter(columns.values())))
    for name, column in columns.items():
        if column.shape != (length,):
            raise InvalidRatingsError(f"{name} has shape {column.shape}; expected ({length},) like the other arrays.")
        if column.dtype.kind == "i" and column.size and column.min() < 0:
            raise InvalidRatingsError(f"{name} has the value {column.min()}; expected codes and indexes from 0 up.")


def check_codes(name: str, values: IntArray, codes: type[IntEnum]) -> None:
    """Refuse values that are no code of the given kind."""
    if values.size and (values.min() < 0 or values.max() >= len(codes)):
        raise InvalidRatingsError(
            f"{name} has values {values.min()} to {values.max()}; expected 0 to {len(codes) - 1}."
        )


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
            raise InvalidRatingsError(
                "An annotator has two votes on one item; pass one criterion, and the last answer."
            )


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
        InvalidRatingsError: Shapes differ, an outcome is unknown, or a system meets itself.
    """
    check_columns(system_a=system_a, system_b=system_b, outcome=outcome)
    check_codes("outcome", outcome, OutcomeCode)
    if (system_a == system_b).any():
        raise InvalidRatingsError("A vote compares a system with itself.")
    both = np.sort(np.column_stack([system_a, system_b]), axis=1)
    pairs, pair = np.unique(both, axis=0, return_inverse=True)
    return pair.reshape(-1), np.where(system_a < system_b, outcome, SWAPPED[outcome]), pairs
