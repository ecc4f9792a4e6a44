"""Is a compact system as good as a large one, save for a margin fixed beforehand?"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from leaderboards.stats.arrays import FloatArray, VoteArrays
from leaderboards.stats.bootstrap import bootstrap_strengths, draw, percentile_interval
from leaderboards.stats.bradley_terry import SCALE, fit_bradley_terry
from leaderboards.stats.estimates import NO_DRAWS
from leaderboards.stats.parts import only, parts_of
from leaderboards.stats.tallies import units

NOT_CONNECTED = "the votes do not connect the two systems"
TOO_FEW = "too few votes: fewer than half of the resamples say anything about both systems"


class Scale(StrEnum):
    """POINTS: rating of the compact minus that of the large system. WIN_PROBABILITY: chance that it wins, minus 1/2."""

    POINTS = "points"
    WIN_PROBABILITY = "win probability"


@dataclass(frozen=True)
class NonInferiority:
    """difference: compact minus large on the scale; lower, upper: its 95 % interval. NaN with a reason.

    non_inferior: lower > -margin, a one-sided test at level 0.025 with this p. superior: lower > 0. inferior: upper <
    -margin. None of the three: the votes do not decide.
    """

    difference: float
    lower: float
    upper: float
    margin: float
    p: float
    reason: str = ""

    @property
    def non_inferior(self) -> bool:
        return self.lower > -self.margin

    @property
    def superior(self) -> bool:
        return self.lower > 0

    @property
    def inferior(self) -> bool:
        return self.upper < -self.margin


def noninferiority(
    votes: VoteArrays,
    compact: int,
    large: int,
    *,
    margin: float,
    seed: int,
    scale: Scale = Scale.POINTS,
    resamples: int = 1000,
) -> NonInferiority:
    """From all votes of the part that holds both systems; the interval is the two-way cluster bootstrap's.

    Args:
        margin: Above 0, how much worse still counts as good enough; chosen before the votes are seen.
    Raises:
        ValueError: The margin is not above 0.
    Source:
        Piaggio, Elbourne, Pocock, Evans and Altman (2012), Reporting of noninferiority and equivalence randomized
        trials, JAMA 308, 2594-2604. The level: one-sided 0.025, the lower end of a 95 % interval.
    """
    if not margin > 0:
        raise ValueError(f"The margin is {margin}; expected a number above 0.")
    nothing = NonInferiority(np.nan, np.nan, np.nan, margin, np.nan, NOT_CONNECTED)
    part = next((part for part in parts_of(votes) if compact in part and large in part), None)
    if part is None:
        return nothing
    kept = only(votes, part)
    i, j = np.searchsorted(part, [compact, large]).tolist()
    strengths = fit_bradley_terry(kept.wins())
    difference = float(_on(scale, strengths[i] - strengths[j]))
    n_documents, n_annotators = units(kept.document), units(kept.annotator)
    if n_documents == n_annotators == 1:
        return NonInferiority(difference, np.nan, np.nan, margin, np.nan, NO_DRAWS)
    draws = draw(np.random.default_rng(seed), n_documents, n_annotators, resamples)
    drawn = bootstrap_strengths(kept, strengths, draws)
    gaps = _on(scale, drawn[:, i] - drawn[:, j])
    gaps = gaps[~np.isnan(gaps)]
    if len(gaps) < resamples / 2:
        return NonInferiority(difference, np.nan, np.nan, margin, np.nan, TOO_FEW)
    lower, upper = percentile_interval(gaps[:, np.newaxis])
    p = (1 + int((gaps <= -margin).sum())) / (1 + len(gaps))
    return NonInferiority(difference, float(lower[0]), float(upper[0]), margin, p)


def _on(scale: Scale, gap: FloatArray) -> FloatArray:
    return SCALE * gap if scale == Scale.POINTS else 0.5 * np.tanh(gap / 2)
