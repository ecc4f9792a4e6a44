"""Two-way cluster bootstrap: documents and annotators are drawn again, a vote counts as often as both were drawn."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from stats.strengths.bradley_terry import fit_many
from stats.strengths.davidson import fit_davidson_many
from stats.strengths.refit import refit
from stats.votes.arrays import BoolArray, FloatArray, VoteArrays, stretches
from stats.votes.graphs import connects_all
from stats.votes.tallies import Cells, Draws, Tallies, aggregate, resampled_tallies

# Upper bound of the numbers held at once in one array of a resample's matrices, 8 MB.
NUMBERS_AT_ONCE = 1_000_000
# Units drawn at once, 2 MB.
DRAWN_AT_ONCE = 250_000
DOUBLE = np.dtype(np.float64)
# Resamples counted at once: rows of so many numbers make long vectors and leave room in a core's cache.
RESAMPLES_AT_ONCE = 128
# Upper bound of the counts held at once by a thread, 80 MB.
COUNTS_AT_ONCE = 20_000_000

# From tallies to strengths of shape (r, n).
Fit = Callable[[Tallies], FloatArray]


def draw(
    generator: np.random.Generator, n_documents: int, n_annotators: int, resamples: int, *, small: bool = False
) -> Draws:
    """Draw as many documents as there are, with replacement, and apart from them as many annotators; r times.

    small: Hold the numbers in as few bytes as they need: for bootstrap_strengths, not for formulas, which overflow.
    """
    documents, annotators = (
        multiplicities(generator, n, resamples, np.min_scalar_type(n) if small else DOUBLE)
        for n in (n_documents, n_annotators)
    )
    return Draws(documents, annotators)


def multiplicities(
    generator: np.random.Generator, units: int, resamples: int, number: np.dtype[Any] = DOUBLE
) -> FloatArray:
    """How often each of the units was drawn, shape (r, units); rows sum to `units`."""
    counts: FloatArray = np.empty((resamples, units), dtype=number)
    for rows in stretches(resamples, max(1, DRAWN_AT_ONCE // units)):
        n = rows.stop - rows.start
        drawn = generator.integers(units, size=(n, units))
        drawn += units * np.arange(n)[:, np.newaxis]
        counts[rows] = np.bincount(drawn.ravel(), minlength=n * units).reshape(n, units)
    return counts


def bootstrap_strengths(
    votes: VoteArrays, strengths: FloatArray, draws: Draws, *, davidson: bool = False, threads: int | None = None
) -> FloatArray:
    """Strengths in every resample, each fitted anew; NaN where a resample says nothing about a system.

    That is where the system has no votes, and for all systems where the votes do not connect those that have some.
    Where a system is missing, the others are placed so that their mean is what it is in the full set: otherwise they
    would jump because the mean is taken over fewer.

    Args:
        votes: Votes that connect all their systems, each of which has some.
        strengths: Shape (n,), the strengths of the full set.
        draws: r resamples.
        davidson: Fit Davidson's model with a tie parameter in each resample; else a tie is half a win.
        threads: To share the work; as many as there are cores if left out. No influence on the answer.
    Returns:
        Shape (r, n), in log-odds.
    Source:
        Owen (2007), The pigeonhole bootstrap, Annals of Applied Statistics 1, 386-411.
    """
    cells = aggregate(votes)
    _ = cells.blocks, cells.largest  # once, not in every thread
    fit = _davidson if davidson else _bradley_terry(cells, strengths)
    size = max(1, min(RESAMPLES_AT_ONCE, COUNTS_AT_ONCE // cells.n_groups))
    parts = [draws.part(i, i + size) for i in range(0, len(draws), size)]
    with ThreadPoolExecutor(threads or len(os.sched_getaffinity(0))) as pool:
        return np.concatenate(list(pool.map(lambda part: _strengths(cells, strengths, part, fit), parts)))


def _bradley_terry(cells: Cells, full: FloatArray) -> Fit:
    once = Draws(np.ones((1, int(cells.document.max()) + 1)), np.ones((1, int(cells.annotator.max()) + 1)))
    games = resampled_tallies(cells, once).games()[:, 0]
    return lambda tallies: refit(tallies, full, games)


def _davidson(tallies: Tallies) -> FloatArray:
    return fit_davidson_many(tallies.wins_matrices(tie_share=0), tallies.tie_matrices())[0]


def _strengths(cells: Cells, full: FloatArray, draws: Draws, fit: Fit) -> FloatArray:
    tallies = resampled_tallies(cells, draws)
    played: BoolArray = (tallies.first_wins > 0) | (tallies.second_wins > 0) | (tallies.ties > 0)
    # A resample with a vote for every pair of the full set is as connected as that is.
    whole = played.all(axis=0)
    result = np.full((len(draws), len(full)), np.nan)
    result[whole] = _placed(fit(tallies.take(np.flatnonzero(whole))), full)
    rest = np.flatnonzero(~whole)
    size = max(1, NUMBERS_AT_ONCE // len(full) ** 2)
    for begin in range(0, len(rest), size):
        part = rest[begin : begin + size]
        result[part] = _with_gaps(tallies.take(part), played[:, part], full, fit)
    return result


def _with_gaps(tallies: Tallies, played: BoolArray, full: FloatArray, fit: Fit) -> FloatArray:
    """Strengths in resamples that lack some pair."""
    n = len(full)
    edges = np.zeros((played.shape[1], n, n), dtype=bool)
    edges[:, tallies.first, tallies.second] = edges[:, tallies.second, tallies.first] = played.T
    present = np.asarray(edges.any(axis=2))
    usable = connects_all(edges, present)
    complete = usable & present.all(axis=1)
    result = np.full((len(edges), n), np.nan)
    for rows, fitted_by in ((complete, fit), (usable & ~complete, _without_the_missing(full, fit))):
        if rows.any():
            result[rows] = _placed(np.where(present[rows], fitted_by(tallies.take(np.flatnonzero(rows))), np.nan), full)
    return result


def _without_the_missing(full: FloatArray, fit: Fit) -> Fit:
    """A fit that can do with systems without votes."""
    return _davidson if fit is _davidson else lambda tallies: fit_many(tallies.wins_matrices(), start=full)


def _placed(fitted: FloatArray, full: FloatArray) -> FloatArray:
    """Moved so that the mean of the systems that are there is their mean in the full set."""
    there = ~np.isnan(fitted)
    gap = np.where(there, full - fitted, 0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    placed: FloatArray = fitted + gap[:, np.newaxis]
    return placed


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
