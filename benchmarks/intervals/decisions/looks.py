"""Simulate studies of two systems that are looked at when planned numbers of votes are there, and ended at a look."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import logit, ndtr, stdtrit

from benchmarks.intervals.decisions.stopping import EVERY, Drawn, Watched, draw_adaptive, draw_in_order
from benchmarks.intervals.designs import Design, Work
from stats.decisions.looks import Spending, boundaries
from stats.decisions.power import expected_share
from stats.uncertainty.sequences import TOO_FEW_UNITS, confidence_sequence
from stats.votes.arrays import BoolArray, FloatArray, IntArray
from stats.votes.least import LEAST_ANNOTATORS, LEAST_DOCUMENTS, LEAST_VOTES

NORMAL = 1.959964
RULES = [(Spending.OBRIEN_FLEMING, 3), (Spending.OBRIEN_FLEMING, 5), (Spending.POCOCK, 4)]


def _grid(
    annotators: tuple[int, ...], documents: tuple[int, ...], per_document: int, *tastes: tuple[float, float]
) -> list[Watched]:
    return [
        Watched(Design(k, n, 2, per_document, taste_annotator=a, taste_document=d, gap=0.0), stretches)
        for k in annotators
        for n in documents
        for a, d in tastes
        for stretches in (False, True)
        if per_document <= k
    ]


# On the first it was chosen which looks are refused, and that documents and annotators always count.
TUNING = [*_grid((3, 5, 10), (150,), 1, (0.3, 0.9)), *_grid((4, 8, 20), (200,), 3, (0.6, 0.5), (0, 0.4))]
HELD_OUT = [
    *_grid((3, 5, 10, 30), (100, 300), 1, (0, 0), (0.5, 0.8)),
    *_grid((3, 5, 10, 30), (100, 300), 3, (0, 0), (0.5, 0.8)),
    *(
        Watched(Design(k, 300, 2, 1, work=Work.HEAVY, taste_annotator=0.4, taste_document=0.7, gap=0.0))
        for k in (6, 12)
    ),
]
# How soon a lead is found: some 58 and 65 % of comparisons.
LEADS = [
    Watched(Design(k, 1000, 2, 1, taste_annotator=taste, taste_document=0.7, gap=gap))
    for gap in (0.4, 0.8)
    for k, taste in ((5, 0.0), (10, 0.2), (30, 0.4))
]
LOOKS, POWER = 4, 0.8
GRID = 20


def share_of(design: Design) -> float:
    """Give the share that infinitely many annotators and documents would give to the first system."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    spread = np.sqrt(2 * (design.taste_annotator**2 + design.taste_document**2))
    return float(expected_share(design.gap + spread * nodes) @ weights / weights.sum())


@dataclass(frozen=True)
class Seen:
    """What the first votes of s studies say of the two systems; arrays of shape (s,), in log-odds."""

    gap: FloatArray
    error: FloatArray
    freedom: FloatArray
    may_say: BoolArray


def seen_at(results: FloatArray, document: IntArray, annotator: IntArray) -> Seen:
    """Give estimate and precision of many studies at once; the second implementation of stats.decisions.look.

    Args:
        results, document, annotator: Shape (s, n).
    """
    n = results.shape[1]
    share = results.mean(axis=1)
    one_sided = (share < 1e-9) | (share > 1 - 1e-9)
    share = np.clip(share, 1e-9, 1 - 1e-9)
    curve = n * share * (1 - share)
    residual = results - share[:, np.newaxis]
    noise = (n * (residual**2).sum(axis=1) / curve**2 * n / (n - 1) + 1 / curve) / (n + 1)
    total, spread, fewest = noise, noise**2 / (n - 1), np.full(len(share), np.inf)
    enough, effective = ~one_sided & (n >= LEAST_VOTES), np.full(len(share), np.inf)
    for unit, least in ((document, LEAST_DOCUMENTS), (annotator, LEAST_ANNOTATORS)):
        part, influence = _by_unit(unit, residual / curve[:, np.newaxis])
        variance, square, freedom = _between(part, influence, noise)
        total = total + variance
        spread = spread + square**2 / freedom
        fewest = np.minimum(fewest, np.where(variance > 0, freedom, np.inf))
        enough &= (part > 0).sum(axis=1) >= least
        effective = np.minimum(effective, 1 / (part**2).sum(axis=1))
    freedom = np.maximum(total**2 / spread, np.where(np.isinf(fewest), 1, fewest))
    return Seen(np.log(share / (1 - share)), np.sqrt(total), freedom, enough & (effective > TOO_FEW_UNITS))


