"""Compare the chances that a judge gives with how often people say the same."""

from dataclasses import dataclass, replace

import numpy as np

from stats.judges.arrays import ItemAnswers, Items, PeopleVotes
from stats.judges.clustered import NOTHING, Figure, mean
from stats.uncertainty.calibrated import LEVEL
from stats.votes.arrays import A_SHARE, FloatArray, IntArray

# Of the side that a judge prefers, so from one half to 1: the usual ten of a tenth from 0 to 1.
BINS = 5
FOLDS = 10
ONE_DOCUMENT = "too few to say: votes on two documents at least are needed"


@dataclass(frozen=True)
class Bin:
    """Hold one bin of a reliability diagram.

    Attributes:
        lower, upper: Bounds of the chance.
        chance: Mean chance of the side that the judge prefers.
        right: Share of people's votes for that side, a tie as half.
        n: Votes.
    """

    lower: float
    upper: float
    chance: float
    right: Figure
    n: int


@dataclass(frozen=True)
class Calibration:
    """Hold how far a judge's chances can be taken at their word.

    Attributes:
        bins: Those with votes, by rising chance.
        error: Expected calibration error, with an interval; not below 0.
        plain: The same as most compute it, which is above 0 for a perfect judge too.
    """

    bins: tuple[Bin, ...]
    error: Figure
    plain: float | None


def calibration(
    items: Items, votes: PeopleVotes, judge: ItemAnswers, *, seed: int, bins: int = BINS, level: float = LEVEL
) -> Calibration:
    """Draw the reliability diagram and give the expected calibration error.

    The error is the mean over votes of the distance, by bin, of mean chance from the share of votes. Computed so it is
    too large, as chance moves every bin; with the side of each bin decided by the documents of other folds it is too
    small. The value is halfway between the two, its interval as wide as the wider one's.

    Args:
        items: What was compared.
        votes: People's votes.
        judge: Its answers; the chance is that of the side above one half, and is 0.5 where it is undecided.
        seed: Of the deal of documents into folds.
        bins: Bins of equal width from 0.5 to 1.
        level: Of the intervals, between 0 and 1.
    Source:
        Guo et al. (2017), On calibration of modern neural networks, ICML, arXiv 1706.04599. That the plain error is too
        large: Kumar, Liang and Ma (2019), Verified uncertainty calibration, NeurIPS, arXiv 1909.10155.
    """
    asked = votes.take(judge.given[votes.item])
    if not len(asked):
        return Calibration((), Figure.undefined(NOTHING), None)
    document, share = items.document[asked.item], judge.share[asked.item]
    chance = np.maximum(share, 1 - share)
    people = A_SHARE[asked.outcome]
    right = np.where(share >= 0.5, people, 1 - people)
    place = np.minimum(((chance - 0.5) * 2 * bins).astype(np.int64), bins - 1)
    gap = chance - right
    drawn = tuple(
        _bin(b, bins, chance[place == b], right[place == b], document[place == b], asked.annotator[place == b], level)
        for b in np.unique(place).tolist()
    )
    if len(np.unique(document)) < 2:
        plain = float(np.abs(np.bincount(place, gap)).sum() / len(gap))
        return Calibration(drawn, Figure.undefined(ONE_DOCUMENT, len(gap)), plain)
    of_all, of_others = (
        mean(sign * gap, document, asked.annotator, level=level, share=False)
        for sign in (np.sign(np.bincount(place, gap))[place], _signs(place, gap, document, seed))
    )
    return Calibration(drawn, _halfway(of_all, of_others), of_all.value)


def _bin(
    number: int,
    bins: int,
    chance: FloatArray,
    right: FloatArray,
    document: IntArray,
    annotator: IntArray,
    level: float,
) -> Bin:
    """Draw one bin from the votes in it."""
    lower, upper = (0.5 + end / (2 * bins) for end in (number, number + 1))
    return Bin(lower, upper, float(chance.mean()), mean(right, document, annotator, level=level), len(right))


def _signs(place: IntArray, gap: FloatArray, document: IntArray, seed: int) -> FloatArray:
    """Tell for each vote whether the other folds of documents put its bin above (1) or below (-1) what people say."""
    documents, row = np.unique(document, return_inverse=True)
    folds = min(FOLDS, len(documents))
    fold = np.random.default_rng(seed).permutation(np.arange(len(documents)) % folds)[row]
    bins = int(place.max()) + 1
    sums = np.bincount(fold * bins + place, gap, minlength=folds * bins).reshape(folds, bins)
    others = sums.sum(axis=0) - sums
    return np.sign(others)[fold, place]


def _halfway(first: Figure, second: Figure) -> Figure:
    """Give the mean of two errors with the wider one's interval, from 0 up."""
    if first.value is None or first.upper is None or second.value is None or second.upper is None:
        return first
    value = max(0.0, (first.value + second.value) / 2)
    reach = max(first.upper - first.value, second.upper - second.value)
    return replace(first, value=value, lower=max(0.0, value - reach), upper=value + reach)
