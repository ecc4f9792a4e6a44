"""Hold what readers marked, as arrays: one entry for each summary that somebody read for errors."""

from dataclasses import dataclass

import numpy as np

from stats.votes.arrays import BoolArray, FloatArray, IntArray, InvalidVotesError


@dataclass(frozen=True)
class Readings:
    """Hold who read which summary, and what they marked in it.

    Attributes:
        system, document, annotator: Index of each, shape (n,).
        words: Length of the summary, shape (n,); 0 of an empty one.
        errors: Marks of each kind, shape (n, k).
        major: Those of them that are major, shape (n, k).
    Raises:
        InvalidVotesError: Shapes differ, or somebody marked more major errors than errors.
    """

    system: IntArray
    document: IntArray
    annotator: IntArray
    words: FloatArray
    errors: FloatArray
    major: FloatArray

    def __post_init__(self) -> None:
        lengths = {len(c) for c in (self.system, self.document, self.annotator, self.words, self.errors)}
        if len(lengths) != 1 or self.errors.ndim != 2 or self.errors.shape != self.major.shape:
            raise InvalidVotesError("errors and major must have one shape (n, k), and all other columns n entries.")
        if (self.major > self.errors).any() or (self.major < 0).any():
            raise InvalidVotesError("Major errors are some of the errors; expected 0 <= major <= errors.")

    def __len__(self) -> int:
        return len(self.system)

    def take(self, chosen: BoolArray) -> "Readings":
        """Keep only the chosen readings."""
        units = (self.system[chosen], self.document[chosen], self.annotator[chosen])
        return Readings(*units, self.words[chosen], self.errors[chosen], self.major[chosen])

    def of_system(self, system: int) -> "Readings":
        """Keep the readings of one system's summaries."""
        return self.take(self.system == system)

    def of_kinds(self, kinds: IntArray) -> tuple[FloatArray, FloatArray]:
        """Add up the errors, and the major ones, of some kinds in each reading, shape (n,) each."""
        return np.asarray(self.errors[:, kinds].sum(axis=1)), np.asarray(self.major[:, kinds].sum(axis=1))
