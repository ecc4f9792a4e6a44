"""Is a compact system as good as a large one, save for a margin fixed beforehand?"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.stats import norm

from stats.ratings.estimates import NO_DRAWS, SAME
from stats.strengths.bradley_terry import SCALE, fit_bradley_terry
from stats.uncertainty.bootstrap import bootstrap_strengths, draw, percentile_interval
from stats.uncertainty.simultaneous import unclear_pairs
from stats.uncertainty.small_samples import expanded, expansion
from stats.votes.arrays import FloatArray, VoteArrays
from stats.votes.parts import only, parts_of
from stats.votes.tallies import units

NOT_CONNECTED = "the votes do not connect the two systems"
TOO_FEW = "too few votes: fewer than half of the resamples say anything about both systems"
SWEEP = "too few votes: one of the two won or lost nearly everything, and drawing again cannot show how sure that is"
POWER = 0.8
# Of the lower end of a 95 % interval.
ONE_SIDED = 0.025


class Scale(StrEnum):
    """POINTS: rating of the compact minus that of the large system. WIN_PROBABILITY: chance that it wins, minus 1/2."""

    POINTS = "points"
    WIN_PROBABILITY = "win probability"


@dataclass(frozen=True)
class NonInferiority:
    """difference: compact minus large on the scale; lower, upper: its 95 % interval. NaN with a reason.

    non_inferior: lower > -margin, a one-sided test at level 0.025 with this p. superior: lower > 0. inferior: upper <
    -margin. None of the three: the votes do not decide. error: standard error of the difference.
    """

    difference: float
    lower: float
    upper: float
    margin: float
    p: float
    reason: str = ""
    error: float = np.nan

    @property
    def non_inferior(self) -> bool:
        return self.lower > -self.margin

    @property
    def superior(self) -> bool:
        return self.lower > 0

    @property
    def inferior(self) -> bool:
        return self.upper < -self.margin


def noninferiorities(
    votes: VoteArrays,
    pairs: Sequence[tuple[int, int]],
    *,
    margin: float,
    seed: int,
    scale: Scale = Scale.POINTS,
    resamples: int = 1000,
) -> list[NonInferiority]:
    """From all votes of the part that holds both systems; the interval is a board's.

    Args:
        pairs: (compact, large); the same resamples serve them all.
        margin: Above 0, how much worse still counts as good enough; chosen before the votes are seen.
    Raises:
        ValueError: The margin is not above 0.
    Source:
        Piaggio, Elbourne, Pocock, Evans and Altman (2012), Reporting of noninferiority and equivalence randomized
        trials, JAMA 308, 2594-2604. The level: one-sided 0.025, the lower end of a 95 % interval.
    """
    if not margin > 0:
        raise ValueError(f"The margin is {margin}; expected a number above 0.")
    found = [NonInferiority(np.nan, np.nan, np.nan, margin, np.nan, NOT_CONNECTED)] * len(pairs)
    for part in parts_of(votes):
        within = [k for k, pair in enumerate(pairs) if np.isin(pair, part).all()]
        if not within:
            continue
        kept = only(votes, part)
        strengths = fit_bradley_terry(kept.wins())
        drawn = _drawn(kept, strengths, seed, resamples)
        factor, unclear = expansion(kept, strengths), unclear_pairs(kept.wins())
        for k in within:
            i, j = np.searchsorted(part, pairs[k]).tolist()
            if drawn is None:
                difference = float(on_scale(scale, strengths[i] - strengths[j]))
                found[k] = NonInferiority(difference, np.nan, np.nan, margin, np.nan, NO_DRAWS)
            else:
                clean = bool(unclear[i, j])
                found[k] = verdict(strengths, drawn, factor, i, j, margin=margin, unclear=clean, scale=scale)
    return found


def verdict(
    strengths: FloatArray,
    drawn: FloatArray,
    factor: FloatArray,
    compact: int,
    large: int,
    *,
    margin: float,
    unclear: bool,
    scale: Scale = Scale.POINTS,
) -> NonInferiority:
    """One pair, from resamples that are there already.

    Args:
        strengths: Shape (n,), of votes that connect all systems, in log-odds.
        drawn: Shape (r, n), their bootstrap. factor: Shape (n, n), small_samples.expansion.
        unclear: The pair's own entry of simultaneous.unclear_pairs.
    """
    gap = strengths[compact] - strengths[large]
    difference = float(on_scale(scale, gap))
    gaps = drawn[:, compact] - drawn[:, large]
    known = gaps[~np.isnan(gaps)]
    if len(known) < len(drawn) / 2:
        return NonInferiority(difference, np.nan, np.nan, margin, np.nan, TOO_FEW)
    if unclear or np.ptp(known) < SAME:
        return NonInferiority(difference, np.nan, np.nan, margin, np.nan, SWEEP)
    known = on_scale(scale, expanded(known, gap, factor[compact, large]))
    lower, upper = percentile_interval(known[:, np.newaxis])
    p = (1 + int((known <= -margin).sum())) / (1 + len(known))
    return NonInferiority(difference, float(lower[0]), float(upper[0]), margin, p, error=float(known.std(ddof=1)))


def _drawn(votes: VoteArrays, strengths: FloatArray, seed: int, resamples: int) -> FloatArray | None:
    n_documents, n_annotators = units(votes.document), units(votes.annotator)
    if n_documents == n_annotators == 1:
        return None
    draws = draw(np.random.default_rng(seed), n_documents, n_annotators, resamples)
    return bootstrap_strengths(votes, strengths, draws)


def votes_to_decide(found: NonInferiority, n_votes: int, *, power: float = POWER) -> float:
    """votes * (error * (z(0.975) + z(power)) / distance from the margin)^2: in all, not on top of those there are.

    If the difference is what it seems now, and documents, annotators and votes all grow alike. Infinite where it lies
    on the margin itself; NaN without an error.

    Source:
        As in planning.separation, with the margin in the place of zero.
    """
    distance = abs(found.difference + found.margin)
    if np.isnan(found.error) or distance == 0:
        return np.nan if np.isnan(found.error) else np.inf
    factor = float(norm.ppf(1 - ONE_SIDED) + norm.ppf(power))
    return float(n_votes * (found.error * factor / distance) ** 2)


def on_scale(scale: Scale, gap: FloatArray) -> FloatArray:
    return SCALE * gap if scale == Scale.POINTS else 0.5 * np.tanh(gap / 2)
