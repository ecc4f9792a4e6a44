"""Test whether a compact system is as good as a large one, up to a margin that is fixed beforehand.

Whether the two differ at all is another question, which stats.uncertainty.differences answers for every page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import scipy

from stats.decisions.planning import POWER, Growth, growth_needed
from stats.ratings.estimates import NO_DRAWS
from stats.strengths.bradley_terry import SCALE, fit_bradley_terry
from stats.uncertainty.bootstrap import SAME, draw, telling_strengths
from stats.uncertainty.calibrated import Precision, precision
from stats.uncertainty.simultaneous import unclear_pairs
from stats.votes.arrays import FloatArray, VoteArrays
from stats.votes.parts import only, parts_of
from stats.votes.tallies import units

NOT_CONNECTED = "no votes link the two systems, directly or through others"
TOO_FEW = (
    "too few votes: fewer than half of the random redraws of documents and annotators have votes enough to rate both "
    "systems"
)
SWEEP = "too few votes: one of the two won or lost nearly everything, and so few votes cannot show how sure that is"
# Level of the one-sided test by the lower end of a 95 % interval.
ONE_SIDED = 0.025


class Scale(StrEnum):
    """Name the scales of a difference.

    Attributes:
        POINTS: Rating of the compact system minus that of the large one.
        WIN_PROBABILITY: Probability that the compact system wins, minus 1/2.
    """

    POINTS = "points"
    WIN_PROBABILITY = "win probability"


@dataclass(frozen=True)
class NonInferiority:
    """Hold the difference of a compact and a large system; undefined numbers are NaN, with a reason.

    If the difference is neither non-inferior nor inferior, the votes do not decide.

    Attributes:
        difference: Compact minus large, on the scale.
        lower, upper: Bounds of its 95 % interval.
        margin: How much worse still counts as good enough, on the scale.
        p: Of the one-sided test of non-inferiority, whose level is 0.025.
        reason: Why numbers are NaN; "" where none is.
        error: Standard error of the difference.
        distance: From -margin to the difference in standard errors, both in log-odds.
        freedom: Degrees of freedom of the standard error.
        p_equivalence: Of the two one-sided tests of equivalence, each of level 0.025: the larger p.
    """

    difference: float
    lower: float
    upper: float
    margin: float
    p: float
    reason: str = ""
    error: float = np.nan
    distance: float = np.nan
    freedom: float = np.nan
    p_equivalence: float = np.nan

    @property
    def non_inferior(self) -> bool:
        """Tell whether the interval lies above -margin."""
        return self.lower > -self.margin

    @property
    def equivalent(self) -> bool:
        """Tell whether the interval lies between -margin and margin: neither is better by the margin or more.

        Source:
            Schuirmann (1987), Journal of Pharmacokinetics and Biopharmaceutics 15, 657-680: two one-sided tests, here
            of level 0.025 each, as the interval is one of 95 %.
        """
        return self.non_inferior and self.upper < self.margin

    @property
    def inferior(self) -> bool:
        """Tell whether the interval lies below -margin."""
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
    """Compare pairs of systems, each with all votes of the part that holds both; intervals are those of boards.

    Args:
        votes: All votes.
        pairs: (compact, large); all are compared in the same resamples.
        margin: How much worse still counts as good enough, on the scale, above 0; chosen before the votes are seen.
        seed: Of the bootstrap.
        scale: Of differences and margin.
        resamples: Number of resamples.
    Returns:
        Results in the order of the pairs.
    Raises:
        ValueError: The margin is not above 0.
    Source:
        Piaggio, Elbourne, Pocock, Evans and Altman (2012), Reporting of noninferiority and equivalence randomized
        trials, JAMA 308, 2594-2604. The level: one-sided 0.025, the lower end of a 95 % interval.
    """
    if not margin > 0:
        raise ValueError(f"The margin is {margin}; expected a number above 0.")
    results = [NonInferiority(np.nan, np.nan, np.nan, margin, np.nan, NOT_CONNECTED)] * len(pairs)
    for part in parts_of(votes):
        within = [k for k, pair in enumerate(pairs) if np.isin(pair, part).all()]
        if not within:
            continue
        kept = only(votes, part)
        positions = [tuple(np.searchsorted(part, pairs[k]).tolist()) for k in within]
        of_part = _within_part(kept, positions, margin=margin, seed=seed, scale=scale, resamples=resamples)
        for k, result in zip(within, of_part, strict=True):
            results[k] = result
    return results


def _within_part(
    votes: VoteArrays, pairs: Sequence[tuple[int, int]], *, margin: float, seed: int, scale: Scale, resamples: int
) -> list[NonInferiority]:
    """Compare pairs of systems that all votes connect."""
    strengths = fit_bradley_terry(votes.wins())
    drawn = draw_strengths(votes, strengths, seed, resamples)
    if drawn is None:
        differences = [float(on_scale(scale, strengths[i] - strengths[j])) for i, j in pairs]
        return [NonInferiority(value, np.nan, np.nan, margin, np.nan, NO_DRAWS) for value in differences]
    sure, unclear = precision(votes, strengths), unclear_pairs(votes.wins())
    return [
        verdict(strengths, drawn, sure, i, j, margin=margin, unclear=bool(unclear[i, j]), scale=scale) for i, j in pairs
    ]


def verdict(
    strengths: FloatArray,
    drawn: FloatArray,
    sure: Precision,
    compact: int,
    large: int,
    *,
    margin: float,
    unclear: bool,
    scale: Scale = Scale.POINTS,
) -> NonInferiority:
    """Compare one pair whose resamples exist already; these only tell where the votes say too little.

    Args:
        strengths: Of votes that connect all systems, in log-odds, shape (n,).
        drawn: Strengths in resamples, shape (r, n); NaN where a resample says nothing about a system.
        sure: calibrated.precision of the strengths.
        compact, large: Index of each system.
        margin, scale: As in noninferiorities.
        unclear: The entry of this pair in simultaneous.unclear_pairs.
    """
    gap = strengths[compact] - strengths[large]
    difference = float(on_scale(scale, gap))
    gaps = drawn[:, compact] - drawn[:, large]
    gaps = gaps[~np.isnan(gaps)]
    if len(gaps) < len(drawn) / 2:
        return NonInferiority(difference, np.nan, np.nan, margin, np.nan, TOO_FEW)
    if unclear or np.ptp(gaps) < SAME:
        return NonInferiority(difference, np.nan, np.nan, margin, np.nan, SWEEP)
    own = sure.of_pair(compact, large)
    reach, error = float(own.reach()), float(own.error)
    lower, upper = (float(on_scale(scale, end)) for end in (gap - reach, gap + reach))
    freedom = float(own.freedom)
    below, above = ((gap - from_scale(scale, end)) / error for end in (-margin, margin))
    p = float(scipy.special.stdtr(freedom, -below))
    return NonInferiority(
        difference,
        lower,
        upper,
        margin,
        p,
        error=float(error * slope(scale, gap)),
        distance=float(below),
        freedom=freedom,
        p_equivalence=max(p, float(scipy.special.stdtr(freedom, above))),
    )


def draw_strengths(votes: VoteArrays, strengths: FloatArray, seed: int, resamples: int) -> FloatArray | None:
    """Fit the strengths in telling_strengths' resamples, shape (r, n); None if there is nothing to draw again."""
    n_documents, n_annotators = units(votes.document), units(votes.annotator)
    if n_documents == n_annotators == 1:
        return None
    draws = draw(np.random.default_rng(seed), n_documents, n_annotators, resamples)
    return telling_strengths(votes, strengths, draws)


