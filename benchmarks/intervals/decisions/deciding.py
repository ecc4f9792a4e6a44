"""Simulate how many votes decide between two systems that a study asks about, by who rates what.

Every way of asking is decided by the same rule, the board's 95 % interval of the difference. A way's number of votes is
the smallest with which four of five studies find the better of the two.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit

from benchmarks.intervals.candidates import CANDIDATES
from benchmarks.intervals.designs import Design
from benchmarks.intervals.draw import draw_studies
from benchmarks.intervals.moments import moments_of
from stats.decisions.power import TIE_BAND
from stats.decisions.sampling import EPSILON
from stats.uncertainty.sequences import confidence_sequence
from stats.votes.arrays import FloatArray

POWER = 0.8
STEP = 1.3
FEWEST, MOST = 60, 30_000
DISTANCE = 0.3
NUMBERS_AT_ONCE = 4_000_000
READING = 5.0
# Watched studies without a difference, for each that has one: their errors are rarer.
EQUALS = 4
# A study that is watched: how often, and when it is given up.
EVERY, WATCHED = 50, 3_000


@dataclass(frozen=True)
class Asked:
    """A study that asks about two of its systems.

    Attributes:
        systems, annotators: How many; one in five annotators at least votes on a document where all do.
        gap: How far the last system is ahead of the one before, in log-odds.
        taste_annotator, taste_document: As in Design.
    """

    systems: int
    annotators: int
    gap: float
    taste_annotator: float
    taste_document: float

    @property
    def pairs(self) -> int:
        return self.systems * (self.systems - 1) // 2

    @property
    def name(self) -> str:
        tastes = f"{self.taste_annotator:g}/{self.taste_document:g}"
        return f"{self.systems} systems, {self.annotators} annotators, lead {self.gap:g}, tastes {tastes}"


@dataclass(frozen=True)
class Way:
    """A way of asking: who rates what of a document.

    Attributes:
        per_document: Annotators on each document; None for all of them.
        pairs: Pairs that each of them rates of it; None for all.
        adaptive, question: As in Design.
    """

    name: str
    per_document: int | None
    pairs: int | None
    adaptive: bool = False
    question: float = 0.0

    def design(self, asked: Asked, votes: int) -> Design:
        """Make the design with about so many votes."""
        per_document = min(self.per_document or asked.annotators, asked.annotators)
        pairs = self.pairs or asked.pairs
        return Design(
            asked.annotators,
            max(2, round(votes / (per_document * pairs))),
            asked.systems,
            per_document,
            pairs,
            adaptive=self.adaptive,
            question=self.question,
            taste_annotator=asked.taste_annotator,
            taste_document=asked.taste_document,
            gap=DISTANCE,
            last_ahead=DISTANCE + asked.gap,
        )


WAYS = [
    Way("full crossing", None, None),
    Way("all pairs, 3 votes each (default)", 3, None),
    Way("all pairs, 1 vote each", 1, None),
    Way("one pair a document (FastChat)", 1, 1),
    Way("the same, by eq. 9 (LMArena)", 1, 1, adaptive=True),
    Way("two in question, 3 votes each", 3, 1, question=EPSILON),
    Way("two in question, 1 vote each", 1, 1, question=EPSILON),
]
DEFAULT, BEST = WAYS[1], WAYS[-1]
# How much to draw evenly was chosen on the first.
TUNED_WAYS = [
    DEFAULT,
    *(Way(f"two in question, {share:g} even", 1, 1, question=share) for share in (0.05, 0.1, 0.2, 0.4)),
]
TUNING = [Asked(4, 8, 0.6, 0.3, 0.6), Asked(6, 15, 0.6, 0.3, 0.6), Asked(10, 30, 0.6, 0.5, 0.8)]
HELD_OUT = [
    Asked(3, 12, 0.5, 0.2, 0.7),
    Asked(5, 10, 0.8, 0.4, 0.7),
    Asked(5, 25, 0.5, 0.4, 0.7),
    Asked(8, 25, 0.5, 0.4, 0.7),
    Asked(8, 25, 0.8, 0.0, 0.5),
    Asked(12, 40, 0.5, 0.3, 0.5),
]


def found(design: Design, studies: int, seed: int) -> FloatArray:
    """Say of each study which of the last two systems its board finds better: 1 the last, -1 the other, 0 neither."""
    rng = np.random.default_rng([seed, zlib.crc32(f"{design}".encode())])
    size = max(1, NUMBERS_AT_ONCE // max(design.documents * design.annotators, 2 * design.votes * design.systems))
    parts = []
    for begin in range(0, studies, size):
        # Contrasts are systems first, then neighbours; the last neighbours are the two in question. Where a system has
        # no votes, nothing is defined, and nothing found.
        place = 2 * design.systems - 2
        with np.errstate(divide="ignore", invalid="ignore"):
            moments = moments_of(draw_studies(design, min(size, studies - begin), rng))
            reach = CANDIDATES["calibrated"](moments, design.systems)[:, place]
        lead = -moments.estimate[:, place]
        parts.append(np.sign(lead) * (np.abs(lead) > reach))
    return np.concatenate(parts)


@dataclass(frozen=True)
class VotesNeeded:
    """What a way of asking needs for four of five right decisions.

    Attributes:
        votes, documents: How many; all is NaN where MOST votes do not suffice.
        readings: Documents read, each by each of its annotators.
        wrong: Share of studies of about that size without a difference that find one.
    """

    votes: float
    documents: float
    readings: float
    wrong: float

    @property
    def time(self) -> float:
        """Give people's time, in votes: reading a document takes as long as READING votes."""
        return self.votes + READING * self.readings


