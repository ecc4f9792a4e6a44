"""Simulate how often intervals about metrics and marks hold the truth.

    python -m benchmarks.marks.seeing [--studies 400] [--seed 1]

In every study readers mark sentences of summaries, some readers more than others, and a metric gives each sentence a
value that goes with how bad it is, and with its document. The truth is what one very large study of the same kind
says, or for correlations within documents the mean over many studies of the same size, since few readers blur them.
"""

import argparse
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from stats.marks.counts import ErrorCounts, value_trust
from stats.marks.seeing import Suspicions, seen
from stats.metrics.correlation import COEFFICIENTS, correlations
from stats.votes.arrays import FloatArray, IntArray

SENTENCES = 6  # of a summary, on average
TRUTH_DOCUMENTS, TRUTH_READERS = 3_000, 60
RESAMPLES = 200


@dataclass(frozen=True)
class MarkedDesign:
    """Hold what a study is like.

    Attributes:
        documents, systems, readers: How many there are. Everybody reads everything.
        metric: How much of a sentence's badness the metric sees; 0 for none.
        threshold: Above which badness a reader marks, so how rare marks are.
        of_document: Spread of documents, in badness and in the metric.
        leniency: Spread of readers.
        steps: Of the metric's values between its ends, few for many ties; 0 for none.
        apart: Spread of systems.
    """

    documents: int
    systems: int = 5
    readers: int = 3
    metric: float = 1.0
    threshold: float = 1.5
    of_document: float = 0.5
    leniency: float = 0.3
    steps: int = 0
    apart: float = 0.4

    @property
    def name(self) -> str:
        return (
            f"{self.documents:4d} documents, {self.systems} systems, {self.readers} readers, metric {self.metric:g}, "
            f"marks above {self.threshold:g}, documents {self.of_document:g}, readers {self.leniency:g}"
            + (f", {self.steps} steps" if self.steps else "")
        )


_BASE = MarkedDesign(35)
DESIGNS = [
    _BASE,
    replace(_BASE, metric=0.0),
    replace(_BASE, metric=3.0),
    replace(_BASE, steps=2),
    replace(_BASE, threshold=2.5),
    replace(_BASE, readers=1, leniency=0.0),
    replace(_BASE, readers=6, leniency=0.6),
    replace(_BASE, documents=8),
    replace(_BASE, documents=8, readers=1, leniency=0.0, threshold=2.0),
    replace(_BASE, documents=15, systems=3, readers=2, leniency=0.0),
    replace(_BASE, documents=120, systems=8, readers=2, leniency=0.0, of_document=1.0),
]


@dataclass(frozen=True)
class MarkedDraw:
    """Hold one study: its sentences with their readers, and summaries' values, shape (n_systems, n_documents)."""

    parts: Suspicions
    counts: ErrorCounts
    values: FloatArray


def draw_marked(design: MarkedDesign, systems: FloatArray, generator: np.random.Generator) -> MarkedDraw:
    """Draw documents, readers and sentences.

    systems: How bad each system's sentences are on average.
    """
    shape = (design.systems, design.documents)
    in_summary = 1 + generator.poisson(SENTENCES - 1, shape)
    system, document = (np.repeat(index.ravel(), in_summary.ravel()) for index in np.indices(shape))
    of_document = generator.normal(0, design.of_document, (2, design.documents))
    badness = systems[system] + of_document[0, document] + generator.normal(0, 1, len(system))
    suspicion = design.metric * badness + of_document[1, document] + generator.normal(0, 1, len(system))
    if design.steps:
        scale = np.sqrt(design.metric**2 * 1.5 + 1.5)
        suspicion = np.clip(np.floor(suspicion / scale * design.steps / 2), -design.steps / 2, design.steps / 2 - 1)
    lenient = generator.normal(0, design.leniency, design.readers)
    noise = generator.normal(0, 0.7, (design.readers, len(system)))
    marked = badness + noise - lenient[:, np.newaxis] > design.threshold
    return _as_study(design, system, document, suspicion, marked)


