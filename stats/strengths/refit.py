"""Fit Bradley–Terry to many resamples of votes that are fitted already, with the curvature of the full set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

from stats.strengths.bradley_terry import PENALTY, fit_many
from stats.votes.arrays import FloatArray, IntArray
from stats.votes.tallies import Tallies

MAX_STEPS = 15
TOLERANCE = 1e-6  # log-odds: 0.0002 rating points
# Each step must be at most half the one before; then the remaining error is at most the last step.
CONTRACTION = 0.5
NUMBERS_AT_ONCE = 200_000
# Only diverging steps lead to strengths beyond this, and fit_many fits their resamples.
LARGEST_EXPONENT = 300


def refit(tallies: Tallies, full: FloatArray, full_games: FloatArray) -> FloatArray:
    """Fit the log-strengths of every resample, within the tolerance of what fit_many gives for its matrix.

    The chord method takes Newton steps with the curvature of the full set, scaled by the resample's number of votes.
    The curvature is factored once, so a step costs one pass over the pairs instead of solving a system of equations.
    Resamples far from the full set, whose steps do not shrink fast, go to fit_many.

    Args:
        tallies: Counts of r resamples, each with votes for all systems.
        full: Shape (n,), the strengths of the full set, in log-odds.
        full_games: Shape (n_pairs,), the votes of the full set by pair.
    Returns:
        Shape (r, n), in log-odds, each row with mean zero.
    Source:
        Kelley (1995), Iterative Methods for Linear and Nonlinear Equations, chapter 5 (chord method).
    """
    size = max(1, NUMBERS_AT_ONCE // max(1, len(tallies.first)))
    n_resamples = tallies.ties.shape[1]
    parts = [np.arange(begin, min(begin + size, n_resamples)) for begin in range(0, n_resamples, size)]
    curvature = _Curvature.of(tallies, full, full_games)
    fitted = [_refit(tallies.take(part), full, curvature) for part in parts]
    return np.concatenate(fitted) if fitted else np.empty((0, len(full)))


def one_step(tallies: Tallies, full: FloatArray, full_games: FloatArray) -> FloatArray:
    """Take only the first step of refit, for any resamples: what the strengths are to first order; shape (r, n).

    A thousand systems would take a second a fit. Systems without votes in a resample stay where only the penalty moves
    them.

    Source:
        Kline and Santos (2012), A score based approach to wild bootstrap inference, Journal of Econometric Methods 1,
        23-41 (one step in place of a fit).
    """
    curvature = _Curvature.of(tallies, full, full_games)
    games, at = tallies.games(), full[:, np.newaxis]
    gradient = curvature.incidence @ (tallies.half_wins() - games * _chances(at, tallies)) - PENALTY * at
    scale = curvature.games / np.maximum(games.sum(axis=0), 1)
    strengths = at + scipy.linalg.cho_solve(curvature.factor, gradient) * scale
    return np.asarray((strengths - strengths.mean(axis=0)).T)


@dataclass(frozen=True)
class _Curvature:
    """Hold the curvature of the full set.

    Attributes:
        factor: Cholesky factor of its Hessian.
        games: Its number of votes.
        incidence: Pairs as a matrix of systems by pairs: 1 for the first system of a pair, -1 for the second.
    """

    factor: tuple[FloatArray, bool]
    games: float
    incidence: scipy.sparse.csr_array

    @classmethod
    def of(cls, tallies: Tallies, full: FloatArray, games: FloatArray) -> _Curvature:
        """Factor the Hessian at the full set's strengths, whose votes by pair are games."""
        n_pairs = len(tallies.first)
        rows, columns = np.concatenate([tallies.first, tallies.second]), np.tile(np.arange(n_pairs), 2)
        signs = np.repeat([1.0, -1.0], n_pairs)
        incidence = scipy.sparse.csr_array((signs, (rows, columns)), shape=(len(full), n_pairs))
        chance = _chances(full[:, np.newaxis], tallies)[:, 0]
        weighted = incidence * (games * chance * (1 - chance))[np.newaxis, :]
        hessian = (weighted @ incidence.T).toarray() + PENALTY * np.eye(len(full))
        return cls(scipy.linalg.cho_factor(hessian), float(games.sum()), incidence)


def _refit(tallies: Tallies, full: FloatArray, curvature: _Curvature) -> FloatArray:
    """Take chord steps from the full set's strengths; shape (r, n)."""
    wins, games = tallies.half_wins(), tallies.games()
    scale = curvature.games / games.sum(axis=0)
    strengths = np.repeat(full[:, np.newaxis], wins.shape[1], axis=1)
    moving, spread = np.arange(wins.shape[1]), np.full(wins.shape[1], np.inf)
    failed: list[IntArray] = []
    for _ in range(MAX_STEPS):
        if not moving.size:
            break
        at = strengths[:, moving]
        chance = _chances(at, tallies)
        gradient = curvature.incidence @ (wins[:, moving] - games[:, moving] * chance) - PENALTY * at
        step = scipy.linalg.cho_solve(curvature.factor, gradient) * scale[moving]
        # Only the penalty holds the mean, so rounding errors would make it drift.
        step -= step.mean(axis=0)
        strengths[:, moving] += step
        last, spread = spread, np.ptp(step, axis=0)
        slow = spread > CONTRACTION * last
        failed.append(moving[slow & (spread > 0)])
        going = ~slow & (spread > TOLERANCE)
        moving, spread = moving[going], spread[going]
    unfinished = np.concatenate([*failed, moving])
    if unfinished.size:
        strengths[:, unfinished] = fit_many(tallies.take(unfinished).wins_matrices(), start=full).T
    return (strengths - strengths.mean(axis=0)).T


def _chances(strengths: FloatArray, tallies: Tallies) -> FloatArray:
    """Give the probability that the first of each pair beats the second, with one exponential for each system."""
    odds = np.exp(np.clip(strengths, -LARGEST_EXPONENT, LARGEST_EXPONENT))
    first = odds[tallies.first]
    chances: FloatArray = first / (first + odds[tallies.second])
    return chances
