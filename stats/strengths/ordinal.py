"""Fit an ordinal Bradley–Terry model: how much better a summary is said to be counts beside which one is better."""

from dataclasses import dataclass

import numpy as np

from stats.strengths.bradley_terry import PENALTY, TOLERANCE, NotConvergedError
from stats.votes.arrays import BoolArray, FloatArray, IntArray, VoteArrays

# Much better, slightly better, a tie, slightly worse, much worse: what each says in halves of the gap.
HALVES = np.array([2.0, 1.0, 0.0, -1.0, -2.0])
UNSAID, SLIGHTLY, MUCH = 0, 1, 2
# By OutcomeCode, the side that is better.
SIDE = np.array([1.0, -1.0, 0.0, 0.0])
# Exponents beyond this are as certain as can be.
FARTHEST = 300.0
# Where few strengths are said, each step goes a part of the way.
MOST_STEPS = 5_000
SMALLEST_STEP = 2.0**-30


@dataclass(frozen=True)
class Thresholds:
    """Hold what the model adds to the strengths: the logs of the parameters of ties and of "much better"."""

    tie: float
    much: float


@dataclass(frozen=True)
class OrdinalCounts:
    """Hold how often i was said to be better than j at [i, j], shape (n, n) each, by how much; ties are symmetric."""

    much: FloatArray
    slightly: FloatArray
    unsaid: FloatArray
    ties: FloatArray

    @classmethod
    def of(cls, votes: VoteArrays) -> "OrdinalCounts":
        """Count the answers; where none says how much better, all say slightly, which is Davidson's model."""
        said = strengths_of(votes)
        much, slightly, unsaid = (votes.take(said == how).decided_wins() for how in (MUCH, SLIGHTLY, UNSAID))
        if not said.any():
            slightly, unsaid = unsaid, slightly
        return cls(much, slightly, unsaid, votes.ties())

    def games(self) -> FloatArray:
        wins = self.much + self.slightly + self.unsaid
        return wins + wins.T + self.ties


def strengths_of(votes: VoteArrays) -> IntArray:
    """Give the strength of each vote: UNSAID, SLIGHTLY or MUCH."""
    return np.zeros(len(votes), np.int64) if votes.strength is None else votes.strength


def fit_ordinal(counts: OrdinalCounts) -> tuple[FloatArray, Thresholds]:
    """Fit strengths s and both thresholds by penalized maximum likelihood.

    With d = s_i - s_j, the chances of "i much better", "i slightly better", "tie", "j slightly better" and "j much
    better" are in proportion to exp(m + d), exp(d / 2), exp(t), exp(-d / 2) and exp(m - d): neighbouring answers have
    odds that are linear in the gap (adjacent categories). Without any "much" this is Davidson's model. A win without a
    strength is one of the first two, or of the last two. The penalty is PENALTY / 2 on the squares of all s, t and m.

    Steps are those of Newton's method as if every strength were said, halved until the likelihood rises.

    Returns:
        Strengths in log-odds of slightly better to slightly worse, shape (n,), mean zero; and the thresholds.
    Raises:
        NotConvergedError: The steps do not become small.
    Source:
        Agresti (1992), Analysis of ordinal paired comparison data, Applied Statistics 41, 287-297. Lange (1995), A
        gradient algorithm locally equivalent to the EM algorithm, Journal of the Royal Statistical Society B 57,
        425-437. A second implementation is in tests/stats/strengths/test_ordinal.py.
    """
    n = len(counts.ties)
    at = np.zeros(n + 2)
    value = _objective(at, counts)
    for _ in range(MOST_STEPS):
        step = _step(at, counts)
        size = 1.0
        while (new := _objective(at + size * step, counts)) < value - TOLERANCE and size > SMALLEST_STEP:
            size /= 2
        at, value = at + size * step, new
        if size * np.abs(step).max() < TOLERANCE:
            return at[:n] - at[:n].mean(), Thresholds(float(at[n]), float(at[n + 1]))
    raise NotConvergedError(f"The ordinal fit still moves after {MOST_STEPS} steps.")


def chances(gap: FloatArray, thresholds: Thresholds) -> FloatArray:
    """Give the chances of the five answers in the order of HALVES, shape (5, *gap.shape)."""
    gap = np.clip(gap, -FARTHEST, FARTHEST)
    t, m = thresholds.tie, thresholds.much
    logits = np.stack([m + gap, gap / 2, np.full_like(gap, t), -gap / 2, m - gap])
    likely = np.exp(logits - logits.max(axis=0))
    return np.asarray(likely / likely.sum(axis=0))