def _as_study(
    design: MarkedDesign, system: IntArray, document: IntArray, suspicion: FloatArray, marked: FloatArray
) -> MarkedDraw:
    readers, shape = design.readers, (design.systems, design.documents)
    reader = np.repeat(np.arange(readers), len(system))
    parts = Suspicions(np.tile(suspicion, readers), marked.ravel(), np.tile(document, readers), reader)
    summary = system * design.documents + document
    errors = np.array([np.bincount(summary, row, minlength=shape[0] * shape[1]) for row in marked])
    of_system, of_document = (np.tile(index.ravel(), readers) for index in np.indices(shape))
    counts = ErrorCounts(errors.ravel(), of_system, of_document, np.repeat(np.arange(readers), errors.shape[1]))
    # A summary's value is the mean of its sentences'; less suspicious is better.
    values = -np.bincount(summary, suspicion) / np.bincount(summary)
    return MarkedDraw(parts, counts, values.reshape(shape))


@dataclass(frozen=True)
class Held:
    """Hold how many intervals out of 100 held the truth, and how wide they were."""

    truth: float
    mean: float
    covers: float
    width: float
    studies: int


def held(design: MarkedDesign, studies: int, seed: int) -> dict[str, Held]:
    """Draw studies of a design, and hold the intervals of each figure against the truth."""
    generator = np.random.default_rng([seed, zlib.crc32(design.name.encode())])
    systems = generator.normal(0, design.apart, design.systems)
    rows = [_figures(draw_marked(design, systems, generator), number) for number in range(studies)]
    true = _truth(design, systems, generator)
    found = {}
    for name in rows[0]:
        if np.isnan(true.get(name, 0.0)):
            continue
        numbers = np.array([row[name] for row in rows])
        value, lower, upper = numbers[~np.isnan(numbers).any(axis=1)].T
        truth = true.get(name, float(np.mean(value)))
        inside = (lower <= truth + 1e-9) & (truth - 1e-9 <= upper)
        found[name] = Held(
            truth, float(value.mean()), 100 * float(inside.mean()), float((upper - lower).mean()), len(value)
        )
    return found


def _figures(study: MarkedDraw, seed: int) -> dict[str, tuple[float, ...]]:
    """Return value, lower and upper bound of each figure; NaN where undefined."""
    found = seen(study.parts)
    rows = {
        name: (figure.value, figure.lower, figure.upper)
        for name, figure in (("AUC", found.auc), ("precision", found.precision))
    }
    trust = value_trust(study.counts, study.values, seed=seed, resamples=RESAMPLES)
    numbers = {name: tuple(np.nan if v is None else float(v) for v in row) for name, row in rows.items()}
    for level, by_name in (("systems", trust.system), ("summaries", trust.summary)):
        for name in COEFFICIENTS[:1]:
            numbers[f"{level}: {name}"] = (by_name[name].value, by_name[name].lower, by_name[name].upper)
    return numbers


def _truth(design: MarkedDesign, systems: FloatArray, generator: np.random.Generator) -> dict[str, float]:
    """Return what a very large study says; not of correlations within documents, which depend on its readers."""
    large = replace(design, documents=TRUTH_DOCUMENTS // design.systems, readers=TRUTH_READERS)
    if not design.leniency:
        large = replace(large, readers=10)
    studies = [draw_marked(large, systems, generator) for _ in range(4)]
    figures = [seen(study.parts) for study in studies]
    better = np.mean([-np.bincount(s.counts.system, s.counts.errors) for s in studies], axis=0)
    values = np.mean([s.values.mean(axis=1) for s in studies], axis=0)
    return {
        "AUC": float(np.mean([f.auc.value for f in figures])),
        "precision": float(np.mean([f.precision.value for f in figures])),
        # A metric that sees nothing has one mean for all systems, and no order of them.
        "systems: kendall": float(correlations(values[np.newaxis], better[np.newaxis])[0, 0])
        if design.metric
        else np.nan,
    }


def table(designs: list[MarkedDesign], studies: int, seed: int) -> Iterator[str]:
    """Give a line for each design."""
    yield "Covers in %, mean width; true value"
    for design in designs:
        cells = (
            f"{name} {h.covers:.1f} ({h.width:.2f}; {h.truth:.2f})" for name, h in held(design, studies, seed).items()
        )
        yield f"{design.name}: {', '.join(cells)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for line in table(DESIGNS, options.studies, options.seed):
        print(line, flush=True)


if __name__ == "__main__":
    main()
