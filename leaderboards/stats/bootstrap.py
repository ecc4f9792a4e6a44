"""Two-way cluster bootstrap: documents and annotators are drawn again, a vote counts as often as both were drawn."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from leaderboards.stats.arrays import BoolArray, FloatArray, IntArray, VoteArrays
from leaderboards.stats.bradley_terry import fit_many
from leaderboards.stats.graphs import connects_all

# Upper bound of the numbers held at once in one array, 8 MB: arrays that fit the cache are faster.
NUMBERS_AT_ONCE = 1_000_000


@dataclass(frozen=True)
class Draws:
    """How often each unit was drawn in each resample: shapes (r, n_documents) and (r, n_annotators)."""

    documents: FloatArray
    annotators: FloatArray

    def __len__(self) -> int:
        return len(self.documents)


def draw(generator: np.random.Generator, n_documents: int, n_annotators: int, resamples: int) -> Draws:
    """Draw as many documents as there are, with replacement, and apart from them as many annotators; r times."""
    return Draws(
        _multiplicities(generator, n_documents, resamples), _multiplicities(generator, n_annotators, resamples)
    )


def _multiplicities(generator: np.random.Generator, units: int, resamples: int) -> FloatArray:
    drawn = generator.integers(units, size=(resamples, units))
    drawn += units * np.arange(resamples)[:, np.newaxis]
    return np.bincount(drawn.ravel(), minlength=resamples * units).reshape(resamples, units).astype(np.float64)


@dataclass(frozen=True)
class Cells:
    """Wins summed over votes of one document, annotator, winner and loser; ordered by pair, winner * n + loser."""

    pair: IntArray
    document: IntArray
    annotator: IntArray
    wins: FloatArray
    n_systems: int


def aggregate(votes: VoteArrays) -> Cells:
    """Cells of the votes; a tie or both bad is half a win in two cells. document and annotator count from 0."""
    pair = np.concatenate(
        [votes.system_a * votes.n_systems + votes.system_b, votes.system_b * votes.n_systems + votes.system_a]
    )
    wins = np.concatenate([votes.a_share, 1 - votes.a_share])
    keep = wins > 0
    n_documents, n_annotators = int(votes.document.max()) + 1, int(votes.annotator.max()) + 1
    key = (pair * n_documents + np.tile(votes.document, 2)) * n_annotators + np.tile(votes.annotator, 2)
    cells, position = np.unique(key[keep], return_inverse=True)
    return Cells(
        pair=cells // (n_documents * n_annotators),
        document=cells // n_annotators % n_documents,
        annotator=cells % n_annotators,
        wins=np.bincount(position, weights=wins[keep], minlength=len(cells)).astype(np.float64),
        n_systems=votes.n_systems,
    )


def resampled_wins(cells: Cells, draws: Draws) -> FloatArray:
    """Win matrices of shape (r, n, n): each vote weighted by how often its document times its annotator was drawn."""
    n, resamples = cells.n_systems, len(draws)
    documents, annotators = np.ascontiguousarray(draws.documents.T), np.ascontiguousarray(draws.annotators.T)
    totals = np.zeros((n * n, resamples))
    size = max(1, NUMBERS_AT_ONCE // (4 * resamples))
    for begin in range(0, len(cells.pair), size):
        part = slice(begin, begin + size)
        weighted = documents[cells.document[part]]
        weighted *= annotators[cells.annotator[part]]
        weighted *= cells.wins[part, np.newaxis]
        pair = cells.pair[part]
        starts = np.flatnonzero(np.r_[True, pair[1:] != pair[:-1]])
        totals[pair[starts]] += np.add.reduceat(weighted, starts, axis=0)
    return np.ascontiguousarray(totals.T).reshape(resamples, n, n)


def bootstrap_strengths(votes: VoteArrays, strengths: FloatArray, draws: Draws) -> FloatArray:
    """Strengths in every resample, NaN where a resample says nothing about a system.

    That is where the system has no votes, and for all systems where the votes do not connect those that have some.
    Where a system is missing, the others are placed so that their mean is what it is in the full set: otherwise they
    would jump because the mean is taken over fewer.

    Args:
        votes: Votes that connect all their systems, each of which has some.
        strengths: Shape (n,), the strengths of the full set.
        draws: r resamples.
    Returns:
        Shape (r, n), in log-odds.
    Source:
        Owen (2007), The pigeonhole bootstrap, Annals of Applied Statistics 1, 386-411.
    """
    cells = aggregate(votes)
    return np.concatenate([_strengths(cells, strengths, part) for part in _parts(draws, votes.n_systems)])


def _parts(draws: Draws, n_systems: int) -> Iterator[Draws]:
    size = max(1, NUMBERS_AT_ONCE // n_systems**2)
    for begin in range(0, len(draws), size):
        yield Draws(draws.documents[begin : begin + size], draws.annotators[begin : begin + size])


def _strengths(cells: Cells, full: FloatArray, draws: Draws) -> FloatArray:
    wins = resampled_wins(cells, draws)
    played: BoolArray = wins + wins.swapaxes(1, 2) > 0
    present = np.asarray(played.any(axis=2))
    usable = connects_all(played, present)
    result = np.full(present.shape, np.nan)
    fitted, there = fit_many(wins[usable], start=full), present[usable]
    shift = (np.where(there, full - fitted, 0).sum(axis=1) / there.sum(axis=1))[:, np.newaxis]
    result[usable] = np.where(there, fitted + shift, np.nan)
    return result


def percentile_interval(values: FloatArray, *, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
    """Bounds between which the middle part of the values lies, by column, NaN left out.

    Args:
        values: Shape (r, n).
    Returns:
        Lower and upper bounds, shape (n,); NaN for a column without values.
    Source:
        Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13.
    """
    bounds = np.full((2, values.shape[1]), np.nan)
    known = ~np.isnan(values).all(axis=0)
    tail = (1 - level) / 2
    bounds[:, known] = np.nanquantile(values[:, known], [tail, 1 - tail], axis=0)
    return bounds[0], bounds[1]
