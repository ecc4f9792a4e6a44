"""Simulate how often intervals of strengths at equal length hold the truth, by how people like length.

The truth is the board of endless votes on summaries of equal length. Words of a summary are log-normal around those of
its system; what a summary gains by its length is a function of x = (l_a - l_b) / (l_a + l_b).
"""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from benchmarks.intervals.designs import Design
from benchmarks.intervals.draw import draw_cells, draw_pairs, strengths_of, truth
from stats.decisions.power import TIE_BAND
from stats.ratings.length_control import length_controlled
from stats.ratings.style_control import style_controlled
from stats.strengths.bradley_terry import SCALE, fit_bradley_terry
from stats.uncertainty.calibrated import precision
from stats.votes.arrays import FloatArray, OutcomeCode, VoteArrays, renumbered

WORDS = 150  # of the longest system's typical summary
Liking = Callable[[FloatArray], FloatArray]
WAYS: dict[str, Liking] = {
    "linear": lambda x: 3 * x,
    "step": np.sign,
    "saturating": lambda x: 1.2 * np.tanh(5 * x),
    "log-ratio": lambda x: 2 * np.arctanh(np.clip(x, -0.99, 0.99)),
    "threshold": lambda x: 0.8 * np.sign(x) * (np.abs(x) > 0.1),
    "hump": lambda x: np.sin(np.clip(8 * x, -np.pi, np.pi)),
}
TUNED_WAYS = {
    "linear": lambda x: 4 * x,
    "step": lambda x: 0.8 * np.sign(x),
    "saturating": lambda x: 0.9 * np.tanh(8 * x),
    "threshold": lambda x: np.sign(x) * (np.abs(x) > 0.15),
}


@dataclass(frozen=True)
class Lengths:
    """A design with lengths.

    Attributes:
        design: Who votes on what; drawn evenly, with even work.
        longer: How much longer each system is than the next, as a ratio less 1.
        spread: Standard deviation of the log of a system's lengths.
        ways: How people may like length.
    """

    design: Design
    longer: float
    spread: float
    ways: dict[str, Liking]

    @property
    def name(self) -> str:
        return f"{self.design.name}, {100 * self.longer:.0f} % longer each, spread {self.spread:g}"


TUNING = [
    Lengths(design, longer, spread, TUNED_WAYS)
    for design in (
        Design(10, 60, 4, 4, 3, taste_annotator=0.3, taste_document=0.6),
        Design(8, 100, 5, 3, 1),
        Design(6, 40, 2, 6, 1, taste_annotator=0.3, taste_document=0.5),
        Design(20, 150, 4, 3, 2, taste_document=0.5),
    )
    for longer, spread in ((0.05, 0.3), (0.3, 0.25), (0.8, 0.25))
]
HELD_OUT = [
    Lengths(Design(12, 80, 4, 3, 2, taste_annotator=0.4, taste_document=0.7), 0.05, 0.3, WAYS),
    Lengths(Design(12, 80, 4, 3, 2, taste_annotator=0.4, taste_document=0.7), 0.35, 0.25, WAYS),
    Lengths(Design(40, 300, 5, 4, 2, taste_annotator=0.3, taste_document=0.5), 0.4, 0.25, WAYS),
    Lengths(Design(25, 500, 5, 1, 4), 0.15, 0.2, WAYS),
    Lengths(Design(5, 40, 3, 5, 1, taste_annotator=0.4, taste_document=0.7), 0.2, 0.3, WAYS),
    Lengths(Design(15, 60, 10, 4, 1, taste_annotator=0.4, taste_document=0.7), 0.1, 0.3, WAYS),
    Lengths(Design(8, 100, 2, 4, 1, taste_annotator=0.3, taste_document=0.5), 0.4, 0.25, WAYS),
    Lengths(Design(10, 100, 4, 3, 2, taste_annotator=0.3, taste_document=0.5), 1.5, 0.1, WAYS),
]


