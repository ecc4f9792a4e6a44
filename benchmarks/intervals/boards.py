"""Have boards rate simulated studies: what they promise for all systems at once."""

import numpy as np

from benchmarks.intervals.designs import Design
from benchmarks.intervals.draw import Studies, draw_studies, truth
from stats.ratings.ratings import MEAN_RATING, rate
from stats.strengths.bradley_terry import SCALE
from stats.votes.arrays import OutcomeCode, VoteArrays, renumbered

RESAMPLES = 500


def votes_of(studies: Studies, number: int) -> VoteArrays:
    """Give the votes of one study."""
    share = studies.share[number]
    outcome = np.select([share == 1, share == 0], [OutcomeCode.A, OutcomeCode.B], OutcomeCode.TIE).astype(np.int64)
    return VoteArrays(
        studies.a[number],
        studies.b[number],
        outcome,
        renumbered(studies.document[number]),
        renumbered(studies.annotator[number]),
        studies.design.systems,
    )


def board_table() -> str:
    return "boards: each interval, all at once, ranks left open (in %), ranks left open by system"


def board_row(design: Design, n: int, seed: int) -> str:
    """Rate studies; where systems are equal, each rank is a true one of all of them."""
    each, together, ranks, spans = [], [], [], []
    studies = draw_studies(design, n, np.random.default_rng([seed, design.annotators]))
    true = MEAN_RATING + SCALE * truth(design, (studies.wins + studies.wins.swapaxes(1, 2)).sum(axis=0))
    place = np.arange(1, design.systems + 1)
    highest, lowest = (place, place) if design.gap else (np.ones_like(place), np.full_like(place, design.systems))
    for number in range(n):
        ratings = rate(votes_of(studies, number), seed=number, resamples=RESAMPLES)
        each.append(((ratings.lower <= true) & (ratings.upper >= true)).mean())
        together.append(((ratings.all_lower <= true) & (ratings.all_upper >= true)).all())
        ranks.append(((ratings.best_rank <= highest) & (ratings.worst_rank >= lowest)).all())
        spans.append((ratings.worst_rank - ratings.best_rank + 1).mean())
    shares = "  ".join(f"{100 * np.mean(values):5.1f}" for values in (each, together, ranks))
    return f"{design.name:62s}{shares}  {np.mean(spans):5.2f}"
