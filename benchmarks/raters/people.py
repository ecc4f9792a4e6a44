"""Simulate studies in which some annotators click: how often a test finds these, and careful ones by mistake."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from scipy.special import expit

from stats.raters.anomaly import anomalies
from stats.raters.reliability import reliabilities
from stats.strengths.bradley_terry import SCALE
from stats.votes.arrays import FloatArray, IntArray, OutcomeCode, system_pairs

A, B, TIE, BOTH_BAD = OutcomeCode
# Share of the undecided answers that find both summaries bad.
BOTH_BAD_OF_TIES = 0.25
HUNDRED = 100 / SCALE


class Clicks(StrEnum):
    """How a careless annotator answers. Sides are drawn evenly, so "always left" is TWO to all that knows no sides."""

    UNIFORM = "any of four"
    TWO = "left or right"
    TIES = "mostly ties"


@dataclass(frozen=True)
class PeopleDesign:
    """Who rates what, how far systems differ, and how careful and careless people answer.

    Attributes:
        annotators, careless, systems: How many of each.
        votes: Of each annotator.
        per_comparison: Annotators on each comparison.
        gap: Distance of neighbours, in log-odds.
        tie_band: An annotator answers "tie" within so many log-odds.
        taste: Standard deviation of careful annotators' tastes for each system, in log-odds.
        documents: Standard deviation of documents' tastes.
        others: Careful annotators whose preferences are another order of the same systems.
        clicks: How careless ones answer.
    """

    annotators: int = 10
    careless: int = 1
    systems: int = 4
    votes: int = 60
    per_comparison: int = 3
    gap: float = HUNDRED
    tie_band: float = 0.5
    taste: float = 0.0
    documents: float = 0.0
    others: int = 0
    clicks: Clicks = Clicks.UNIFORM

    @property
    def name(self) -> str:
        words = [f"{self.annotators} people x {self.votes}, {self.systems} systems {self.gap * SCALE:.0f} apart"]
        words += [f"{self.per_comparison} a pair, tastes {self.taste:g}/{self.documents:g}"]
        words += [f"ties within {self.tie_band:g}"] if self.tie_band != 0.5 else []
        words += [f"{self.others} with another order"] if self.others else []
        words += [f"{self.careless} of them: {self.clicks.value}"] if self.careless else []
        return ", ".join(words)


@dataclass(frozen=True)
class Drawn:
    """The votes of one study, arrays of shape (n,).

    Attributes:
        between: Log-odds of a over b without anybody's, or any document's, taste.
    """

    system_a: IntArray
    system_b: IntArray
    comparison: IntArray
    annotator: IntArray
    outcome: IntArray
    between: FloatArray


def draw(design: PeopleDesign, rng: np.random.Generator) -> Drawn:
    """Draw a study; the first annotators are careless, the last have another order."""
    people, n = design.annotators, design.systems
    first, second = np.triu_indices(n, 1)
    comparisons = people * design.votes // design.per_comparison
    # Rounds over the annotators, each in a new order: everybody has as many votes, none two on one comparison.
    order = np.concatenate([rng.permutation(people) for _ in range(design.votes)])
    annotator = _apart(order[: comparisons * design.per_comparison].reshape(comparisons, -1), rng).ravel()
    pair = rng.integers(len(first), size=comparisons)
    document = np.arange(comparisons) // 3
    swapped = rng.random(comparisons) < 0.5
    a, b = np.where(swapped, second[pair], first[pair]), np.where(swapped, first[pair], second[pair])
    strengths = np.tile(-design.gap * np.arange(n), (people, 1)) + rng.normal(0, design.taste, (people, n))
    for person in range(people - design.others, people):
        strengths[person] = rng.permutation(strengths[person])
    of_document = rng.normal(0, design.documents, (int(document[-1]) + 1, n))
    item = np.repeat(np.arange(comparisons), design.per_comparison)
    a, b, document = a[item], b[item], document[item]
    at = strengths[annotator, a] - strengths[annotator, b] + of_document[document, a] - of_document[document, b]
    between = design.gap * (b - a)
    chance = rng.random(len(at))
    outcome = np.where(chance < expit(at - design.tie_band), A, np.where(chance > expit(at + design.tie_band), B, TIE))
    outcome = np.where((outcome == TIE) & (rng.random(len(at)) < BOTH_BAD_OF_TIES), BOTH_BAD, outcome)
    clicked = _clicked(design.clicks, rng, len(at))
    outcome = np.where(annotator < design.careless, clicked, outcome).astype(np.int64)
    return Drawn(a.astype(np.int64), b.astype(np.int64), item, annotator, outcome, between)


def _apart(rows: IntArray, rng: np.random.Generator) -> IntArray:
    """Change rows in which somebody occurs twice for rows of different people."""
    people = int(rows.max()) + 1
    for row in rows:
        if len(set(row.tolist())) < len(row):
            row[:] = rng.choice(people, len(row), replace=False)
    return rows


def _clicked(clicks: Clicks, rng: np.random.Generator, n: int) -> IntArray:
    """Draw answers of somebody who does not read."""
    coin = np.where(rng.random(n) < 0.5, A, B)
    if clicks == Clicks.UNIFORM:
        return rng.integers(4, size=n)
    if clicks == Clicks.TIES:
        return np.where(rng.random(n) < 0.7, TIE, coin)
    return coin


def unlike_others(study: Drawn, seed: int) -> set[int]:
    """Give whom the test of unusual answers flags."""
    pair, outcome, _ = system_pairs(study.system_a, study.system_b, study.outcome)
    return {who for who, anomaly in anomalies(pair, study.annotator, outcome, seed=seed).items() if anomaly.flagged}


def unreliable(study: Drawn) -> set[int]:
    """Give whom the model of reliability flags."""
    columns = (study.system_a, study.system_b, study.comparison, study.annotator, study.outcome)
    return {who for who, reliability in reliabilities(*columns).items() if reliability.finding}


def shares(design: PeopleDesign, flagged: list[set[int]]) -> tuple[float, float]:
    """Give the shares of careless annotators found and of careful ones flagged, over all studies; NaN of nobody."""
    careless, careful = design.careless * len(flagged), (design.annotators - design.careless) * len(flagged)
    hits = sum(who < design.careless for flagged_people in flagged for who in flagged_people)
    return hits / careless if careless else np.nan, (sum(map(len, flagged)) - hits) / careful


def found_in(design: PeopleDesign, studies: int, seed: int) -> tuple[list[set[int]], list[set[int]]]:
    """Draw studies and give whom the test of unusual answers flags in each, and whom the model of reliability does."""
    rng = np.random.default_rng([seed, design.annotators, design.systems, design.votes])
    drawn = [draw(design, rng) for _ in range(studies)]
    return [unlike_others(study, number) for number, study in enumerate(drawn)], [unreliable(study) for study in drawn]


def people_row(design: PeopleDesign, studies: int, seed: int) -> str:
    old, new = found_in(design, studies, seed)
    either = [a | b for a, b in zip(old, new, strict=True)]
    pairs = (shares(design, flagged) for flagged in (old, new, either))
    return f"{design.name:96s}" + "".join(f"{100 * hits:8.1f}{100 * false:7.2f}" for hits, false in pairs)


def people_table(designs: list[PeopleDesign], studies: int, seed: int) -> Iterator[str]:
    """Give the table line by line."""
    heads = "".join(f"{name:>8s}{'false':>7s}" for name in ("unusual", "model", "either"))
    yield f"{'careless people found, and careful people flagged, in %':96s}{heads}"
    for design in designs:
        yield people_row(design, studies, seed)


def _with_tastes(design: PeopleDesign, *tastes: tuple[float, float]) -> list[PeopleDesign]:
    return [replace(design, taste=people, documents=documents) for people, documents in tastes]


# On these the limits were chosen.
TUNING = [
    *(one for way in Clicks for one in _with_tastes(PeopleDesign(clicks=way), (0, 0), (0.5, 0.8))),
    *_with_tastes(PeopleDesign(systems=6), (0, 0), (0.5, 0.8)),
    PeopleDesign(systems=2),
    PeopleDesign(annotators=5),
    PeopleDesign(annotators=30, careless=3, taste=0.3, documents=0.6),
    PeopleDesign(careless=0, others=1, taste=0.3, documents=0.6),
    PeopleDesign(careless=0, taste=0.5, documents=0.8, gap=0.05),
    PeopleDesign(careless=0, taste=0.5, documents=0.8, tie_band=1.5),
    PeopleDesign(careless=0, taste=0.5, documents=0.8, votes=20),
]
# On these they are judged.
HELD_OUT = [
    *(
        one
        for way in Clicks
        for one in _with_tastes(PeopleDesign(12, systems=5, per_comparison=2, clicks=way), (0, 0), (0.4, 0.7))
    ),
    PeopleDesign(12, systems=3, taste=0.4, documents=0.7),
    PeopleDesign(8, systems=8, taste=0.4, documents=0.7, clicks=Clicks.TWO),
    PeopleDesign(6, systems=4, taste=0.4, documents=0.7, clicks=Clicks.TWO),
    PeopleDesign(40, 6, systems=5, taste=0.4, documents=0.7, clicks=Clicks.TWO),
    PeopleDesign(10, 3, systems=5, taste=0.4, documents=0.7, clicks=Clicks.TWO),
    PeopleDesign(12, systems=5, votes=150, taste=0.4, documents=0.7, clicks=Clicks.TWO),
    PeopleDesign(12, systems=5, gap=HUNDRED / 2, taste=0.4, documents=0.7, clicks=Clicks.TWO),
    PeopleDesign(12, systems=2, taste=0.4, documents=0.7, clicks=Clicks.TWO),
    *(
        replace(PeopleDesign(12, 0, systems=5, taste=0.4, documents=0.7), **changes)
        for changes in (
            {},
            {"taste": 1.0},
            {"others": 2},
            {"tie_band": 2.0},
            {"gap": 0.0},
            {"votes": 30},
            {"votes": 240},
            {"per_comparison": 1},
            {"annotators": 5},
            {"annotators": 100, "votes": 24},
        )
    ),
]