def draw_lengths(
    lengths: Lengths, likes: Liking, rng: np.random.Generator
) -> tuple[VoteArrays, FloatArray, FloatArray]:
    """Draw one study; give its votes and the words of a and b of each, shape (n_votes,)."""
    design = lengths.design
    document, annotator = (np.repeat(unit[0], design.pairs) for unit in draw_cells(design, 1, rng))
    a, b = (side[0] for side in draw_pairs(design, 1, rng))
    usual = WORDS / (1 + lengths.longer) ** np.arange(design.systems)
    words = usual * np.exp(rng.normal(0, lengths.spread, (design.documents, design.systems)))
    words = np.maximum(np.rint(words), 1)
    length_a, length_b = words[document, a], words[document, b]
    of_annotator = rng.normal(0, design.taste_annotator, (design.annotators, design.systems))
    liking = strengths_of(design) + of_annotator[annotator]
    liking = liking + rng.normal(0, design.taste_document, words.shape)[document]
    row = np.arange(len(a))
    at = liking[row, a] - liking[row, b] + likes((length_a - length_b) / (length_a + length_b))
    chance = rng.random(len(a))
    won, lost = chance < expit(at - TIE_BAND), chance > expit(at + TIE_BAND)
    outcome = np.where(won, OutcomeCode.A, np.where(lost, OutcomeCode.B, OutcomeCode.TIE)).astype(np.int64)
    votes = VoteArrays(a, b, outcome, renumbered(document), renumbered(annotator), design.systems)
    return votes, length_a, length_b


def bounds_of(votes: VoteArrays, length_a: FloatArray, length_b: FloatArray) -> tuple[FloatArray, ...]:
    """Give the bounds with a straight line, as up to version 0.12 of the boards, and with a curve; shape (n,) each."""
    line = style_controlled(votes, length_a[:, np.newaxis], length_b[:, np.newaxis])
    now = length_controlled(votes, length_a, length_b)
    return line.lower, line.upper, now.lower, now.upper


def coverage(lengths: Lengths, likes: Liking, studies: int, seed: int) -> FloatArray:
    """Give coverage in % and width in points, with a line and with a curve, and systems without a value in %."""
    rng = np.random.default_rng([seed, zlib.crc32(lengths.name.encode())])
    n = lengths.design.systems
    true = truth(lengths.design, 1 - np.eye(n))
    bounds = np.array([bounds_of(*draw_lengths(lengths, likes, rng)) for _ in range(studies)])
    figures = []
    for lower, upper in ((bounds[:, 0], bounds[:, 1]), (bounds[:, 2], bounds[:, 3])):
        said = np.isfinite(lower)
        held = (lower <= true) & (true <= upper)
        figures += [100 * held[said].mean(), SCALE * (upper - lower)[said].mean()] if said.any() else [np.nan, np.nan]
    return np.array([*figures, 100 * np.isnan(bounds[:, 2]).mean()])


def board_coverage(lengths: Lengths, studies: int, seed: int) -> FloatArray:
    """Give the same of the board's own interval where nobody likes length: coverage in % and width in points."""
    rng = np.random.default_rng([seed, zlib.crc32(lengths.name.encode()), 1])
    true = truth(lengths.design, 1 - np.eye(lengths.design.systems))
    held, widths = [], []
    for _ in range(studies):
        votes, _, _ = draw_lengths(lengths, np.zeros_like, rng)
        strengths = fit_bradley_terry(votes.wins())
        reach = np.diag(precision(votes, strengths).reach())
        held.append(np.abs(strengths - true) <= reach)
        widths.append(2 * SCALE * reach)
    return np.array([100 * np.mean(held), np.mean(widths)])


def length_table(designs: list[Lengths], studies: int, seed: int) -> Iterator[str]:
    """Give the table line by line."""
    yield f"{'':12s}{'line covers':>12s}{'width':>7s}{'now covers':>12s}{'width':>7s}{'no value':>10s}"
    for lengths in designs:
        covers, width = board_coverage(lengths, studies, seed)
        yield f"{lengths.name}: nobody likes length, the board's interval {covers:.1f} · {width:.0f}"
        for way, likes in lengths.ways.items():
            line, line_width, now, now_width, none = coverage(lengths, likes, studies, seed)
            yield f"{way:12s}{line:12.1f}{line_width:7.0f}{now:12.1f}{now_width:7.0f}{none:10.1f}"
