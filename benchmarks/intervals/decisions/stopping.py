"""Simulate studies of two systems that are looked at while votes come in, and stopped when a rule says so."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit

from benchmarks.intervals.designs import Design, Work
from benchmarks.intervals.draw import draw_studies, work_shares
from stats.decisions.power import TIE_BAND
from stats.uncertainty.sequences import confidence_sequence
from stats.votes.arrays import BoolArray, FloatArray, IntArray

Drawn = tuple[FloatArray, IntArray, IntArray]

EVERY = 50
LARGEST_BET = 0.5


@dataclass(frozen=True)
class Watched:
    """A study of two systems, and the order of its votes.

    Attributes:
        stretches: Whether one annotator votes after the other; otherwise all at the same time.
    """

    design: Design
    stretches: bool = False

    @property
    def name(self) -> str:
        lead = f", gap {self.design.gap:g}" if self.design.gap else ""
        return self.design.name.replace(", 2 systems", "") + lead + (", stretches" if self.stretches else "")


def _watched(
    annotators: tuple[int, ...], documents: tuple[int, ...], tastes: tuple[float, float], votes: int = 1
) -> list[Watched]:
    base = Design(1, 1, 2, votes, taste_annotator=tastes[0], taste_document=tastes[1], gap=0.0)
    return [
        Watched(replace(base, annotators=k, documents=n), stretches)
        for n in documents
        for stretches in (False, True)
        for k in annotators
    ]


# There is no difference. On the first the rule was chosen.
TUNING = [
    *_watched((3, 5, 10, 30), (300, 1000), (0.5, 0.8)),
    *_watched((3, 5, 10, 30), (300, 1000), (0.5, 0.8), votes=3),
]
HELD_OUT = [
    *_watched((3, 5, 10, 30), (300, 1000), (0.4, 0.7)),
    *_watched((4, 6, 15), (150, 2000), (0.3, 0.5)),
    *_watched((5, 7, 12, 50), (400,), (1.0, 0.3), votes=2),
    *_watched((5, 20), (600,), (0.0, 0.0)),
    *(
        Watched(Design(k, 800, 2, 1, work=work, taste_annotator=0.4, taste_document=0.7, gap=0.0), stretches)
        for work in (Work.ONE, Work.HEAVY)
        for k in (6, 12, 40)
        for stretches in (False, True)
    ),
]
# Several systems, whose draws depend on earlier votes; looked at are the votes between the last two.
ADAPTIVE = [
    Watched(Design(k, 300, n, 3, pairs, work, adaptive=True, taste_annotator=a, taste_document=d, gap=0.0))
    for k, n, pairs, work in (
        (5, 4, 1, Work.EVEN),
        (10, 5, 2, Work.EVEN),
        (30, 8, 4, Work.EVEN),
        (12, 5, 2, Work.HEAVY),
    )
    for a, d in ((0, 0), (0.5, 0.8))
]
# How soon a lead is found: a win rate of 58 and 66 % or so.
LEADS = [
    Watched(Design(k, 1000, 2, 1, taste_annotator=taste, taste_document=0.7, gap=gap))
    for gap in (0.4, 0.8)
    for k, taste in ((5, 0.0), (5, 0.4), (10, 0.4), (30, 0.4))
]


def draw_in_order(watched: Watched, rng: np.random.Generator) -> Drawn:
    """Draw what the first system gets of each vote, its document and its annotator, in order of time."""
    design, n = watched.design, watched.design.cells
    shares = work_shares(design)
    if watched.stretches:
        ends = np.floor(n * shares.cumsum() + 1e-9)
        annotator = np.minimum(np.searchsorted(ends, np.arange(n), side="right"), design.annotators - 1)
        document = np.concatenate([rng.permutation(design.documents) for _ in range(design.per_document)])
    else:
        score = np.log(shares) + rng.gumbel(size=(design.documents, design.annotators))
        annotator = np.argsort(-score, axis=1)[:, : design.per_document].ravel()
        document = np.repeat(rng.permutation(design.documents), design.per_document)
    # A taste for each of two systems.
    at = design.gap + np.sqrt(2) * (
        rng.normal(0, design.taste_annotator, design.annotators)[annotator]
        + rng.normal(0, design.taste_document, design.documents)[document]
    )
    chance = rng.random(n)
    return np.where(chance < expit(at - TIE_BAND), 1.0, np.where(chance > expit(at + TIE_BAND), 0, 0.5)), *(
        unit.astype(np.int64) for unit in (document, annotator)
    )


def draw_adaptive(design: Design, studies: int, rng: np.random.Generator) -> Drawn:
    """Draw the votes between the last two of several systems in order of time, as many as every study has of them."""
    drawn = draw_studies(design, studies, rng)
    a, b, results, document, annotator = (
        np.take_along_axis(column, drawn.order, axis=1)
        for column in (drawn.a, drawn.b, drawn.share, drawn.document, drawn.annotator)
    )
    asked = (a == design.systems - 2) & (b == design.systems - 1)
    place = np.argsort(~asked, axis=1, kind="stable")[:, : asked.sum(axis=1).min()]
    return tuple(np.take_along_axis(column, place, axis=1) for column in (results, document, annotator))  # type: ignore[return-value]


def _draws(watched: Watched, studies: int, rng: np.random.Generator) -> Iterator[Drawn]:
    if watched.design.adaptive:
        drawn = draw_adaptive(watched.design, studies, rng)
        yield from ((results, document, annotator) for results, document, annotator in zip(*drawn, strict=True))
    else:
        yield from (draw_in_order(watched, rng) for _ in range(studies))


def as_if_independent(results: FloatArray, document: IntArray, *, alpha: float = 0.05) -> BoolArray:
    """Tell after each first vote on a document whether the rule up to 0.8 stopped.

    The predictable plug-in empirical-Bernstein sequence, Waudby-Smith and Ramdas (2024), theorem 2.
    """
    x = results[np.sort(np.unique(document, return_index=True)[1])]
    t = np.arange(1, len(x) + 1)
    mean = (0.5 + np.cumsum(x)) / (t + 1)
    variance = (0.25 + np.cumsum((x - mean) ** 2)) / (t + 1)
    mean_before, variance_before = np.r_[0.5, mean[:-1]], np.r_[0.25, variance[:-1]]
    bet = np.minimum(np.sqrt(2 * np.log(2 / alpha) / (variance_before * t * np.log1p(t))), LARGEST_BET)
    surprise = np.cumsum((x - mean_before) ** 2 * (-np.log1p(-bet) - bet))
    centre, total = np.cumsum(bet * x), np.cumsum(bet)
    return np.asarray(np.abs(centre / total - 0.5) > (np.log(2 / alpha) + surprise) / total)


def stopping_row(watched: Watched, studies: int, seed: int) -> str:
    """Say in how many studies each rule stops, and how often the page never had enough to say so."""
    rng = np.random.default_rng([seed, watched.design.annotators, watched.design.documents, watched.stretches])
    old, looked, always, refused, after = 0, 0, 0, 0, []
    for results, document, annotator in _draws(watched, studies, rng):
        old += as_if_independent(results, document)[EVERY - 1 :: EVERY].any()
        sequence = confidence_sequence(results, document, annotator)
        by_vote = sequence.decided
        looked += by_vote[EVERY - 1 :: EVERY].any()
        always += by_vote.any()
        refused += sequence.lacking is not None
        after += [sequence.decided_after] if sequence.decided_after else []
    shares = "".join(f"{100 * count / studies:8.1f}" for count in (old, looked, always, refused))
    return f"{watched.name:62s}{shares}{np.median(after) if after else np.nan:9.0f}"


def stopping_table(designs: list[Watched], studies: int, seed: int) -> Iterator[str]:
    """Give the table line by line."""
    heads = "".join(f"{name:>8s}" for name in ("0.8", "by 50", "by 1", "too few"))
    yield f"{'stops in %: up to 0.8, now (looks after 50 votes, after 1)':62s}{heads}{'after':>9s}"
    for watched in designs:
        yield stopping_row(watched, studies, seed)
