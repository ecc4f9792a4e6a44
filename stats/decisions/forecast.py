"""Forecast the chance of a decision from simulated designs, by reading between them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stats.decisions.power import VotingDesign
from stats.votes.arrays import FloatArray

# Shares of the simulated studies of a design whose bound lies below each of the quantiles that are kept.
LEVELS = (0.005, 0.01, 0.025, *(round(0.05 * n, 2) for n in range(1, 20)), 0.975, 0.99, 0.995)
SWEEPS = 3


@dataclass(frozen=True)
class SimulatedDesigns:
    """Hold quantiles of the ends of the intervals of simulated studies with the same number of annotators.

    Attributes:
        annotators: Of each study.
        documents: Shape (d,), rising.
        votes: Shape (v,), votes on each document, rising from 1 to one by each annotator.
        lower, upper: Shape (v, d, levels), the ends less the true share.
    """

    annotators: int
    documents: FloatArray
    votes: FloatArray
    lower: FloatArray
    upper: FloatArray

    def smoothed(self) -> "SimulatedDesigns":
        """Remove what chance alone can have made: more documents or votes never move an end away from the truth."""
        return SimulatedDesigns(
            self.annotators,
            self.documents,
            self.votes,
            _smooth(self.lower),
            -_smooth(-self.upper[..., ::-1])[..., ::-1],
        )

    def ends(self, documents: float, votes: float) -> tuple[FloatArray, FloatArray]:
        """Read the quantiles of both ends between the designs, linearly in the logarithms of both numbers."""
        place = np.log(votes) / np.log(self.annotators) if self.annotators > 1 else 1.0
        across = np.log(self.votes) / np.log(self.annotators)
        i, part = _between(across, place)
        j, along = _between(np.log(self.documents), np.log(documents))
        lower, upper = (
            (1 - part) * ((1 - along) * ends[i, j] + along * ends[i, j + 1])
            + part * ((1 - along) * ends[i + 1, j] + along * ends[i + 1, j + 1])
            for ends in (self.lower, self.upper)
        )
        return lower, upper


def _smooth(lower: FloatArray) -> FloatArray:
    """Make quantiles of lower ends move towards 0 along documents and along votes, by isotonic regression in turns."""
    smooth = lower.copy()
    for _ in range(SWEEPS):
        for axis in (1, 0):
            smooth = np.apply_along_axis(_towards_zero, axis, smooth)
    return np.sort(smooth, axis=-1)


def _towards_zero(values: FloatArray) -> FloatArray:
    from scipy.optimize import isotonic_regression  # which every start of the site would wait for

    rising = bool(np.median(values) < 0)
    fitted: FloatArray = isotonic_regression(values, increasing=rising).x
    return fitted


def _between(points: FloatArray, place: float) -> tuple[int, float]:
    """Return the point before a place and how far the place lies on the way to the next; ends hold beyond them."""
    i = int(np.clip(np.searchsorted(points, place, side="right") - 1, 0, len(points) - 2))
    return i, float(np.clip((place - points[i]) / (points[i + 1] - points[i]), 0, 1))


@dataclass(frozen=True)
class Chances:
    """Hold the chances of both decisions, between 0 and 1; else the study is not decided yet."""

    good: float
    bad: float


def forecast(designs: Sequence[SimulatedDesigns], design: VotingDesign, share: float, margin: float) -> Chances:
    """Give the chances that a board's verdict on a pair named before the votes is a decision.

    Args:
        designs: By annotators, rising; smoothed. Numbers beyond them count as the nearest one.
        design: Of the study that is planned.
        share: True share that prefers the small system, a tie as half.
        margin: As in NonInferiority, on the scale of shares.
    Source:
        The distance of an interval's ends from the true share depends on the share itself only through its variance,
        share times (1 - share), so designs are simulated at one half and moved. The tests hold it against simulations
        elsewhere. Interpolation in log(votes per document) / log(annotators): both ends of it are the same design for
        every number of annotators, one vote on a document and all of them.
    """
    counts = np.array([simulated.annotators for simulated in designs], dtype=np.float64)
    i, part = _between(np.log(counts), float(np.log(design.annotators)))
    fraction = 1.0 if design.annotators == 1 else np.log(design.votes_per_document) / np.log(design.annotators)
    near = [group.ends(design.documents, float(group.annotators**fraction)) for group in designs[i : i + 2]]
    lower, upper = ((1 - part) * below + part * above for below, above in zip(*near, strict=True))
    least = 0.5 - margin - share
    return Chances(good=1 - _below(lower, least), bad=_below(upper, least))


def _below(quantiles: FloatArray, value: float) -> float:
    """Give the share of studies whose end lies below a value; 0 or 1 beyond the quantiles that are kept."""
    return float(np.interp(value, quantiles, LEVELS, left=0, right=1))
