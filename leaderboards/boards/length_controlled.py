"""A board's ratings as they would be if all summaries were equally long."""

from dataclasses import dataclass, replace

import numpy as np

from leaderboards.data.inputs import BoardInputs
from stats.ratings.length_control import LengthControl, length_controlled
from stats.strengths.bradley_terry import SCALE, to_rating
from stats.votes.arrays import FloatArray
from stats.votes.parts import only, parts_of

NO_LENGTHS = "no votes on summaries whose words are counted"
NOT_CONNECTED = "the votes on summaries with counted words do not connect all systems"


@dataclass(frozen=True)
class EqualLength:
    """Ratings at equal length, in points by system; NaN with a reason.

    Attributes:
        effect: Points gained by being longer by one standard deviation of relative length; None unless votes connect
            one part and tell.
        effect_reason: Why effect is None; "" where it is not.
        deviation: That standard deviation.
        votes: Number of votes on summaries whose words are both counted.
    """

    rating: FloatArray
    lower: FloatArray
    upper: FloatArray
    reason: list[str]
    effect: float | None
    effect_lower: float | None
    effect_upper: float | None
    effect_reason: str
    deviation: float | None
    votes: int


def at_equal_length(inputs: BoardInputs) -> EqualLength:
    """Rate each part that votes connect by itself, on a scale with the mean 1000."""
    lengths = [inputs.lengths(side) for side in ("a", "b")]
    counted = (lengths[0] > 0) & (lengths[1] > 0)
    votes, (length_a, length_b) = inputs.arrays.take(counted), [length[counted] for length in lengths]
    n = votes.n_systems
    rating, lower, upper = (np.full(n, np.nan) for _ in range(3))
    reason, parts = [NO_LENGTHS] * n, parts_of(votes)
    why = NO_LENGTHS if not parts else NOT_CONNECTED if len(parts) > 1 else ""
    equal_length = EqualLength(rating, lower, upper, reason, None, None, None, why, None, len(votes))
    for systems in parts:
        inside = np.isin(votes.system_a, systems)
        fit = length_controlled(only(votes, systems), length_a[inside], length_b[inside])
        rating[systems], lower[systems], upper[systems] = map(to_rating, (fit.strengths, fit.lower, fit.upper))
        for system, why_not in zip(systems.tolist(), fit.reasons, strict=True):
            reason[system] = why_not
        if not why:
            equal_length = _with_effect(equal_length, fit)
    return equal_length


def _with_effect(equal_length: EqualLength, fit: LengthControl) -> EqualLength:
    """Add what length is worth in points, or why that is not known."""
    if fit.effect_reason:
        return replace(equal_length, effect_reason=fit.effect_reason, deviation=fit.deviation or None)
    effect, lower, upper = (SCALE * value for value in (fit.effect, fit.effect_lower, fit.effect_upper))
    return replace(equal_length, effect=effect, effect_lower=lower, effect_upper=upper, deviation=fit.deviation)
