"""Simulate studies in which several compact systems are exactly at the margin, and the votes pick one of them."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np
from scipy.optimize import brentq

from benchmarks.intervals.boards import votes_of
from benchmarks.intervals.designs import Design, Work
from benchmarks.intervals.draw import draw_studies, truth
from stats.decisions.noninferiority import Scale, draw_strengths, on_scale
from stats.decisions.selection import compare_all, compare_chosen
from stats.strengths.bradley_terry import fit_bradley_terry

MARGIN = 0.1
SHARE_SCALE = Scale.WIN_PROBABILITY
# They only tell where the votes say too little.
RESAMPLES = 50
DRAWS = 300

# The last system is the large one, the others are compact and alike.
SEVERAL = [
    Design(people, documents, compact + 1, per_document, pairs, work, taste_annotator=own, taste_document=0.6, gap=0.0)
    for people, documents, per_document, pairs, work, own in (
        (5, 60, 5, 3, Work.EVEN, 0.4),
        (10, 100, 3, 3, Work.EVEN, 0.4),
        (30, 100, 3, 3, Work.HEAVY, 0.4),
        (5, 60, 5, 3, Work.EVEN, 0.0),
    )
    for compact in (1, 4, 8)
]


def at_margin(design: Design) -> Design:
    """Put the large system so far ahead that every compact one is exactly at the margin."""
    games = np.ones((design.systems, design.systems)) - np.eye(design.systems)

    def beyond(ahead: float) -> float:
        strengths = truth(replace(design, last_ahead=ahead), games)
        return float(on_scale(Scale.WIN_PROBABILITY, strengths[0] - strengths[-1])) + MARGIN

    return replace(design, last_ahead=float(brentq(beyond, 0, 4, xtol=1e-4)))


def comparison_row(design: Design, n: int, seed: int) -> str:
    """Say in how many studies non-inferiority is claimed: of one named pair, of the best by itself and by the board."""
    placed = at_margin(design)
    if design.systems == 2:
        placed = replace(placed, pairs=1)
    studies = draw_studies(placed, n, np.random.default_rng([seed, design.annotators, design.systems]))
    large, claims = design.systems - 1, np.zeros(4)
    pairs = [(small, large) for small in range(large)]
    for number in range(n):
        votes = votes_of(studies, number)
        strengths = fit_bradley_terry(votes.wins())
        drawn = draw_strengths(votes, strengths, number, RESAMPLES)
        columns = None if drawn is None else list(drawn.T)
        best = pairs[int(strengths[:large].argmax())]
        compare = partial(compare_chosen, votes, margin=MARGIN, seed=number, scale=Scale.WIN_PROBABILITY, drawn=columns)
        compared = (compare(pairs[0], pairs[:1]), compare(best, [best]), compare(best, pairs))
        every = compare_all(votes, pairs, margin=MARGIN, seed=number, scale=Scale.WIN_PROBABILITY, resamples=DRAWS)
        claims += [pair.result.non_inferior for pair in compared] + [any(pair.result.non_inferior for pair in every)]
    name = f"{large} compact: {placed.name.replace(f', {design.systems} systems', '')}"
    return f"{name:62s}" + "".join(f"{100 * share:8.1f}" for share in claims / n)


def equivalence_row(design: Design, n: int, seed: int) -> str:
    """Say in how many studies a pair at the margin, below it or above, and one of equals, is called equivalent."""
    claims = []
    for ahead in (1.0, -1.0, 0.0):
        placed = replace(design, last_ahead=ahead * at_margin(design).last_ahead, pairs=1)
        studies = draw_studies(placed, n, np.random.default_rng([seed, design.annotators, int(ahead) + 1]))
        compared = (
            compare_chosen(votes_of(studies, number), (0, 1), [(0, 1)], margin=MARGIN, seed=number, scale=SHARE_SCALE)
            for number in range(n)
        )
        claims.append(np.mean([pair.result.equivalent for pair in compared]))
    return f"{design.name:62s}" + "".join(f"{100 * share:8.1f}" for share in claims)


def equivalence_table(n: int, seed: int) -> Iterator[str]:
    """Give the table of claims of equivalence line by line."""
    heads = "".join(f"{name:>8s}" for name in ("worse", "better", "equals"))
    yield f"{'claims equivalence in % where the one is by the margin':62s}{heads}"
    for design in SEVERAL:
        if design.systems == 2:
            yield equivalence_row(design, n, seed)


def comparison_table(n: int, seed: int) -> Iterator[str]:
    """Give the table line by line."""
    heads = "".join(f"{name:>8s}" for name in ("named", "best", "board", "any"))
    yield f"{'claims non-inferiority in % where all are at the margin':62s}{heads}"
    for design in SEVERAL:
        yield comparison_row(design, n, seed)
