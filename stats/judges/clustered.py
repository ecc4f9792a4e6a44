"""Give means with intervals where answers on one document, and of one person, resemble each other."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from stats.uncertainty.calibrated import LEVEL
from stats.uncertainty.two_way import Spread, smoothed_variance, spread_of, wilson_bounds
from stats.votes.arrays import FloatArray, IntArray, InvalidVotesError
from stats.votes.least import too_few

NOTHING = "too few to say: no answers yet"
ONE_DOCUMENT = "too few to say: all answers are about one document"


@dataclass(frozen=True)
class Figure:
    """Hold a value with its interval; numbers are None where undefined.

    Attributes:
        value, lower, upper: The value and its bounds.
        n, documents, annotators: Answers it comes from, on how many documents, by how many people (0: no people).
        reason: Why there is no value or no interval, or that there is too little to say; "" where all is well.
    """

    value: float | None
    lower: float | None
    upper: float | None
    n: int = 0
    documents: int = 0
    annotators: int = 0
    reason: str = ""

    @classmethod
    def undefined(cls, reason: str, n: int = 0) -> Self:
        """Say why there is no value."""
        return cls(None, None, None, n, reason=reason)

    @property
    def told(self) -> bool:
        """Tell whether there is enough for it to be given in numbers."""
        return self.value is not None and not self.reason

    def above(self, value: float) -> bool:
        """Tell whether the whole interval lies above a value; false where there is too little to say."""
        return self.told and self.lower is not None and self.lower > value

    def below(self, value: float) -> bool:
        """Tell whether the whole interval lies below a value; false where there is too little to say."""
        return self.told and self.upper is not None and self.upper < value


def mean(
    values: FloatArray,
    document: IntArray,
    annotator: IntArray | None = None,
    *,
    weight: FloatArray | None = None,
    level: float = LEVEL,
    share: bool = True,
) -> Figure:
    """Average answers, with an interval about other documents and other people.

    Args:
        values: Shape (n,), from 0 to 1 if share.
        document, annotator: Index of each answer's document and person, shape (n,); None where no people answered.
        weight: How much each counts, above 0, shape (n,); all alike if None.
        level: Of the interval, between 0 and 1.
        share: Whether values lie in 0 to 1: the interval is then Wilson's on the effective sample, else value +- t.
    Raises:
        InvalidVotesError: Shapes differ.
    Source:
        As in two_way; Wilson's interval on an effective sample: Franco et al. (2019), Journal of Survey Statistics and
        Methodology 7, 334-364.
    """
    if values.shape != document.shape or (annotator is not None and annotator.shape != values.shape):
        raise InvalidVotesError("values, document and annotator must have one shape (n,).")
    if not len(values):
        return Figure.undefined(NOTHING)
    w = np.ones(len(values)) if weight is None else weight
    value = float(np.average(values, weights=w))
    influence = w * (values - value) / w.sum()
    model = smoothed_variance(value, w) if share else 0.0
    spread = spread_of(influence, w, document, annotator, model=model)
    return bounded(value, spread, counted(document, annotator), level=level, share=share)


@dataclass(frozen=True)
class Count:
    """Hold numbers of answers, documents and people, and what there is too little of ("" for nothing)."""

    n: int
    documents: int
    annotators: int
    reason: str


def counted(document: IntArray, annotator: IntArray | None) -> Count:
    """Count answers, documents and people; where no people answered, only the first two can be too few."""
    documents = len(np.unique(document))
    annotators = 0 if annotator is None else len(np.unique(annotator))
    enough = too_few(len(document), 3 if annotator is None else annotators, documents)
    return Count(len(document), documents, annotators, enough)


def bounded(value: float, spread: Spread, count: Count, *, level: float = LEVEL, share: bool = True) -> Figure:
    """Give a value with bounds, which stay within 0 to 1 for a share."""
    numbers = (count.n, count.documents, count.annotators)
    if count.documents < 2:
        return Figure(value, None, None, *numbers, reason=ONE_DOCUMENT)
    if not share:
        reach = spread.reach(level)
        return Figure(value, value - reach, value + reach, *numbers, reason=count.reason)
    lower, upper = wilson_bounds(value, spread, count.documents, level)
    return Figure(value, lower, upper, *numbers, reason=count.reason)
