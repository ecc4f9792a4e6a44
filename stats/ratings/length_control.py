"""Rate systems as if all summaries were equally long: Bradley–Terry with the difference in length as a covariate."""

from dataclasses import dataclass

import numpy as np

from stats.ratings.style_control import style_controlled
from stats.strengths.bradley_terry import InvalidWinsError
from stats.votes.arrays import FloatArray, VoteArrays


@dataclass(frozen=True)
class LengthControl:
    """Hold strengths at equal length, and the effect of length.

    Attributes:
        strengths: Of systems at equal length, in log-odds with mean zero, shape (n,).
        lower, upper: Their 95 % bounds, shape (n,).
        effect: Log-odds gained where the relative difference in length is one standard deviation larger.
        effect_lower, effect_upper: Its 95 % bounds.
        deviation: That standard deviation, of (l_a - l_b) / (l_a + l_b); 0 where all summaries are equally long, and
            then effect and its bounds are NaN.
    """

    strengths: FloatArray
    lower: FloatArray
    upper: FloatArray
    effect: float
    effect_lower: float
    effect_upper: float
    deviation: float


def length_controlled(votes: VoteArrays, length_a: FloatArray, length_b: FloatArray) -> LengthControl:
    """Fit log-odds(a over b) = s_a - s_b + effect * x, where x is the relative difference in length over its deviation.

    x is scaled but not centred: which system is a carries no meaning, so equal lengths must stay at zero. The penalty
    is that of the ratings, on the strengths and on the effect. Bounds are those of boards (calibrated.precision).

    Args:
        votes: Votes that connect all their systems, each of which has some.
        length_a, length_b: Length of the two summaries of each vote, in words or characters, above 0, shape (n_votes,).
    Raises:
        InvalidWinsError: A length is not finite and above 0.
        NotConvergedError: The fit's steps do not become small.
    Source:
        LMSYS (2024), Does style matter? Disentangling style and substance in Chatbot Arena, and FastChat's style
        control.
    """
    lengths = np.concatenate([length_a, length_b])
    if not np.isfinite(lengths).all() or (lengths <= 0).any():
        raise InvalidWinsError("Lengths must be finite and above 0.")
    fit = style_controlled(votes, length_a[:, np.newaxis], length_b[:, np.newaxis])
    effect, effect_lower, effect_upper, deviation = (
        float(values[0]) for values in (fit.effects, fit.effects_lower, fit.effects_upper, fit.deviations)
    )
    return LengthControl(fit.strengths, fit.lower, fit.upper, effect, effect_lower, effect_upper, deviation)
