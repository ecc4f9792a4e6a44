"""Correct win rates that a judge gives by its errors on pairs that people voted on, and tell how sure they then are."""

from dataclasses import dataclass

import numpy as np

from stats.judges.arrays import ItemAnswers, Items, PeopleVotes
from stats.judges.clustered import Count, Figure, bounded, counted, mean
from stats.uncertainty.calibrated import LARGEST_FREEDOM, LEVEL
from stats.uncertainty.two_way import Spread, UnitSums, cells, two_way, wilson_bounds
from stats.votes.arrays import A_SHARE, BoolArray, FloatArray, IntArray

# Votes of each kind, for and against, without which nothing is known of the judge's errors.
LEAST_OF_A_KIND = 5
STEPS = 20
ONE_KIND = (
    f"too few to say: fewer than {LEAST_OF_A_KIND} votes of people for the system, or fewer than {LEAST_OF_A_KIND} "
    "against it"
)
NOTHING_TOLD = "undefined: the judge's verdicts do not tell apart what people prefer from what they do not"


@dataclass(frozen=True)
class WinRate:
    """Hold what judge and people say about how often one system wins, a tie as half.

    Attributes:
        judge: The judge's share, not corrected: an interval about documents, not about its errors.
        people: The share of votes.
        corrected: The judge's share less its errors, after Rogan and Gladen; its interval counts in that these are
            estimated. It holds where the judge errs alike on pairs with and without votes, though people may have voted
            on other kinds of pairs more.
        powered: The share of votes, moved by the judge's verdicts on all pairs (PPI++). It holds where the pairs with
            votes are a random sample of all; never wider than `people`.
        sensitivity, specificity: Mean share that the judge gives to the system where people prefer it; to the other
            where they prefer that. None without such votes.
        tuning: Weight of the judge in `powered`, 0 to 1.
        effective: Votes that would tell as much as `powered` without the judge; None without votes.
    """

    judge: Figure
    people: Figure
    corrected: Figure
    powered: Figure
    sensitivity: float | None
    specificity: float | None
    tuning: float
    effective: float | None


def win_rate(items: Items, votes: PeopleVotes, judge: ItemAnswers, system: int, *, level: float = LEVEL) -> WinRate:
    """Give the win rate of a system over its pairs, by the judge, by people, and by both.

    With z the share that the judge gives to the system and y what a vote gives it, the mean of z over all pairs is
    theta * m1 + (1 - theta) * m0, where m1 and m0 are the means of z over votes for and against, a tie being half of
    each. So theta = (mean z - m0) / (m1 - m0). With two answers it is Rogan and Gladen's estimate (p + q0 - 1) /
    (q0 + q1 - 1), q1 = m1 and q0 = 1 - m0. Its interval holds all theta for which mean z - theta * m1 - (1 - theta) *
    m0 is not further from 0 than chance puts it (Fieller), so it is the whole range for a judge that says nothing.
    Documents and people are clusters.

    Args:
        items: What was compared.
        votes: People's votes.
        judge: The judge's answer on each item; items without one are left out.
        system: Index of the system.
        level: Of the intervals, between 0 and 1.
    Source:
        Rogan and Gladen (1978), American Journal of Epidemiology 107, 71-76. Lee et al. (2025), How to correctly report
        LLM-as-a-judge evaluations, arXiv 2511.21140 (their interval for independent answers is the second
        implementation in tests). Fieller (1954), Journal of the Royal Statistical Society B 16, 175-185. Angelopoulos,
        Duchi and Zrnic (2023), PPI++, arXiv 2311.01453.
    """
    about = ((items.system_a == system) | (items.system_b == system)) & judge.given
    as_a = items.system_a == system
    z = np.where(as_a, judge.share, 1 - judge.share)
    asked = votes.take(about[votes.item])
    y = np.where(as_a[asked.item], A_SHARE[asked.outcome], 1 - A_SHARE[asked.outcome])
    rate = _Rate.of(items.document, about, z, asked, y)
    told = mean(z[about], items.document[about], level=level)
    people = mean(y, items.document[asked.item], asked.annotator, level=level)
    powered, tuning, effective = rate.powered(people, level)
    return WinRate(told, people, rate.corrected(level), powered, *rate.errors, tuning, effective)