def _by_unit(unit: IntArray, influence: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give each unit's share of the votes and the sum of its influence; shape (s, units)."""
    studies, size = len(unit), int(unit.max()) + 1
    place = (np.arange(studies)[:, np.newaxis] * size + unit).ravel()
    count, total = (np.bincount(place, weights, studies * size) for weights in (None, influence.ravel()))
    return count.reshape(studies, size) / unit.shape[1], total.reshape(studies, size)


def _between(part: FloatArray, influence: FloatArray, noise: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give the variance from units of one kind, the mean square it is taken from, and its degrees of freedom."""
    count, squares = (part > 0).sum(axis=1), (part**2).sum(axis=1)
    expected = 1 - squares
    freedom = expected**2 / np.maximum(squares - 2 * (part**3).sum(axis=1) + squares**2, 1e-12)
    scale = 1 / np.maximum(expected, 1e-12)
    square = (influence**2 / np.where(part > 0, part, 1)).sum(axis=1) * scale
    between = np.maximum(square - noise * (count - 1) * scale, 0)
    return np.where(count > 1, squares * between, 0), squares * square, np.maximum(freedom, 1)


def first_claims(drawn: Drawn, times: list[int], bounds: FloatArray, limit: float) -> tuple[IntArray, IntArray]:
    """Say of each study what its first claim is, above the limit (1), below (-1) or none (0), and after how many votes.

    limit: In log-odds.
    """
    claim, after = np.zeros(len(drawn[0]), dtype=np.int64), np.full(len(drawn[0]), times[-1])
    for time, bound in zip(times, bounds.tolist(), strict=True):
        seen = seen_at(*(column[:, :time] for column in drawn))  # type: ignore[arg-type]
        distance = (seen.gap - limit) / seen.error
        found = seen.may_say & (np.abs(distance) > -stdtrit(seen.freedom, ndtr(-bound))) & (claim == 0)
        claim[found], after[found] = np.sign(distance[found]), time
    return claim, after


def draw_many(watched: Watched, studies: int, rng: np.random.Generator) -> Drawn:
    """Draw results, documents and annotators in order of time, shape (s, votes) each."""
    results, document, annotator = zip(*(draw_in_order(watched, rng) for _ in range(studies)), strict=True)
    return np.array(results), np.array(document), np.array(annotator)


def _draw(watched: Watched, gap: float, studies: int, rng: np.random.Generator) -> Drawn:
    """Draw studies in which the first of the two systems is so far ahead, in log-odds."""
    if watched.design.adaptive:
        return draw_adaptive(replace(watched.design, last_ahead=-gap), studies, rng)
    return draw_many(replace(watched, design=replace(watched.design, gap=gap)), studies, rng)


def false_row(watched: Watched, studies: int, seed: int, at_margin: float = -0.3) -> str:
    """Say in how many studies each rule finds a difference where there is none, and good enough at the margin."""
    rng = np.random.default_rng([seed, zlib.crc32(watched.name.encode())])
    limit = float(logit(share_of(replace(watched.design, gap=at_margin))))
    equals, at_limit = (_draw(watched, gap, studies, rng) for gap in (0.0, at_margin))
    cells = []
    for spending, looks in RULES:
        fractions = np.arange(1, looks + 1) / looks
        bounds = boundaries(fractions.tolist(), spending)
        differ = (first_claims(equals, _times(fractions, equals), bounds, 0.0)[0] != 0).mean()
        good = (first_claims(at_limit, _times(fractions, at_limit), bounds, limit)[0] > 0).mean()
        cells.append(f"{100 * differ:7.1f}{100 * good:7.1f}")
    return f"{watched.name:60s}" + "  ".join(cells)


def _times(fractions: FloatArray, drawn: Drawn) -> list[int]:
    return [round(part * drawn[0].shape[1]) for part in fractions.tolist()]


def speed_row(watched: Watched, studies: int, seed: int) -> str:
    """Say after how many votes a lead is found: by one look, by planned looks, and by looking whenever one likes.

    The one look is at the fewest votes (in steps of GRID) at which four of five studies find the lead; planned looks
    are spread over as many, and the sequence is watched after every EVERY votes until all votes are there.
    """
    rng = np.random.default_rng([seed, zlib.crc32(watched.name.encode())])
    drawn, one = draw_many(watched, studies, rng), np.array([NORMAL])
    sizes = range(GRID, watched.design.votes + 1, GRID)
    size = next((n for n in sizes if (first_claims(drawn, [n], one, 0.0)[0] > 0).mean() >= POWER), None)
    if size is None:
        return f"{watched.name:60s}{'more than ' + str(watched.design.votes):>14s}"
    cells = [f"{size:8d}"]
    for spending in Spending:
        bounds = boundaries([(k + 1) / LOOKS for k in range(LOOKS)], spending)
        claim, after = first_claims(drawn, [round(size * (k + 1) / LOOKS) for k in range(LOOKS)], bounds, 0.0)
        cells.append(f"{100 * (claim > 0).mean():7.0f}{after.mean():7.0f}")
    decided = np.array([_stops(*(column[study] for column in drawn)) for study in range(studies)])
    cells.append(f"{100 * (decided <= size).mean():7.0f}{np.minimum(decided, size).mean():7.0f}")
    cells.append(f"{np.quantile(decided, POWER, method='higher'):8.0f}")
    return f"{watched.name:60s}" + "  ".join(cells)


def _stops(results: FloatArray, document: IntArray, annotator: IntArray) -> float:
    """Give the number of votes after which the confidence sequence ends a study; infinite where it does not."""
    decided = confidence_sequence(results, document, annotator).decided[EVERY - 1 :: EVERY]
    return EVERY * (float(decided.argmax()) + 1) if decided.any() else np.inf


def looks_table(designs: list[Watched], studies: int, seed: int) -> Iterator[str]:
    """Give the table line by line."""
    heads = "  ".join(f"{f'{spending.value[:7]} {looks}':>14s}" for spending, looks in RULES)
    yield f"{'finds in %: a difference, good enough':60s}{heads}"
    for watched in designs:
        yield false_row(watched, studies, seed)


def speed_table(studies: int, seed: int) -> Iterator[str]:
    """Give the table line by line."""
    heads = ("one", "obrien-fleming", "pocock", "sequence in as many", "4 of 5 by")
    yield f"{'finds a lead in %, after so many votes':60s}" + "  ".join(heads)
    for watched in LEADS:
        yield speed_row(watched, studies, seed)
