"""The designs of simulated studies: those on which an interval is tuned, and those that only judge it."""

from dataclasses import dataclass, replace
from enum import StrEnum


class Work(StrEnum):
    """How the votes are spread over the annotators.

    Attributes:
        EVEN: Evenly.
        ONE: The first gives 60 %, the others share the rest.
        HEAVY: A long tail: annotator k gives 1 / k as many as the first.
    """

    EVEN = "even"
    ONE = "one 60 %"
    HEAVY = "tail"


@dataclass(frozen=True)
class Design:
    """Who votes on what, and how much people and documents differ.

    Attributes:
        annotators, documents, systems: How many of each.
        per_document: Annotators on each document.
        pairs: Pairs of systems that an annotator rates of a document.
        work: How the votes are spread over the annotators.
        adaptive: Whether the pairs least certain are drawn more often.
        question: Where most draws are of the last two systems, the share that is drawn evenly; 0 where they are not.
        taste_annotator, taste_document: Standard deviations of tastes for each system, in log-odds.
        polarising: How many times as large annotators' tastes are for the first system.
        gap: Distance of neighbours, in log-odds.
        last_ahead: How far the last system is ahead of its place, in log-odds.
    """

    annotators: int
    documents: int
    systems: int
    per_document: int
    pairs: int = 1
    work: Work = Work.EVEN
    adaptive: bool = False
    question: float = 0.0
    taste_annotator: float = 0.0
    taste_document: float = 0.0
    polarising: float = 1.0
    gap: float = 0.3
    last_ahead: float = 0.0

    @property
    def cells(self) -> int:
        return self.documents * self.per_document

    @property
    def votes(self) -> int:
        return self.cells * self.pairs

    @property
    def name(self) -> str:
        words = [f"{self.annotators} x {self.documents}, {self.systems} systems, {self.votes:,} votes"]
        words += [self.work.value] if self.work != Work.EVEN else []
        words += ["adaptive"] if self.adaptive else []
        words += [f"two in question ({self.question:g} even)"] if self.question else []
        words += [f"tastes {self.taste_annotator:g}/{self.taste_document:g}"]
        words += [f"one system x{self.polarising:g}"] if self.polarising != 1 else []
        return ", ".join(words)


def _with_tastes(design: Design, *tastes: tuple[float, float]) -> list[Design]:
    return [replace(design, taste_annotator=a, taste_document=d) for a, d in tastes]


# Tastes of annotators and of documents: none, moderate, strong. On such designs the interval was chosen.
TUNING = [
    *_with_tastes(Design(3, 100, 4, 3, 2), (0, 0), (0.5, 0.8), (1.0, 0.3)),
    *_with_tastes(Design(5, 20, 4, 5, 3), (0, 0), (0.3, 0.6), (1.0, 0.3)),
    *_with_tastes(Design(5, 100, 4, 1, 2, Work.ONE), (0, 0), (0.5, 0.8), (1.0, 0.3)),
    *_with_tastes(Design(10, 50, 6, 3, 2), (0, 0), (0.5, 0.8)),
    *_with_tastes(Design(30, 100, 6, 3, 1), (0, 0), (0.5, 0.8), (1.0, 0.8)),
    *_with_tastes(Design(30, 300, 6, 1, 1, Work.ONE), (0.5, 0.8)),
    *_with_tastes(Design(30, 300, 4, 1, 1, Work.HEAVY), (0, 0), (0.5, 0.8)),
]

# On these it is judged.
HELD_OUT = [
    *_with_tastes(Design(2, 60, 2, 2, 1), (0, 0), (0.4, 0.7)),
    *_with_tastes(Design(2, 50, 4, 2, 3), (0, 0), (0.4, 0.7)),
    *_with_tastes(Design(3, 60, 5, 3, 2), (0, 0), (0.4, 0.7), (0.8, 0.5)),
    *_with_tastes(Design(4, 10, 2, 4, 1), (0, 0), (0.4, 0.7)),
    *_with_tastes(Design(6, 40, 3, 6, 1), (0, 0), (0.4, 0.7), (0.8, 0.5)),
    *_with_tastes(Design(6, 150, 5, 1, 2, Work.ONE), (0, 0), (0.4, 0.7), (0.8, 0.5)),
    *_with_tastes(Design(8, 1000, 8, 1, 1), (0, 0), (0.4, 0.7)),
    *_with_tastes(Design(12, 80, 2, 3, 1, Work.HEAVY), (0, 0), (0.4, 0.7)),
    *_with_tastes(Design(15, 60, 20, 4, 3), (0, 0), (0.4, 0.7)),
    *_with_tastes(Design(15, 60, 8, 4, 2, adaptive=True), (0, 0), (0.4, 0.7)),
    *_with_tastes(Design(25, 400, 5, 1, 1, Work.ONE), (0, 0), (0.4, 0.7), (0.8, 0.5)),
    *_with_tastes(Design(40, 120, 7, 2, 1), (0, 0), (0.4, 0.7)),
    *_with_tastes(Design(50, 500, 5, 1, 1, Work.HEAVY, adaptive=True), (0.4, 0.7)),
    *_with_tastes(Design(100, 300, 10, 5, 1), (0, 0), (0.4, 0.7)),
    *_with_tastes(Design(100, 1000, 4, 1, 1, Work.HEAVY), (0.4, 0.7)),
    replace(Design(6, 60, 5, 6, 2), taste_annotator=0.3, taste_document=0.5, polarising=4),
    *_with_tastes(Design(6, 150, 6, 2, question=0.2), (0, 0), (0.4, 0.7), (0.8, 0.5)),
    *_with_tastes(Design(20, 400, 8, 1, question=0.2), (0, 0), (0.4, 0.7)),
    *_with_tastes(Design(12, 300, 5, 1, work=Work.HEAVY, question=0.2), (0.4, 0.7)),
]

# For what holds for all systems at once: 15 equals, whom few annotators judge often, and six that differ.
TOGETHER = [
    *(Design(k, 100, 15, min(k, 10), 10, taste_annotator=0.8, taste_document=0.5, gap=0.0) for k in (3, 5, 7, 10, 30)),
    Design(30, 100, 6, 10, 1, taste_annotator=0.5, taste_document=0.5, gap=0.4),
    Design(30, 100, 6, 3, 1, gap=0.6),
]