def cost(asked: Asked, way: Way, studies: int, seed: int) -> VotesNeeded:
    """Look for the smallest number of votes that decides."""
    votes, before = float(FEWEST), (np.nan, 0.0)
    while votes <= MOST:
        design = way.design(asked, int(votes))
        right = float((found(design, studies, seed) > 0).mean())
        if right >= POWER:
            equal = way.design(replace(asked, gap=0.0), int(votes))
            wrong = found(equal, studies, seed) != 0
            needed = _between(before, (float(design.votes), right))
            cells = needed / design.pairs
            return VotesNeeded(needed, cells / design.per_document, cells, float(wrong.mean()))
        before, votes = (float(design.votes), right), max(votes * STEP, design.votes * STEP)
    return VotesNeeded(np.nan, np.nan, np.nan, np.nan)


def ended(asked: Asked, studies: int, seed: int) -> tuple[VotesNeeded, VotesNeeded]:
    """Watch studies that ask about two systems, and end each when the stopping rule says that it is decided.

    Returns:
        The votes by which four of five have ended, and the mean; those that have not ended count with WATCHED votes.
    """
    after = _stops(BEST.design(asked, WATCHED), studies, seed)
    equal = _stops(BEST.design(replace(asked, gap=0.0), WATCHED), EQUALS * studies, seed)
    errors = float(np.isfinite(equal).mean())
    most, mean = float(np.quantile(after, POWER, method="higher")), float(np.minimum(after, WATCHED).mean())
    return VotesNeeded(most, most, most, errors), VotesNeeded(mean, mean, mean, errors)


def _stops(design: Design, studies: int, seed: int) -> FloatArray:
    """Give the number of votes after which each study ends, infinite where it does not."""
    rng = np.random.default_rng([seed, zlib.crc32(f"watched {design}".encode())])
    drawn = draw_studies(design, studies, rng)
    stops = np.full(studies, np.inf)
    for study in range(studies):
        order = rng.permutation(design.votes)
        a, b = drawn.a[study, order], drawn.b[study, order]
        asked = np.flatnonzero((a == design.systems - 2) & (b == design.systems - 1))
        units = (unit[study, order][asked] for unit in (drawn.document, drawn.annotator))
        decided = confidence_sequence(1 - drawn.share[study, order][asked], *units).decided[EVERY - 1 :: EVERY]
        if decided.any():
            stops[study] = asked[EVERY - 1 :: EVERY][decided.argmax()] + 1
    return stops


def _between(before: tuple[float, float], after: tuple[float, float]) -> float:
    """Read linearly in log votes where the share of right decisions passes POWER."""
    (fewer, low), (more, high) = before, after
    if not np.isfinite(fewer) or fewer >= more:
        return more
    part = (POWER - low) / (high - low)
    return float(np.exp(np.log(fewer) + part * (np.log(more) - np.log(fewer))))


def deciding_table(designs: list[Asked], ways: list[Way], studies: int, seed: int) -> Iterator[str]:
    """Give the table line by line: votes that decide, times those of the default, documents, readings, errors."""
    heads = (("votes", 8), ("times", 7), ("documents", 11), ("readings", 10), ("time", 7), ("wrong %", 9))
    yield " " * 46 + "".join(f"{name:>{width}s}" for name, width in heads)
    for asked in designs:
        yield asked.name
        default = cost(asked, DEFAULT, studies, seed)
        for way in ways:
            yield _row(way.name, default if way == DEFAULT else cost(asked, way, studies, seed), default)
        four_of_five, mean = ended(asked, studies, seed)
        yield _row("ended when decided, 4 of 5 by", four_of_five, default)
        yield _row("the same, mean", mean, default)
        yield f"    documents by what their pairs teach leave at best {best_order(asked):.3f} of the variance"


def best_order(asked: Asked, *, documents: int = 400_000, seed: int = 1) -> float:
    """Give the variance of a share that is left at best where documents are drawn by what their pair teaches.

    A metric sees a document's tastes with noise as large. Each document is drawn with the best chance that this
    allows, the root of the squared error expected there, and its vote weighs 1 / chance (Zrnic and Candes 2024, Active
    statistical inference, arXiv 2403.03208). 1: no gain over drawing all alike.
    """
    rng = np.random.default_rng(seed)
    taste, noise = np.sqrt(2) * rng.normal(0, asked.taste_document, (2, documents))
    win, not_lost = expit(asked.gap + taste - TIE_BAND), expit(asked.gap + taste + TIE_BAND)
    share = float((win + not_lost).mean() / 2)
    square = win * (1 - share) ** 2 + (not_lost - win) * (0.5 - share) ** 2 + (1 - not_lost) * share**2
    alike = np.array_split(np.argsort(taste + noise), 50)
    expected = np.array([square[group].mean() for group in alike])
    return float(np.sqrt(expected).mean() ** 2 / expected.mean())


def _row(name: str, own: VotesNeeded, default: VotesNeeded) -> str:
    return (
        f"    {name:42s}{own.votes:8.0f}{own.votes / default.votes:7.2f}{own.documents:11.0f}"
        f"{own.readings:10.0f}{own.time / default.time:7.2f}{100 * own.wrong:9.1f}"
    )