@dataclass(frozen=True)
class _Rate:
    """Hold the judge's shares of all pairs and of votes, and people's.

    Attributes:
        z: The judge's share by pair, shape (n,).
        document: Of each pair.
        item: Position of each vote's pair among these, shape (n_votes,).
        annotator, y: Of each vote.
    """

    z: FloatArray
    document: IntArray
    item: IntArray
    annotator: IntArray
    y: FloatArray

    @classmethod
    def of(cls, document: IntArray, about: BoolArray, z: FloatArray, votes: PeopleVotes, y: FloatArray) -> "_Rate":
        place = np.cumsum(about) - 1
        return cls(z[about], document[about], place[votes.item], votes.annotator, y)

    @property
    def count(self) -> Count:
        return counted(self.document[self.item], self.annotator)

    @property
    def errors(self) -> tuple[float | None, float | None]:
        """Give sensitivity and specificity."""
        told, total, against = self.z[self.item], self.y.sum(), (1 - self.y).sum()
        right = float((self.y * told).sum() / total) if total else None
        wrong = float(((1 - self.y) * told).sum() / against) if against else None
        return right, None if wrong is None else 1 - wrong

    def corrected(self, level: float) -> Figure:
        """Correct the judge's share by its errors."""
        count = self.count
        if min(self.y.sum(), (1 - self.y).sum()) < LEAST_OF_A_KIND:
            return Figure.undefined(count.reason or ONE_KIND, count.n)
        right, against = self.errors
        if right is None or against is None or right + against <= 1:
            return Figure.undefined(NOTHING_TOLD, count.n)
        value = (float(self.z.mean()) - 1 + against) / (right + against - 1)
        value = min(1.0, max(0.0, value))
        lower, upper = (self._bound(value, end, right, 1 - against, level) for end in (0.0, 1.0))
        return Figure(value, lower, upper, count.n, count.documents, count.annotators, count.reason)

    def _bound(self, value: float, end: float, right: float, wrong: float, level: float) -> float:
        """Find how far towards an end of the range a share is still in accord with the judge's mean."""

        def accords(share: float) -> bool:
            gap = abs(float(self.z.mean()) - share * right - (1 - share) * wrong)
            return gap <= self._spread_at(share, right, wrong).reach(level)

        if accords(end):
            return end
        inside, outside = value, end
        for _ in range(STEPS):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if accords(middle) else (inside, middle)
        return (inside + outside) / 2

    def _spread_at(self, share: float, right: float, wrong: float) -> Spread:
        """Give the spread of mean z - share * m1 - (1 - share) * m0."""
        told, y = self.z[self.item], self.y
        of_votes = -share * y * (told - right) / y.sum() - (1 - share) * (1 - y) * (told - wrong) / (1 - y).sum()
        # A few answers that are all right are not taken as certain: one answer of each kind counts as not known.
        for_, against = y.sum() + 2, (1 - y).sum() + 2
        smooth_right, smooth_wrong = (right * y.sum() + 1) / for_, (wrong * (1 - y).sum() + 1) / against
        model = share**2 * smooth_right * (1 - smooth_right) / for_
        model += (1 - share) ** 2 * smooth_wrong * (1 - smooth_wrong) / against
        return self.spread(of_votes, (self.z - self.z.mean()) / len(self.z), model)

    def powered(self, people: Figure, level: float) -> tuple[Figure, float, float | None]:
        """Move the share of votes by the judge's verdicts on all pairs; with the judge's weight and effective votes."""
        count = self.count
        if people.value is None or people.lower is None:
            return people, 0.0, float(count.n) if count.n else None
        n, told = len(self.y), self.z[self.item]
        own, ours = (self.y - self.y.mean()) / n, (told - told.mean()) / n
        beyond = (self.z - self.z.mean()) / len(self.z)
        votes, pairs = self.by_document(own, 0 * beyond), self.by_document(ours, -beyond)
        squares = float((pairs**2).sum())
        tuning = float(np.clip((votes * pairs).sum() / squares, 0, 1)) if squares > 0 else 0.0
        value = float(np.clip(self.y.mean() + tuning * (self.z.mean() - told.mean()), 0, 1))
        model = value * (1 - value) / n
        alone = self.spread(own, 0 * beyond, model)
        helped = self.spread(own - tuning * ours, tuning * beyond, model)
        if not tuning or helped.reach(level) >= alone.reach(level):
            return people, 0.0, float(n)
        lower, upper = wilson_bounds(value, helped, count.documents, level)
        if people.upper is not None and upper - lower > people.upper - people.lower:
            return people, 0.0, float(n)
        figure = bounded(value, helped, count, level=level)
        return figure, tuning, n * alone.variance / helped.variance

    def by_document(self, of_votes: FloatArray, of_pairs: FloatArray) -> FloatArray:
        """Sum influence by document, of votes and of all pairs."""
        size = int(self.document.max(initial=0)) + 1
        sums = np.bincount(self.document[self.item], of_votes, size) + np.bincount(self.document, of_pairs, size)
        return np.asarray(sums)

    def spread(self, of_votes: FloatArray, of_pairs: FloatArray, model: float) -> Spread:
        """Give the spread of an estimate from the influence of votes and of the judge's verdicts on all pairs.

        The verdict on a pair with votes belongs to these; one on another pair belongs to its document; documents
        without votes are a source of variance of their own.
        """
        times = np.bincount(self.item, minlength=len(self.z))
        single = of_votes + of_pairs[self.item] / times[self.item]
        document, ones = self.document[self.item], np.ones(len(self.item))
        size = int(self.document.max()) + 1
        sums, votes = self.by_document(of_votes, of_pairs), np.bincount(document, minlength=size)
        voted = votes > 0
        kinds = [
            UnitSums(sums[voted], votes[voted] / votes.sum(), float(voted.sum()) - 1, 1.0),
            UnitSums.of(single, ones, self.annotator),
        ]
        spread = two_way(single, cells(document, self.annotator), kinds, model=model)
        there = np.bincount(self.document, minlength=size) > 0
        return _with_others(spread, sums[there & ~voted])


def _with_others(spread: Spread, sums: FloatArray) -> Spread:
    """Add documents without votes as one more source."""
    n = len(sums)
    if not n:
        return spread
    others = float((sums**2).sum()) * n / max(1, n - 1)
    total = spread.variance + others
    parts = spread.variance**2 / spread.freedom + others**2 / max(1, n - 1)
    return Spread(total, min(total**2 / parts if parts > 0 else LARGEST_FREEDOM, LARGEST_FREEDOM))
