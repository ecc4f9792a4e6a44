"""Say how well the values that a metric gives to parts of summaries, such as sentences, find those that people mark."""

from dataclasses import dataclass

import numpy as np

from stats.judges.clustered import Figure
from stats.marks.rates import too_few_readings
from stats.uncertainty.calibrated import LEVEL
from stats.uncertainty.two_way import Spread, UnitSums, cells, smoothed_variance, two_way, wilson_bounds
from stats.votes.arrays import BoolArray, FloatArray, IntArray, InvalidVotesError, renumbered

LEAST_MARKED = 10
NOTHING_READ = "too few to say: nobody read a part that has a value"
NOTHING_MARKED = "undefined: none of these parts is marked"
ALL_MARKED = "undefined: all of these parts are marked"
ONE_DOCUMENT = "too few to say: all of these parts are of one document"
# Of the ranks around the marked share, how many say what share of the parts there is marked, at least.
LEAST_NEAR = 10


@dataclass(frozen=True)
class Suspicions:
    """Hold how suspicious a metric finds parts of summaries; one entry for each part and reader, shape (n,).

    Attributes:
        suspicion: The higher, the worse the metric finds the part.
        marked: Whether this reader marked words in it.
        document, annotator: Index of each.
    Raises:
        InvalidVotesError: Shapes differ, or a suspicion is no number.
    """

    suspicion: FloatArray
    marked: BoolArray
    document: IntArray
    annotator: IntArray

    def __post_init__(self) -> None:
        columns = (self.suspicion, self.marked, self.document, self.annotator)
        if len({column.shape for column in columns}) != 1 or self.suspicion.ndim != 1:
            raise InvalidVotesError("suspicion, marked, document and annotator must have one shape (n,).")
        if not np.isfinite(self.suspicion).all():
            raise InvalidVotesError("Every part has a suspicion; leave out those without a value.")

    def __len__(self) -> int:
        return len(self.suspicion)

    def take(self, chosen: BoolArray) -> "Suspicions":
        """Keep only the chosen parts."""
        units = (self.document[chosen], self.annotator[chosen])
        return Suspicions(self.suspicion[chosen], self.marked[chosen], *units)


@dataclass(frozen=True)
class Seen:
    """Hold how well marked parts are found.

    Attributes:
        auc: Chance that a marked part is more suspicious than one that is not, ties as halves; 1/2 by chance.
        precision: Of as many of the most suspicious parts as are marked, the share that is.
        share: The share of parts that is marked: the precision of parts picked by chance. None without parts.
        marked: Number of parts that are marked.
    """

    auc: Figure
    precision: Figure
    share: float | None
    marked: int


def seen(parts: Suspicions, *, level: float = LEVEL) -> Seen:
    """Compare a metric's values of parts with what readers marked, with intervals for other documents and readers.

    Args:
        level: Of the intervals, between 0 and 1.
    Source:
        AUC: Hanley and McNeil (1982), Radiology 143, 29-36. Its variance from the mean of each case against all of the
        other kind: DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44, 837-845, summed over clusters as in
        Obuchowski (1997), Biometrics 53, 567-578. Precision at as many as there are: R-precision, Manning, Raghavan
        and Schütze (2008), Introduction to Information Retrieval, section 8.4. Documents and readers as clusters as in
        clustered.two_way, Wilson's bounds on the effective sample. How well they hold: benchmarks/marks/seeing.py.
    """
    marked = int(parts.marked.sum())
    share = marked / len(parts) if len(parts) else None
    problem = _why_not(parts, marked)
    if problem:
        undefined = Figure.undefined(problem, len(parts))
        return Seen(undefined, undefined, share, marked)
    few = _too_few(parts, marked)
    auc, precision = _auc(parts), _precision(parts)
    # One answer that independent parts would add: for the AUC of as many as the rarer kind has.
    rarer = np.ones(min(marked, len(parts) - marked))
    return Seen(
        _figure(parts, *auc, smoothed_variance(auc[0], rarer), few, level),
        _figure(parts, *precision, smoothed_variance(precision[0], np.ones(marked)), few, level),
        share,
        marked,
    )


