"""Simulate studies of the same few people on other documents: how often alpha's interval holds the truth."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from stats.raters.agreement import krippendorff_alpha
from stats.votes.arrays import IntArray

Columns = tuple[IntArray, IntArray, IntArray, IntArray]
RESAMPLES = 300
# For the truth: so many studies of so many times the documents.
LARGE, TIMES = 30, 40
USUAL = np.array([0.4, 0.4, 0.2])


@dataclass(frozen=True)
class AlphaDesign:
    """Each item has a usual answer, which somebody gives with probability `agree`, else any.

    Attributes:
        annotators, documents: How many of each.
        items: Items of a document.
        agree: Mean probability to give the usual answer.
        differ: Standard deviation of that between documents.
    """

    annotators: int
    documents: int
    items: int
    agree: float
    differ: float = 0.0

    @property
    def name(self) -> str:
        size = f"{self.annotators} annotators x {self.documents} documents x {self.items}"
        return f"{size}, usual answer in {self.agree:.0%}" + (f" ± {self.differ:.0%}" if self.differ else "")


TUNING = [
    AlphaDesign(3, 20, 1, 0.6),
    AlphaDesign(3, 20, 1, 0.3),
    AlphaDesign(3, 20, 3, 0.6, 0.2),
    AlphaDesign(2, 10, 3, 0.6, 0.2),
    AlphaDesign(5, 12, 2, 0.5, 0.2),
    AlphaDesign(3, 100, 1, 0.6),
]
HELD_OUT = [
    AlphaDesign(3, 20, 2, 0.5),
    AlphaDesign(3, 20, 2, 0.7, 0.15),
    AlphaDesign(3, 10, 5, 0.5, 0.15),
    AlphaDesign(4, 15, 1, 0.7),
    AlphaDesign(2, 30, 1, 0.6),
    AlphaDesign(6, 25, 3, 0.3, 0.1),
    AlphaDesign(10, 200, 1, 0.5, 0.2),
]


def answers(design: AlphaDesign, rng: np.random.Generator, times: int = 1) -> Columns:
    """Draw item, annotator, outcome and document of all votes, on `times` as many documents."""
    documents = design.documents * times
    home = np.repeat(np.arange(documents), design.items)
    item, annotator = (grid.ravel() for grid in np.indices((len(home), design.annotators)))
    agree = np.clip(rng.normal(design.agree, design.differ, documents), 0, 1)[home]
    usual, other = rng.choice(3, size=len(home), p=USUAL), rng.choice(3, size=len(item), p=USUAL)
    outcome = np.where(rng.random(len(item)) < agree[item], usual[item], other)
    return item, annotator, outcome, home[item]


def percentiles(columns: Columns, seed: int) -> tuple[float, float] | None:
    """Give the interval up to 0.8: percentiles of resamples of the documents; a second implementation, by weights."""
    item, _, outcome, document = columns
    counts = np.zeros((int(item.max()) + 1, 3))
    np.add.at(counts, (item, outcome), 1)
    home = np.zeros(len(counts), dtype=np.int64)
    home[item] = document
    sizes = counts.sum(axis=1)
    off, n = (sizes**2 - (counts**2).sum(axis=1)) / (sizes - 1), int(home.max()) + 1
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=RESAMPLES)[:, home]
    total, values = drawn @ sizes, drawn @ counts
    expected = total**2 - (values**2).sum(axis=1)
    kept = expected > 0
    alpha = 1 - ((total - 1) * (drawn @ off))[kept] / expected[kept]
    lower, upper = np.quantile(alpha, [0.025, 0.975])
    return float(lower), float(upper)


def alpha_row(design: AlphaDesign, studies: int, seed: int) -> str:
    """Say how often each interval holds alpha of many documents, and how wide it is over what 95 % need."""
    held, width, estimates = np.zeros(2), np.zeros(2), []
    rng = np.random.default_rng([seed, design.annotators, design.documents, design.items])
    large = (answers(design, rng, TIMES) for _ in range(LARGE))
    true = np.mean([krippendorff_alpha(*c[:3], document=c[3], seed=0, resamples=1).alpha or 0.0 for c in large])
    for number in range(studies):
        columns = answers(design, rng)
        agreement = krippendorff_alpha(*columns[:3], document=columns[3], seed=number, resamples=RESAMPLES)
        if agreement.alpha is None or agreement.lower is None or agreement.upper is None:
            continue
        estimates.append(agreement.alpha)
        for k, bounds in enumerate((percentiles(columns, number), (agreement.lower, agreement.upper))):
            if bounds:
                held[k] += bounds[0] <= true <= bounds[1]
                width[k] += bounds[1] - bounds[0]
    n, ideal = len(estimates), 2 * 1.959964 * np.std(estimates)
    cells = "".join(f"{100 * held[k] / n:9.1f}{width[k] / n / ideal:7.2f}" for k in range(2))
    return f"{design.name:62s}{true:8.2f}{cells}"


def alpha_table(designs: list[AlphaDesign], studies: int, seed: int) -> Iterator[str]:
    """Give the table line by line."""
    yield f"{'alpha: covers in %, width / ideal':62s}{'truth':>8s}{'to 0.8':>9s}{'':>7s}{'now':>9s}"
    for design in designs:
        yield alpha_row(design, studies, seed)
