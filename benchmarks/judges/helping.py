"""Hold ratings helped by judges against the truth: do their intervals hold it, and how many votes is that worth?"""

from dataclasses import dataclass, replace

import numpy as np

from benchmarks.judges.draw import JudgeDesign, JudgedStudy, draw_study
from benchmarks.judges.recovery import large_study
from stats.judges.arrays import Items, PeopleVotes, answers
from stats.judges.directing import directed, uncertainty
from stats.judges.helped import HelpedRatings, helped_ratings
from stats.strengths.bradley_terry import fit_bradley_terry
from stats.votes.arrays import FloatArray, VoteArrays

VOTED_DOCUMENTS = 60
ALL_DOCUMENTS = 240
DEFAULT = JudgeDesign(documents=ALL_DOCUMENTS, people=8, per_document=2)


@dataclass(frozen=True)
class Helping:
    """Hold coverage and mean width over systems and differences: without help, helped, helped and directed, directed.

    Attributes:
        covers, width: Shape (4,) each.
        gain: Effective votes over votes: helped, and helped and directed against votes drawn alike.
        wider: Largest width with help over that without.
    """

    covers: FloatArray
    width: FloatArray
    gain: FloatArray
    wider: float


def arrays(items: Items, votes: PeopleVotes, weight: FloatArray | None = None) -> VoteArrays:
    """See people's votes as votes on systems."""
    item = votes.item
    columns = (items.system_a[item], items.system_b[item], votes.outcome, items.document[item], votes.annotator)
    return VoteArrays(*columns, items.n_systems, weight)


def helping(design: JudgeDesign, studies: int, seed: int, *, judges: int = 1) -> Helping:
    """Draw studies with votes on a quarter of the documents, and compare intervals with the truth.

    Args:
        judges: The first errs as in the design; further ones toss a coin.
    """
    large = large_study(replace(design, documents=ALL_DOCUMENTS), seed=0)
    true = fit_bradley_terry(arrays(large.items, large.votes).wins())
    rng = np.random.default_rng(seed)
    rows = [_study(draw_study(design, rng), judges, true, rng) for _ in range(studies)]
    covers, widths, gains, wider = (np.array(column) for column in zip(*rows, strict=True))
    return Helping(covers.mean(axis=0), widths.mean(axis=0), gains.mean(axis=0), float(wider.max()))


def _study(
    study: JudgedStudy, judges: int, true: FloatArray, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray, FloatArray, float]:
    items = study.items
    shares = np.column_stack([answers(study.verdicts, len(items)).share, *rng.random((judges - 1, len(items)))])
    some = study.votes.take(items.document[study.votes.item] < VOTED_DOCUMENTS)
    plain = helped(items, some, shares)
    first = np.median(shares, axis=1) * 0.8 + 0.1
    look = directed(items, uncertainty(first, shares), VOTED_DOCUMENTS, rng)
    chance = np.zeros(len(items))
    chance[look.item] = look.chance
    there = study.votes.take(chance[study.votes.item] > 0)
    by_chance = helped(items, there, shares, 1 / chance[there.item])
    bounds = [
        _contrasts(plain.classical, plain.alone.reach()),
        _contrasts(plain.moved, plain.precision.reach()),
        _contrasts(by_chance.moved, by_chance.precision.reach()),
        _contrasts(by_chance.classical, by_chance.alone.reach()),
    ]
    target = _contrasts(true, np.zeros((len(true), len(true))))[0]
    covers = np.array([(np.abs(value - target) <= reach).mean() for value, reach in bounds])
    widths = np.array([2 * reach.mean() for _, reach in bounds])
    gain = np.array([(plain.effective / len(some)).mean(), (widths[0] / widths[2]) ** 2])
    board = (plain.upper - plain.lower) / (plain.classical_upper - plain.classical_lower)
    return covers, widths, gain, float(board.max())


def helped(
    items: Items, votes: PeopleVotes, shares: FloatArray, weight: FloatArray | None = None, seed: int = 1
) -> HelpedRatings:
    """Rate systems with help by judges' shares, shape (n_items, k)."""
    scaled = None if weight is None else weight / weight.mean()
    return helped_ratings(arrays(items, votes, scaled), votes.item, items, 2 * shares - 1, seed=seed)


def _contrasts(strengths: FloatArray, reach: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give strengths and differences, and half their intervals' widths."""
    first, second = np.triu_indices(len(strengths), 1)
    values = np.concatenate([strengths, strengths[first] - strengths[second]])
    return values, np.concatenate([np.diag(reach), reach[first, second]])
