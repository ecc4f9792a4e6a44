"""Show one small study's board as it was before the calibrated interval and as it is, side by side.

Its shape is that of the pairwise part of MSLR (medical summaries): 452 votes by 5 people on 222 documents, most
documents judged twice, work spread unevenly. The votes are drawn, so that the true order is known.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from stats.decisions.power import TIE_BAND
from stats.ratings.ratings import rate
from stats.strengths.bradley_terry import SCALE, fit_bradley_terry
from stats.uncertainty.bootstrap import bootstrap_strengths, draw, percentile_interval
from stats.uncertainty.differences import every_pair
from stats.uncertainty.limits import Limits
from stats.uncertainty.simultaneous import SMALLEST_ERROR, family_quantile, ranks
from stats.votes.arrays import BoolArray, FloatArray, OutcomeCode, VoteArrays

VOTES, DOCUMENTS, SYSTEMS = 452, 222, 6
WORK = (0.36, 0.26, 0.18, 0.12, 0.08)  # share of the votes of each person
GAP = 0.35  # log-odds between neighbours, 61 points
TASTE_PERSON, TASTE_DOCUMENT = 0.4, 0.7
RESAMPLES = 1000


@dataclass(frozen=True)
class Sides:
    """Hold widths in points, and best and worst ranks, shape (n,) each, before and now."""

    width_before: FloatArray
    width_now: FloatArray
    ranks_before: tuple[FloatArray, FloatArray]
    ranks_now: tuple[FloatArray, FloatArray]

    @property
    def told_apart(self) -> tuple[int, int]:
        """Count the pairs of systems whose order is sure, before and now: those whose open ranks do not meet."""
        return _apart(*self.ranks_before), _apart(*self.ranks_now)


def _apart(best: FloatArray, worst: FloatArray) -> int:
    return int((worst[:, np.newaxis] < best[np.newaxis, :]).sum())


def draw_study(seed: int) -> VoteArrays:
    """Draw the votes; system 0 is the best."""
    rng = np.random.default_rng([seed, VOTES, DOCUMENTS])
    document = np.r_[np.arange(DOCUMENTS), rng.permutation(DOCUMENTS), rng.integers(DOCUMENTS, size=VOTES)][:VOTES]
    person = rng.choice(len(WORK), size=VOTES, p=WORK)
    a = rng.integers(SYSTEMS, size=VOTES)
    b = (a + rng.integers(1, SYSTEMS, size=VOTES)) % SYSTEMS
    liking = -GAP * np.arange(SYSTEMS) + rng.normal(0, TASTE_PERSON, (len(WORK), 1, SYSTEMS))
    liking = liking + rng.normal(0, TASTE_DOCUMENT, (1, DOCUMENTS, SYSTEMS))
    at = liking[person, document, a] - liking[person, document, b]
    chance = rng.random(VOTES)
    won, lost = chance < expit(at - TIE_BAND), chance > expit(at + TIE_BAND)
    outcome = np.where(won, OutcomeCode.A, np.where(lost, OutcomeCode.B, OutcomeCode.TIE))
    return VoteArrays(a, b, outcome, document, person, SYSTEMS)


def both_boards(votes: VoteArrays) -> tuple[FloatArray, Sides]:
    """Give the ratings, and what the board before and the present one say of them."""
    strengths, limits = fit_bradley_terry(votes.wins()), Limits.of(votes.wins())
    draws = draw(np.random.default_rng(0), DOCUMENTS, len(WORK), RESAMPLES)
    drawn = limits.held(bootstrap_strengths(votes, strengths, draws), strengths)
    lower, upper = percentile_interval(drawn)
    whole = drawn[~np.isnan(drawn).any(axis=1)]
    now = rate(votes, seed=0, resamples=RESAMPLES)
    sides = Sides(
        SCALE * (upper - lower),
        now.upper - now.lower,
        ranks_by_resamples(whole, strengths, limits.unclear),
        (now.best_rank, now.worst_rank),
    )
    return now.rating, sides


def ranks_by_resamples(drawn: FloatArray, strengths: FloatArray, unclear: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Give the best and worst ranks as boards gave them before: by the spread of resamples, shape (r, n)."""
    gap = strengths - strengths[:, np.newaxis]
    error = np.array([(drawn - drawn[:, [j]]).std(axis=0, ddof=1) for j in range(SYSTEMS)])
    reach = family_quantile(drawn - strengths, every_pair(SYSTEMS)) * error
    return ranks(gap, ~unclear & (reach > SMALLEST_ERROR) & (np.abs(gap) > reach))


def study_table(studies: int, seed: int) -> Iterator[str]:
    """Give the board of one study side by side, and the means over so many."""
    rating, sides = both_boards(draw_study(seed))
    yield f"{VOTES} votes by {len(WORK)} people on {DOCUMENTS} documents, seed {seed}"
    yield f"{'system':>8s}{'rating':>8s}{'width before':>14s}{'now':>6s}{'ranks before':>14s}{'now':>7s}"
    for i in range(SYSTEMS):
        before, now = (f"{best[i]:.0f}-{worst[i]:.0f}" for best, worst in (sides.ranks_before, sides.ranks_now))
        yield (
            f"{i + 1:8d}{rating[i]:8.0f}{sides.width_before[i]:14.0f}{sides.width_now[i]:6.0f}{before:>14s}{now:>7s}"
        )
    all_sides = [both_boards(draw_study(seed + number))[1] for number in range(studies)]
    widths = np.mean([(s.width_before.mean(), s.width_now.mean()) for s in all_sides], axis=0)
    pairs = np.mean([s.told_apart for s in all_sides], axis=0)
    yield (
        f"{studies} such studies: mean width {widths[0]:.0f} before, {widths[1]:.0f} now; of "
        f"{SYSTEMS * (SYSTEMS - 1) // 2} pairs {pairs[0]:.1f} told apart before, {pairs[1]:.1f} now"
    )
