"""Run the two-way cluster bootstrap: draw documents and annotators again, count votes as often as both are drawn."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from stats.strengths.bradley_terry import fit_many
from stats.strengths.davidson import fit_davidson_many
from stats.strengths.refit import one_step, refit
from stats.votes.arrays import BoolArray, FloatArray, VoteArrays, stretches
from stats.votes.graphs import connects_all, present_and_connected
from stats.votes.tallies import Cells, Draws, Tallies, aggregate, resampled_tallies

# Most numbers in one array of resamples' matrices, 8 MB.
NUMBERS_AT_ONCE = 1_000_000
# Most units drawn at once, 2 MB.
DRAWN_AT_ONCE = 250_000
DOUBLE = np.dtype(np.float64)
# Resamples counted at once: rows of this length vectorise well and fit a core's cache.
RESAMPLES_AT_ONCE = 64
# Most counts that a thread holds at once, 80 MB.
COUNTS_AT_ONCE = 20_000_000

# Resamples that tell of most boards whether their votes say enough.
LOOKED_AT = 100
SAME = 1e-6  # log-odds; values this close count as one, and an interval this short as none
# Resamples of more systems take one step from the full set's strengths in place of a fit.
MOST_FITTED = 200

# Takes tallies of r resamples and gives strengths of shape (r, n).
Fit = Callable[[Tallies], FloatArray]


def draw(
    generator: np.random.Generator, n_documents: int, n_annotators: int, resamples: int, *, small: bool = False
) -> Draws:
    """Draw documents with replacement, and independently of them annotators, as many as there are; do so r times.

    Args:
        generator: Source of the random numbers.
        n_documents, n_annotators: How many there are, and how many each resample draws.
        resamples: r.
        small: Hold the multiplicities in as few bytes as they need. bootstrap_strengths can use these; formulas would
            overflow.
    """
    documents, annotators = (
        multiplicities(generator, n, resamples, np.min_scalar_type(n) if small else DOUBLE)
        for n in (n_documents, n_annotators)
    )
    return Draws(documents, annotators)


def multiplicities(
    generator: np.random.Generator, units: int, resamples: int, number: np.dtype[Any] = DOUBLE
) -> FloatArray:
    """Draw units with replacement and count how often each was drawn; shape (r, units), rows sum to `units`."""
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
    """Fit the strengths anew in every resample; NaN where a resample says nothing about a system.

    A resample says nothing about a system without votes, and nothing at all if its votes do not connect the systems
    that have some. Where a system is missing, the others are shifted so that their mean is what it is in the full set;
    otherwise they would jump because the mean is taken over fewer systems. With more than MOST_FITTED systems, each
    resample takes one Newton step from the full set's strengths in place of a fit (but with Davidson's tie parameter).

    Args:
        votes: Votes that connect all their systems, each of which has some.
        strengths: Shape (n,), the strengths of the full set, in log-odds.
        draws: r resamples.
        davidson: Fit Davidson's model with a tie parameter in each resample; otherwise a tie is half a win.
        threads: Number of threads, as many as there are cores if None; it does not change the answer.
    Returns:
        Shape (r, n), in log-odds.
    Source:
        Owen (2007), The pigeonhole bootstrap, Annals of Applied Statistics 1, 386-411.
    """
    cells = aggregate(votes)
    _ = cells.blocks, cells.totals  # computed once here, not in every thread
    fit = _davidson if davidson else _bradley_terry(cells, strengths)
    threads = threads or _cores()
    size = max(1, min(RESAMPLES_AT_ONCE, -(-len(draws) // threads), COUNTS_AT_ONCE // cells.n_groups))
    parts = [draws.part(i, i + size) for i in range(0, len(draws), size)]
    with ThreadPoolExecutor(threads) as pool:
        return np.concatenate(list(pool.map(lambda part: _strengths(cells, strengths, part, fit), parts)))


def telling_strengths(votes: VoteArrays, strengths: FloatArray, draws: Draws, *, davidson: bool = False) -> FloatArray:
    """Fit the strengths in resamples that only tell where the votes say too little: the first ones, or all.

    Where each of the first says something about every system, so do more than half of all: if half of all did, a
    hundred in a row would once in 10^30 boards.

    Returns:
        Shape (LOOKED_AT, n) or (r, n), as in bootstrap_strengths.
    """
    if len(draws) <= LOOKED_AT:
        return bootstrap_strengths(votes, strengths, draws, davidson=davidson)
    first = bootstrap_strengths(votes, strengths, draws.part(0, LOOKED_AT), davidson=davidson)
    if not np.isnan(first).any() and np.ptp(np.quantile(first, [0.05, 0.95], axis=0), axis=0).min() > SAME:
        return first
    others = bootstrap_strengths(votes, strengths, draws.part(LOOKED_AT, len(draws)), davidson=davidson)
    return np.concatenate([first, others])


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _bradley_terry(cells: Cells, full: FloatArray) -> Fit:
    """Make the fit that starts from the full set."""
    by = one_step if len(full) > MOST_FITTED else refit
    return lambda tallies: by(tallies, full, cells.games)


def _davidson(tallies: Tallies) -> FloatArray:
    return fit_davidson_many(tallies.wins_matrices(tie_share=0), tallies.tie_matrices())[0]


def _strengths(cells: Cells, full: FloatArray, draws: Draws, fit: Fit) -> FloatArray:
    """Fit some resamples; shape (r, n)."""
    tallies = resampled_tallies(cells, draws)
    played: BoolArray = (tallies.first_wins > 0) | (tallies.second_wins > 0) | (tallies.ties > 0)
    # A resample with a vote for every pair of the full set is as connected as that is.
    whole = played.all(axis=0)
    result = np.full((len(draws), len(full)), np.nan)
    result[whole] = _placed(fit(tallies.take(np.flatnonzero(whole))), full)
    lacking = np.flatnonzero(~whole)
    size = len(lacking) if len(full) > MOST_FITTED else max(1, NUMBERS_AT_ONCE // len(full) ** 2)
    for begin in range(0, len(lacking), size or 1):
        part = lacking[begin : begin + size]
        result[part] = _with_gaps(tallies.take(part), played[:, part], full, fit)
    return result


def _with_gaps(tallies: Tallies, played: BoolArray, full: FloatArray, fit: Fit) -> FloatArray:
    """Fit resamples that lack some pair; shape (r, n)."""
    present, usable = _present_and_connected(tallies, played, len(full))
    complete = usable & present.all(axis=1)
    result = np.full(present.shape, np.nan)
    for rows, fitted_by in ((complete, fit), (usable & ~complete, _without_the_missing(full, fit))):
        if rows.any():
            result[rows] = _placed(np.where(present[rows], fitted_by(tallies.take(np.flatnonzero(rows))), np.nan), full)
    return result


def _present_and_connected(tallies: Tallies, played: BoolArray, n: int) -> tuple[BoolArray, BoolArray]:
    """Tell which systems have votes in each resample, shape (r, n), and whether its votes connect these, shape (r,)."""
    if n > MOST_FITTED:
        return present_and_connected(tallies.first, tallies.second, played, n)
    edges = np.zeros((played.shape[1], n, n), dtype=bool)
    edges[:, tallies.first, tallies.second] = edges[:, tallies.second, tallies.first] = played.T
    present = np.asarray(edges.any(axis=2))
    return present, connects_all(edges, present)


def _without_the_missing(full: FloatArray, fit: Fit) -> Fit:
    """Choose a fit that accepts systems without votes."""
    if fit is _davidson or len(full) > MOST_FITTED:
        return fit
    return lambda tallies: fit_many(tallies.wins_matrices(), start=full)


def _placed(fitted: FloatArray, full: FloatArray) -> FloatArray:
    """Shift each resample so that the mean of its systems is their mean in the full set."""
    present = ~np.isnan(fitted)
    gap = np.where(present, full - fitted, 0).sum(axis=1) / np.maximum(present.sum(axis=1), 1)
    placed: FloatArray = fitted + gap[:, np.newaxis]
    return placed


def percentile_interval(values: FloatArray, *, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
    """Give the bounds of the middle part of the values in each column, leaving NaN out.

    Args:
        values: Shape (r, n).
        level: Share of the values between the bounds.
    Returns:
        Lower and upper bounds, shape (n,); NaN for a column without values.
    Source:
        Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13.
    """
    bounds = np.full((2, values.shape[1]), np.nan)
    defined = ~np.isnan(values).all(axis=0)
    tail = (1 - level) / 2
    bounds[:, defined] = np.nanquantile(values[:, defined], [tail, 1 - tail], axis=0)
    return bounds[0], bounds[1]