def expected_halves(gap: FloatArray, thresholds: Thresholds) -> FloatArray:
    """Give the expected answer in halves of the gap."""
    return np.asarray(np.tensordot(HALVES, chances(gap, thresholds), axes=1))


def answered_halves(votes: VoteArrays, part: slice, gap: FloatArray, thresholds: Thresholds) -> FloatArray:
    """Give the answers of some votes in halves of their gaps; a win of unsaid strength is worth what is expected."""
    if votes.strength is None or not votes.strength.any():
        return SIDE[votes.outcome[part]]
    side, said = SIDE[votes.outcome[part]], votes.strength[part]
    return np.asarray(side * np.where(said == UNSAID, 1 + _much_of_wins(side * gap, thresholds), said))


def curvature(counts: OrdinalCounts, strengths: FloatArray, thresholds: Thresholds) -> FloatArray:
    """Give the negative second derivative of the log-likelihood by each gap, shape (n, n), symmetric."""
    gap = strengths[:, np.newaxis] - strengths[np.newaxis, :]
    p = chances(gap, thresholds)
    mean = np.tensordot(HALVES, p, axes=1)
    spread = np.tensordot(HALVES**2, p, axes=1) - mean**2
    much = _much_of_wins(gap, thresholds)
    hidden = counts.unsaid * much * (1 - much)
    return np.asarray((counts.games() * spread - hidden - hidden.T) / 4)


def _much_of_wins(gap: FloatArray, thresholds: Thresholds) -> FloatArray:
    """Give the chance that a win by a system that is ahead by so much is a large one."""
    return np.asarray(0.5 + 0.5 * np.tanh((thresholds.much + np.clip(gap, -FARTHEST, FARTHEST) / 2) / 2))


def _objective(at: FloatArray, counts: OrdinalCounts) -> float:
    n = len(counts.ties)
    p = np.log(np.maximum(chances(at[:n, np.newaxis] - at[np.newaxis, :n], Thresholds(at[n], at[n + 1])), 1e-300))
    said = (counts.much * p[0]).sum() + (counts.slightly * p[1]).sum() + (counts.ties * p[2]).sum() / 2
    unsaid = (counts.unsaid * np.logaddexp(p[0], p[1])).sum()
    return float(said + unsaid - PENALTY / 2 * (at**2).sum())


def _step(at: FloatArray, counts: OrdinalCounts) -> FloatArray:
    """Compute the step of strengths and thresholds, the mean of the strengths held at zero."""
    n = len(counts.ties)
    gap, thresholds = at[:n, np.newaxis] - at[np.newaxis, :n], Thresholds(at[n], at[n + 1])
    p, games = chances(gap, thresholds), counts.games()
    large = counts.much + counts.unsaid * _much_of_wins(gap, thresholds)
    small = counts.slightly + counts.unsaid * (1 - _much_of_wins(gap, thresholds))
    left = np.stack([large, small, counts.ties, small.T, large.T]) - games * p
    gradient = -PENALTY * at
    gradient[:n] += np.tensordot(HALVES, left, axes=1).sum(axis=1) / 2
    # Each pair stands twice in the matrices.
    gradient[n] += left[2].sum() / 2
    gradient[n + 1] += (left[0] + left[4]).sum() / 2
    step = np.asarray(np.linalg.solve(_information(p, games, n), gradient), dtype=np.float64)
    step[:n] -= step[:n].mean()
    return step


def _information(p: FloatArray, games: FloatArray, n: int) -> FloatArray:
    """Give the information of all answers, were their strengths said, with the penalty; shape (n + 2, n + 2)."""
    mean = np.tensordot(HALVES, p, axes=1)
    spread = games * (np.tensordot(HALVES**2, p, axes=1) - mean**2) / 4
    tie, much = p[2], p[0] + p[4]
    with_tie = games * -mean * tie / 2
    with_much = games * (2 * (p[0] - p[4]) - mean * much) / 2
    found = PENALTY * np.eye(n + 2)
    found[:n, :n] += np.diag(spread.sum(axis=1)) - spread
    for k, crossed in ((n, with_tie), (n + 1, with_much)):
        found[:n, k] = found[k, :n] = crossed.sum(axis=1)
    found[n, n] += (games * tie * (1 - tie)).sum() / 2
    found[n + 1, n + 1] += (games * much * (1 - much)).sum() / 2
    found[n, n + 1] = found[n + 1, n] = -(games * tie * much).sum() / 2
    return found


def without_strength(votes: VoteArrays) -> BoolArray:
    """Mark the decided votes that say nothing about how much better."""
    return np.asarray(~votes.tied & (strengths_of(votes) == UNSAID))