def growth_to_decide(result: NonInferiority, tail: float = ONE_SIDED, *, power: float = POWER) -> Growth:
    """Forecast how many times as large a study decides whether the difference is above -margin, or below it.

    Args:
        result: The present result.
        tail: Chance beyond either end of its interval.
        power: Probability of a decision, between 0 and 1.
    Returns:
        Arrays of shape (1,), see planning.growth_needed.
    """
    return growth_needed(np.array([result.distance]), np.array([result.freedom]), tail, power=power)


def on_scale(scale: Scale, gap: FloatArray) -> FloatArray:
    """Convert gaps in log-odds to the scale."""
    return SCALE * gap if scale == Scale.POINTS else 0.5 * np.tanh(gap / 2)


def from_scale(scale: Scale, difference: float) -> float:
    """Convert a difference to a gap in log-odds; infinite where no gap is so large."""
    if scale == Scale.POINTS:
        return difference / SCALE
    return (
        float(2 * np.arctanh(np.clip(2 * difference, -1, 1)))
        if abs(difference) < 0.5
        else np.copysign(np.inf, difference)
    )


def slope(scale: Scale, gap: FloatArray) -> FloatArray:
    """Say how much a difference grows for each unit of the gap."""
    return np.full(np.shape(gap), SCALE) if scale == Scale.POINTS else 0.25 / np.cosh(gap / 2) ** 2
