"""What the votes of a study that is being set up would decide, with what chance, and what they cost in hours."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from stats.decisions.forecast import Chances, SimulatedDesigns, forecast
from stats.decisions.power import Tastes, VotingDesign, simulate_bounds
from stats.uncertainty.proportions import wilson_interval
from stats.votes.arrays import FloatArray
from stats.votes.least import too_few

PATH = Path(__file__).with_name("power_table.jsonl")
POWER = 0.8
LEAST_DOCUMENTS = 5
MOST_DOCUMENTS = 320
DRAWN_FOR = (3, 5, 10)
STUDIES = 200
# Documents times annotators of a study that a page simulates within seconds.
MOST_CELLS = 5_000


@dataclass(frozen=True)
class Alike:
    """How alike people judge.

    Attributes:
        label: For a choice; the numbers say how often two in three people prefer one of two equals.
        tastes: What is simulated.
    """

    label: str
    tastes: Tastes


ALIKE = {
    "much": Alike("Much: 45 to 55 of 100", Tastes(0.2, 0.8)),
    "moderately": Alike("Moderately: 38 to 62 of 100", Tastes(0.5, 0.8)),
    "little": Alike("Little: 28 to 72 of 100", Tastes(1.0, 0.8)),
}
MODERATELY = "moderately"


@dataclass(frozen=True)
class Assumptions:
    """What nobody knows before the votes.

    Attributes:
        share: Share of comparisons in which the small system is truly preferred, a tie as half.
        margin: Of the study.
        alike: Key of ALIKE.
    """

    share: float
    margin: float
    alike: str = MODERATELY

    @property
    def expects_good(self) -> bool:
        return self.share > 0.5 - self.margin


@dataclass(frozen=True)
class Point:
    """A place on a curve of the picture: votes on the two systems in question, and the chance of the decision."""

    votes: float
    chance: float


@dataclass(frozen=True)
class StudyForecast:
    """What the votes on the two systems in question would decide.

    Attributes:
        design: Of these votes.
        chances: Of each decision, if the assumptions are true.
        wrong: Chance of “Good enough” if the small system is truly worse by the whole margin.
        reason: Why there is no forecast; "" if there is one.
        expects_good: Whether “Good enough” is the right decision under the assumptions.
        needed: The smallest design that decides rightly with POWER by other numbers of votes on each of these
            documents; None if no number does.
        curves: Chance of the right decision against votes on more and more documents, by number of annotators.
        deciding: The fewest documents that decide rightly with POWER, by number of annotators; None if no number does.
    """

    design: VotingDesign
    chances: Chances
    wrong: float
    expects_good: bool = True
    reason: str = ""
    needed: VotingDesign | None = None
    curves: Mapping[int, list[Point]] = field(default_factory=dict)
    deciding: Mapping[int, VotingDesign | None] = field(default_factory=dict)

    @property
    def chance(self) -> float:
        """The chance of the decision that is right under the assumptions."""
        return self.chances.good if self.expects_good else self.chances.bad

    @property
    def undecided(self) -> float:
        return max(0.0, 1 - self.chances.good - self.chances.bad)


def forecast_study(design: VotingDesign, assumed: Assumptions) -> StudyForecast:
    """Forecast the verdict of a study from the designs that were simulated (power_table.jsonl)."""
    if reason := _too_little(design):
        return StudyForecast(design, Chances(0, 0), 0, assumed.expects_good, reason)
    groups = {annotators: _by(annotators, design) for annotators in sorted({*DRAWN_FOR, design.annotators})}
    deciding = {n: next(_deciding(_with_documents(group), assumed), None) for n, group in groups.items()}
    most = _documents_drawn(design, deciding.values())
    return StudyForecast(
        design,
        chances_of(design, assumed),
        chances_of(design, replace(assumed, share=0.5 - assumed.margin)).good,
        assumed.expects_good,
        needed=next(_deciding(_with_votes(design), assumed), None),
        curves={n: list(_curve(group, most, assumed)) for n, group in groups.items()},
        deciding=deciding,
    )


def _by(annotators: int, design: VotingDesign) -> VotingDesign:
    return replace(design, annotators=annotators, votes_per_document=min(design.votes_per_document, annotators))


def _documents_drawn(design: VotingDesign, deciding: Iterable[VotingDesign | None]) -> int:
    """Return how many documents the picture reaches to: well beyond the study, and to where something is decided."""
    enough = [decided.documents for decided in deciding if decided is not None]
    most = max(2 * design.documents, round(1.2 * min(enough)) if enough else MOST_DOCUMENTS)
    return max(design.documents, min(MOST_DOCUMENTS, most))


def chances_of(design: VotingDesign, assumed: Assumptions) -> Chances:
    return forecast(simulated_designs(assumed.alike), design, assumed.share, assumed.margin)


def _too_little(design: VotingDesign) -> str:
    if reason := too_few(design.votes, design.annotators, design.documents):
        return f"A board would say “{reason}”."
    if design.documents < LEAST_DOCUMENTS:
        return f"With fewer than {LEAST_DOCUMENTS} documents chance decides too much for a forecast."
    return ""


def _deciding(designs: Iterator[VotingDesign], assumed: Assumptions) -> Iterator[VotingDesign]:
    for design in designs:
        if _right(design, assumed) >= POWER and not too_few(design.votes, design.annotators, design.documents):
            yield design


def _with_votes(design: VotingDesign) -> Iterator[VotingDesign]:
    votes = 1
    while votes < design.annotators:
        yield replace(design, votes_per_document=votes)
        votes += max(1, votes // 20)
    yield replace(design, votes_per_document=design.annotators)


def _with_documents(design: VotingDesign, most: int = MOST_DOCUMENTS) -> Iterator[VotingDesign]:
    documents = LEAST_DOCUMENTS
    while documents < most:
        yield replace(design, documents=documents)
        documents += max(1, documents // 20)
    yield replace(design, documents=most)


def _curve(design: VotingDesign, most: int, assumed: Assumptions) -> Iterator[Point]:
    for step in _with_documents(design, most):
        if not too_few(step.votes, step.annotators, step.documents):
            yield Point(step.votes, _right(step, assumed))


def _right(design: VotingDesign, assumed: Assumptions) -> float:
    """Return the chance of the decision that is right under the assumptions."""
    chances = chances_of(design, assumed)
    return chances.good if assumed.expects_good else chances.bad


@dataclass(frozen=True)
class ExactForecast:
    """Chances from studies of exactly this design, with 95 % intervals for how few were drawn."""

    studies: int
    good: float
    good_from: float
    good_to: float
    bad: float
    wrong: float
    wrong_to: float


class TooLargeError(ValueError):
    """The study is too large to be simulated while somebody waits."""


def simulate_study(
    design: VotingDesign, assumed: Assumptions, *, studies: int = STUDIES, seed: int = 0
) -> ExactForecast:
    """Simulate a planned study; takes some seconds.

    Raises:
        TooLargeError: It would take minutes.
    """
    if design.documents * design.annotators > MOST_CELLS:
        raise TooLargeError(
            f"{design.documents:,} documents times {design.annotators:,} annotators are too many to simulate here; the "
            f"most is {MOST_CELLS:,}."
        )
    tastes = ALIKE[assumed.alike].tastes
    true = simulate_bounds(design, tastes, assumed.share, studies=studies, seed=seed)
    margin = simulate_bounds(design, tastes, 0.5 - assumed.margin, studies=studies, seed=seed + 1)
    good, wrong = true.good(assumed.margin), margin.good(assumed.margin)
    hits = np.round(np.array([good, wrong]) * studies)
    lower, upper = wilson_interval(hits, np.full(2, float(studies)))
    return ExactForecast(
        studies, good, float(lower[0]), float(upper[0]), true.bad(assumed.margin), wrong, float(upper[1])
    )


@cache
def simulated_designs(alike: str) -> Sequence[SimulatedDesigns]:
    """Read the designs that were simulated, by number of annotators."""
    by_annotators: dict[int, list[dict[str, Any]]] = defaultdict(list)
    with PATH.open(encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            if line["alike"] == alike:
                by_annotators[line["annotators"]].append(line)
    return [_designs(annotators, by_annotators[annotators]) for annotators in sorted(by_annotators)]


def _designs(annotators: int, lines: list[dict[str, Any]]) -> SimulatedDesigns:
    votes, documents = (sorted({line[name] for line in lines}) for name in ("votes_per_document", "documents"))
    place = {(line["votes_per_document"], line["documents"]): line for line in lines}
    lower, upper = (
        np.array([[place[v, d][end] for d in documents] for v in votes], dtype=np.float64) for end in ("lower", "upper")
    )
    across: FloatArray = np.array(documents, dtype=np.float64)
    return SimulatedDesigns(annotators, across, np.array(votes, dtype=np.float64), lower, upper).smoothed()


@dataclass(frozen=True)
class Bill:
    """What a study asks of people.

    Attributes:
        ratings: Pairs times votes on each.
        seconds: Time of one rating.
        measured: Number of pairs that this rests on; 0 if it is assumed.
        annotators: Who share the work.
        hourly_rate: What an hour costs; None if nobody said.
    """

    ratings: int
    seconds: float
    measured: int
    annotators: int | None
    hourly_rate: float | None = None

    @property
    def hours(self) -> float:
        return self.ratings * self.seconds / 3600

    @property
    def seconds_each(self) -> float | None:
        return self.ratings * self.seconds / self.annotators if self.annotators else None

    @property
    def cost(self) -> float | None:
        return None if self.hourly_rate is None else self.hours * self.hourly_rate
