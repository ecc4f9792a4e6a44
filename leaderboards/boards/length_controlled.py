"""A board's ratings as they would be if all summaries were equally long."""

from dataclasses import dataclass, replace

import numpy as np

from leaderboards.data.inputs import BoardInputs
from stats.ratings.length_control import length_controlled
from stats.strengths.bradley_terry import SCALE, to_rating
from stats.votes.arrays import FloatArray
from stats.votes.parts import only, parts_of

NO_LENGTHS = "no votes on summaries whose words are counted"


@dataclass(frozen=True)
class EqualLength:
    """Ratings at equal length, in points by system; NaN with a reason.

    Attributes:
        effect: Points gained by one standard deviation of relative length more; None unless votes connect one part.
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
    deviation: float | None
    votes: int


def at_equal_length(inputs: BoardInputs) -> EqualLength:
    """Rate each part that votes connect by itself, on a scale with the mean 1000."""
    lengths = [inputs.lengths(side) for side in ("a", "b")]
    counted = (lengths[0] > 0) & (lengths[1] > 0)
    votes, (length_a, length_b) = inputs.arrays.take(counted), [length[counted] for length in lengths]
    n = votes.n_systems
    rating, lower, upper = (np.full(n, np.nan) for _ in range(3))
    reason = [NO_LENGTHS] * n
    equal_length = EqualLength(rating, lower, upper, reason, None, None, None, None, len(votes))
    parts = parts_of(votes)
    for systems in parts:
        inside = np.isin(votes.system_a, systems)
        fit = length_controlled(only(votes, systems), length_a[inside], length_b[inside])
        rating[systems], lower[systems], upper[systems] = map(to_rating, (fit.strengths, fit.lower, fit.upper))
        for system in systems.tolist():
            reason[system] = ""
        if len(parts) == 1 and fit.deviation > 0:
            effects = [SCALE * value for value in (fit.effect, fit.effect_lower, fit.effect_upper)]
            equal_length = replace(
                equal_length,
                effect=effects[0],
                effect_lower=effects[1],
                effect_upper=effects[2],
                deviation=fit.deviation,
            )
    return equal_length