def _why_not(parts: Suspicions, marked: int) -> str:
    if not len(parts):
        return NOTHING_READ
    if not marked:
        return NOTHING_MARKED
    return ALL_MARKED if marked == len(parts) else ""


def _too_few(parts: Suspicions, marked: int) -> str:
    if marked < LEAST_MARKED:
        return f"too few to say: {marked} marked of at least {LEAST_MARKED}"
    return too_few_readings(len(parts), len(np.unique(parts.document)), len(np.unique(parts.annotator)))


def _figure(parts: Suspicions, value: float, influence: FloatArray, model: float, few: str, level: float) -> Figure:
    documents = len(np.unique(parts.document))
    numbers = (len(parts), documents, len(np.unique(parts.annotator)))
    if documents < 2:
        return Figure(value, None, None, *numbers, reason=ONE_DOCUMENT)
    bounds = wilson_bounds(value, _spread(parts, influence, model), documents, level)
    return Figure(value, *bounds, *numbers, reason=few)


def _spread(parts: Suspicions, influence: FloatArray, model: float) -> Spread:
    """Give the variance, each document and each reader an equal one of its kind.

    What a document holds here goes with its marks rather than with its parts, so that no share of the parts fits.
    """
    kinds = [_equal(influence, unit) for unit in (parts.document, parts.annotator)]
    return two_way(influence, cells(parts.document, parts.annotator), kinds, model=model)


def _equal(influence: FloatArray, unit: IntArray) -> UnitSums:
    sums = np.bincount(renumbered(unit), influence).astype(np.float64)
    return UnitSums(sums, np.full(len(sums), 1 / len(sums)), len(sums) - 1.0, 1.0)


def _auc(parts: Suspicions) -> tuple[float, FloatArray]:
    """Give the AUC, and how far each part moves it, with sum 0."""
    marked, others = np.sort(parts.suspicion[parts.marked]), np.sort(parts.suspicion[~parts.marked])
    below = _share_below(others, parts.suspicion)  # of the others, for the marked
    above = 1 - _share_below(marked, parts.suspicion)  # of the marked, for the others
    value = float(below[parts.marked].mean())
    influence = np.where(parts.marked, (below - value) / len(marked), (above - value) / len(others))
    return value, np.asarray(influence)


def _share_below(ordered: FloatArray, values: FloatArray) -> FloatArray:
    """Give the share of ordered numbers that lie below each value, equal ones as halves."""
    lower, upper = (np.searchsorted(ordered, values, side=side) for side in ("left", "right"))
    return np.asarray((lower + upper) / (2 * len(ordered)))


def _precision(parts: Suspicions) -> tuple[float, FloatArray]:
    """Give the precision at the marked share, and how far each part moves it, with sum 0.

    Ties at the threshold share the places that are left. Which parts are picked depends on the others: a further part
    above the threshold pushes one at it out, which is marked with the chance that parts near it have.
    """
    y, wanted = parts.marked.astype(np.float64), int(parts.marked.sum())
    threshold = np.partition(parts.suspicion, -wanted)[-wanted]
    above, tied = parts.suspicion > threshold, parts.suspicion == threshold
    picked = above + tied * (wanted - above.sum()) / tied.sum()
    value = float((picked * y).sum() / wanted)
    near = _near(parts.suspicion, threshold, wanted)
    influence = picked * y - value * y - y[near].mean() * (picked - y)
    return value, np.asarray(influence / wanted)


def _near(suspicion: FloatArray, threshold: float, wanted: int) -> BoolArray:
    """Choose the parts at the threshold, or around it where few are."""
    tied = suspicion == threshold
    half = max(LEAST_NEAR, round(np.sqrt(len(suspicion)))) // 2
    if tied.sum() >= 2 * half:
        return np.asarray(tied)
    ordered = np.sort(suspicion)[::-1]
    highest, lowest = ordered[max(0, wanted - 1 - half)], ordered[min(len(ordered) - 1, wanted - 1 + half)]
    return np.asarray((suspicion >= lowest) & (suspicion <= highest))
