"""Simulate studies that are looked at on planned dates, by which as many votes have come as happen to come."""

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, logit

from benchmarks.intervals.decisions.looks import NORMAL, first_claims, share_of
from benchmarks.intervals.decisions.stopping import Drawn, Watched, draw_in_order
from benchmarks.intervals.designs import Design
from stats.decisions.dated import look_by_date
from stats.decisions.looks import Spending
from stats.decisions.power import TIE_BAND
from stats.votes.arrays import FloatArray
from stats.votes.least import LEAST_VOTES

RULES = [(Spending.OBRIEN_FLEMING, 5), (Spending.POCOCK, 4)]
# Votes that come in all, in parts of the planned number: fewer, as planned, more.
COMING = (0.6, 1.0, 1.6)
BATCH = 50
AT_MARGIN = -0.3


@dataclass(frozen=True)
class Order:
    """Who votes when: all from the start, one after the other, or ever more of them."""

    name: str
    stretches: bool = False
    joining: bool = False


ORDERS = (Order("any order"), Order("stretches", stretches=True), Order("more join late", joining=True))


def _even(looks: int, _rng: np.random.Generator) -> FloatArray:
    return np.arange(1, looks + 1) / looks


def _late(looks: int, _rng: np.random.Generator) -> FloatArray:
    return (np.arange(1, looks + 1) / looks) ** 2.5


def _bursts(looks: int, rng: np.random.Generator) -> FloatArray:
    """Some weeks bring nearly everything and others nothing."""
    return rng.dirichlet(np.full(looks, 0.4)).cumsum()


ARRIVALS: dict[str, Callable[[int, np.random.Generator], FloatArray]] = {
    "evenly": _even,
    "late": _late,
    "in bursts": _bursts,
}
# Nothing was chosen on these: neither the rule for dates, which has nothing to choose, nor which looks are refused.
HELD_OUT = [
    Design(k, n, 2, votes, taste_annotator=a, taste_document=d, gap=0.0)
    for k in (6, 9, 14, 40)
    for n, votes in ((250, 1), (120, 3))
    for a, d in ((0.0, 0.0), (0.4, 0.6), (0.7, 0.3))
]


def dated_bounds(counts: Sequence[int], maximum: int, spending: Spending) -> tuple[list[int], FloatArray]:
    """Give the looks that are held where so many votes are there at the dates: votes, and boundary, of each."""
    held: list[int] = []
    times, bounds = [], []
    for number, votes in enumerate(counts, 1):
        look = look_by_date(held, votes, maximum, spending, rest=number == len(counts))
        if look.boundary is not None:
            held.append(votes)
            times.append(votes)
            bounds.append(look.boundary)
    return times, np.array(bounds)


def draw_joining(design: Design, rng: np.random.Generator) -> Drawn:
    """Draw a study that begins with three annotators and that ever more join; in order of time."""
    n = design.cells
    there = np.maximum(3, np.ceil(design.annotators * (np.arange(1, n + 1) / n) ** 2)).astype(np.int64)
    annotator = np.minimum((rng.random(n) * there).astype(np.int64), design.annotators - 1)
    document = np.concatenate([rng.permutation(design.documents) for _ in range(design.per_document)])
    at = design.gap + np.sqrt(2) * (
        rng.normal(0, design.taste_annotator, design.annotators)[annotator]
        + rng.normal(0, design.taste_document, design.documents)[document]
    )
    chance = rng.random(n)
    results = np.where(chance < expit(at - TIE_BAND), 1.0, np.where(chance > expit(at + TIE_BAND), 0, 0.5))
    return results, document.astype(np.int64), annotator


def draw_batch(design: Design, order: Order, studies: int, rng: np.random.Generator) -> Drawn:
    """Draw results, documents and annotators in order of time, shape (s, votes) each."""
    if order.joining:
        drawn = [draw_joining(design, rng) for _ in range(studies)]
    else:
        drawn = [draw_in_order(Watched(design, order.stretches), rng) for _ in range(studies)]
    results, document, annotator = zip(*drawn, strict=True)
    return np.array(results), np.array(document), np.array(annotator)


def counts_at(shares: FloatArray, votes: int) -> list[int]:
    """Give the votes that are there at each date."""
    return [min(votes, round(share * votes)) for share in shares.tolist()]


def _plain(counts: Sequence[int]) -> tuple[list[int], FloatArray]:
    times = [votes for votes in counts if votes >= LEAST_VOTES]
    return times, np.full(len(times), NORMAL)


def false_shares(design: Design, order: Order, arrival: str, studies: int, seed: int) -> dict[str, list[float]]:
    """Give by rule the share of studies that find a difference where there is none, and good enough at the margin.

    Each batch of studies has its own dates and its own total: numbers of votes never depend on what they say.
    """
    rng = np.random.default_rng([seed, zlib.crc32(f"{design.name} {order.name} {arrival}".encode())])
    worse = replace(design, gap=AT_MARGIN)
    limit, batches = float(logit(share_of(worse))), max(1, studies // BATCH)
    found: dict[str, list[list[float]]] = {}
    for number in range(batches):
        equals, at_limit = (draw_batch(one, order, BATCH, rng) for one in (design, worse))
        votes, coming = equals[0].shape[1], COMING[number % len(COMING)]
        for spending, looks in RULES:
            counts = counts_at(ARRIVALS[arrival](looks, rng), votes)
            planned = dated_bounds(counts, max(LEAST_VOTES, round(votes / coming)), spending)
            for name, (times, bounds) in (
                (f"{spending.value[:7]} {looks}", planned),
                (f"plain {looks}", _plain(counts)),
            ):
                differ = (first_claims(equals, times, bounds, 0.0)[0] != 0).mean()
                good = (first_claims(at_limit, times, bounds, limit)[0] > 0).mean()
                found.setdefault(name, []).append([float(differ), float(good)])
    return {name: np.mean(rows, axis=0).tolist() for name, rows in found.items()}


def dated_table(designs: Sequence[Design], studies: int, seed: int) -> Iterator[str]:
    """Give the table line by line."""
    names = [name for spending, looks in RULES for name in (f"{spending.value[:7]} {looks}", f"plain {looks}")]
    heads = "  ".join(f"{name:>14s}" for name in names)
    yield f"{'looks at dates find in %: a difference, good enough':80s}{heads}"
    for design in designs:
        for order in ORDERS:
            for arrival in ARRIVALS:
                shares = false_shares(design, order, arrival, studies, seed)
                cells = "  ".join(f"{100 * shares[name][0]:7.1f}{100 * shares[name][1]:7.1f}" for name in names)
                title = f"{design.name.replace(', 2 systems', '')}, {order.name}, {arrival}"
                yield f"{title:80s}{cells}"
