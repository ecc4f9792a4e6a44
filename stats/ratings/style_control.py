"""Rate systems as if all summaries had the same style: Bradley–Terry with differences in style as covariates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stats.ratings.covariates import design_of, fit, precision_of
from stats.strengths.bradley_terry import InvalidWinsError
from stats.uncertainty.calibrated import unit_shares
from stats.votes.arrays import FloatArray, VoteArrays


@dataclass(frozen=True)
class StyleControl:
    """Hold strengths at equal style, and the effects of k features of it.

    Attributes:
        strengths: Of systems at equal style, in log-odds with mean zero, shape (n,).
        lower, upper: Their 95 % bounds, shape (n,).
        effects: Log-odds gained where the relative difference in a feature is one standard deviation larger, the other
            features as they are, shape (k,); NaN for a feature in which no two summaries of a vote differ.
        effects_lower, effects_upper: Their 95 % bounds, shape (k,).
        deviations: Those standard deviations, of (f_a - f_b) / (f_a + f_b), shape (k,); 0 where the effect is NaN.
    """

    strengths: FloatArray
    lower: FloatArray
    upper: FloatArray
    effects: FloatArray
    effects_lower: FloatArray
    effects_upper: FloatArray
    deviations: FloatArray


def style_controlled(votes: VoteArrays, style_a: FloatArray, style_b: FloatArray) -> StyleControl:
    """Fit log-odds(a over b) = s_a - s_b + effects · x, where x are relative differences over their deviations.

    A difference is 0 where neither summary has anything of a feature. x is scaled but not centred: which system is a
    carries no meaning, so equal styles must stay at zero. The penalty is that of the ratings, on the strengths and the
    effects. Bounds are those of boards (calibrated.precision).

    Args:
        votes: Votes that connect all their systems, each of which has some.
        style_a, style_b: Features of the two summaries of each vote, counts of 0 or more, shape (n_votes, k).
    Raises:
        InvalidWinsError: A feature is negative or not finite.
        NotConvergedError: The fit's steps do not become small.
    Source:
        LMSYS (2024), Does style matter? Disentangling style and substance in Chatbot Arena, and FastChat's style
        control.
    """
    both = np.concatenate([style_a, style_b])
    if not np.isfinite(both).all() or (both < 0).any():
        raise InvalidWinsError("Features of style must be finite and not negative.")
    total = style_a + style_b
    relative = np.divide(style_a - style_b, total, out=np.zeros_like(total, dtype=np.float64), where=total > 0)
    # About zero, because x is not centred.
    deviations = np.sqrt((relative**2).mean(axis=0))
    varies = deviations > 0
    design = design_of(votes, relative[:, varies] / deviations[varies])
    at = fit(votes, design)
    n = votes.n_systems
    reaches = np.diag(precision_of(votes, design, at, unit_shares(votes, features=len(at) - n)).reach())
    strengths, reach = at[:n] - at[:n].mean(), reaches[:n]
    effects, effects_reach = np.full((2, len(varies)), np.nan)
    effects[varies], effects_reach[varies] = at[n:], reaches[n:]
    return StyleControl(
        strengths,
        strengths - reach,
        strengths + reach,
        effects,
        effects - effects_reach,
        effects + effects_reach,
        deviations,
    )
