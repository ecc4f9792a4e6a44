"""Simulate ratings that a metric helps, where documents with votes were drawn at random and where they were chosen."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from benchmarks.intervals import coverage
from benchmarks.intervals.coverage import PAIRS, STRENGTHS
from benchmarks.intervals.designs import Design, Work
from benchmarks.intervals.draw import work_shares
from stats.metrics.likeness import LEVEL, likeness
from stats.ratings.prediction_powered import PoweredRatings
from stats.votes.arrays import FloatArray, OutcomeCode, VoteArrays, renumbered

OTHERS = 300
# Metrics beside the helping one that measure nothing, but are compared as well.
IDLE_METRICS = 2
# How much of a document's taste the metric cannot see, as a share of its variance.
UNSEEN = 0.5


class Choice(StrEnum):
    """How documents came to have votes.

    Attributes:
        DRAWN: At random.
        SEEN: Rather those on which a metric puts the first system ahead.
        UNSEEN: Rather those on which people put it ahead for reasons that no metric sees.
    """

    DRAWN = "drawn at random"
    SEEN = "chosen, metrics see it"
    UNSEEN = "chosen, metrics do not"


@dataclass(frozen=True)
class Helped:
    """A study whose ratings a metric helps."""

    design: Design
    choice: Choice

    @property
    def name(self) -> str:
        return f"{self.design.name}, {self.choice}"


def _each(design: Design, *choices: Choice) -> list[Helped]:
    return [Helped(design, choice) for choice in choices]


HELPED = [
    *_each(Design(10, 60, 4, 3, 2, taste_annotator=0.3, taste_document=0.8), *Choice),
    *_each(Design(20, 100, 4, 1, 3, taste_annotator=0.3, taste_document=0.8), *Choice),
    *_each(Design(6, 150, 4, 1, 2, Work.ONE, taste_annotator=0.4, taste_document=0.7), Choice.DRAWN),
    *_each(Design(30, 300, 4, 1, 2, Work.ONE, taste_annotator=0.4, taste_document=0.7), Choice.DRAWN),
]


@dataclass(frozen=True)
class HelpedStudy:
    """What one simulated study gave.

    Attributes:
        alone, helped: Whether each system's interval holds the truth, shape (n,).
        wider: Width of the helped interval over that of the votes alone, shape (n,).
        p: Of the test of likeness.
    """

    alone: FloatArray
    helped: FloatArray
    wider: FloatArray
    p: float


def simulate(study: Helped, seed: int) -> HelpedStudy:
    """Draw a study, help its ratings, and test whether its documents are like the others."""
    design, rng = study.design, np.random.default_rng([seed, *study.name.encode()])
    total = design.documents + OTHERS
    parts = [rng.normal(0, design.taste_document * np.sqrt(share), (total, 4)) for share in (1 - UNSEEN, UNSEEN)]
    metrics = _metrics(design, parts[0], rng)
    order = _order(study.choice, metrics[0], parts[1], rng)
    metrics, taste = metrics[:, order], (parts[0] + parts[1])[order]
    votes = _votes(design, taste[: design.documents], rng)
    setting = coverage.Setting(design.taste_annotator, design.taste_document, design.pairs, documents=design.documents)
    ratings = coverage.helped(setting, votes, metrics[0], seed)
    true = coverage.truth(setting)
    alone = (ratings.classical_lower <= true) & (true <= ratings.classical_upper)
    return HelpedStudy(
        alone, (ratings.lower <= true) & (true <= ratings.upper), _wider(ratings), _p(metrics, design, seed)
    )


def _metrics(design: Design, seen: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Draw the helping metric and idle ones, shape (metrics, documents, systems)."""
    bias = np.array([0.0, 0.3, 0.0, -0.3])
    helping = STRENGTHS + bias + seen + rng.normal(0, max(design.taste_document / 2, 0.2), seen.shape)
    return np.array([helping, *rng.normal(size=(IDLE_METRICS, *seen.shape))])


def _order(choice: Choice, metric: FloatArray, unseen: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Put documents that get votes first; half of a choice is chance."""
    score = rng.normal(size=len(metric))
    if choice != Choice.DRAWN:
        by = metric if choice == Choice.SEEN else unseen
        lead = by[:, 0] - by.mean(axis=1)
        score += (lead - lead.mean()) / lead.std()
    return np.argsort(-score)


def _votes(design: Design, taste: FloatArray, rng: np.random.Generator) -> VoteArrays:
    """Draw votes: on each document some annotators, of each some pairs."""
    liking = rng.normal(0, design.taste_annotator, (design.annotators, 4))
    score = np.log(work_shares(design)) + rng.gumbel(size=(design.documents, design.annotators))
    who = np.argsort(-score, axis=1)[:, : design.per_document].ravel()
    cells = len(who)
    pair = rng.random((cells, len(PAIRS))).argsort(axis=1)[:, : design.pairs].ravel()
    annotator = np.repeat(who, design.pairs)
    document = np.repeat(np.arange(design.documents), design.per_document * design.pairs)
    (a, b), row = PAIRS[pair].T, np.arange(len(pair))
    worth = STRENGTHS + liking[annotator] + taste[document]
    wins = rng.random(len(a)) < 1 / (1 + np.exp(worth[row, b] - worth[row, a]))
    outcome = np.where(wins, OutcomeCode.A, OutcomeCode.B).astype(np.int64)
    return VoteArrays(a, b, outcome, document, renumbered(annotator), 4)


def _wider(ratings: PoweredRatings) -> FloatArray:
    return (ratings.upper - ratings.lower) / (ratings.classical_upper - ratings.classical_lower)


def _p(metrics: FloatArray, design: Design, seed: int) -> float:
    """Test likeness by what boards compare: each metric's mean over the systems, and each system's lead over it."""
    mean = metrics.mean(axis=2, keepdims=True)
    features = np.concatenate([mean, metrics - mean], axis=2)
    by_document = features.swapaxes(0, 1).reshape(features.shape[1], -1)
    return likeness(by_document, np.arange(len(by_document)) < design.documents, seed=seed, permutations=499).smallest


def helped_row(study: Helped, studies: int, seed: int) -> str:
    """Say how often the intervals hold, how wide they are, and how often the test warns."""
    simulated = [simulate(study, seed * 1_000_000 + number) for number in range(studies)]
    warns = np.array([one.p <= LEVEL for one in simulated])
    alone, helped = (np.array([getattr(o, name).mean() for o in simulated]) for name in ("alone", "helped"))
    wider = np.array([one.wider for one in simulated])
    kept = 100 * helped[~warns].mean() if (~warns).any() else np.nan
    return (
        f"{study.name:72s}{100 * alone.mean():8.1f}{100 * helped.mean():8.1f}{kept:10.1f}{100 * warns.mean():8.1f}"
        f"{wider.mean():8.2f}{wider.max():8.3f}"
    )


def helped_table(studies: int, seed: int) -> Iterator[str]:
    """Give the table line by line."""
    heads = f"{'alone':>8s}{'helped':>8s}{'unwarned':>10s}{'warns':>8s}{'width':>8s}{'widest':>8s}"
    yield f"{'holds in %, warns in %, helped width / votes alone':72s}{heads}"
    for study in HELPED:
        yield helped_row(study, studies, seed)
