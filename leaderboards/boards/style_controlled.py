"""A board's ratings as they would be if all summaries had the same style: as long, as many headers, lists and bold."""

from dataclasses import dataclass, field

import numpy as np

from leaderboards.data.inputs import BoardInputs
from stats.ratings.style_control import StyleControl, style_controlled
from stats.strengths.bradley_terry import SCALE, to_rating
from stats.votes.arrays import BoolArray, FloatArray
from stats.votes.parts import only, parts_of

FEATURES = {"words": "length", "headers": "headers", "list_items": "list items", "bold": "bold text"}
NO_STYLE = "no votes on summaries whose words and markup are counted"
NOT_CONNECTED = "the votes on summaries with counted markup do not connect all systems"


@dataclass(frozen=True)
class StyleEffect:
    """What one feature is worth.

    Attributes:
        feature: Its name, a key of FEATURES.
        effect: Points gained by one standard deviation more of its relative difference; None with a reason.
        deviation: That standard deviation.
    """

    feature: str
    effect: float | None = None
    lower: float | None = None
    upper: float | None = None
    deviation: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class EqualStyle:
    """Ratings at equal style, in points by system; NaN with a reason."""

    rating: FloatArray
    lower: FloatArray
    upper: FloatArray
    reason: list[str]
    votes: int
    effects: list[StyleEffect] = field(default_factory=list)


def at_equal_style(inputs: BoardInputs) -> EqualStyle:
    """Rate each part that votes connect by itself, on a scale with the mean 1000."""
    style = [np.column_stack([inputs.lengths(side), inputs.markup(side)]) for side in ("a", "b")]
    counted: BoolArray = np.asarray(np.isfinite(np.hstack(style)).all(axis=1))
    votes, (style_a, style_b) = inputs.arrays.take(counted), [features[counted] for features in style]
    n = votes.n_systems
    rating, lower, upper = (np.full(n, np.nan) for _ in range(3))
    reason, parts = [NO_STYLE] * n, parts_of(votes)
    why = NO_STYLE if not parts else NOT_CONNECTED if len(parts) > 1 else ""
    effects = [StyleEffect(name, reason=why) for name in FEATURES]
    for systems in parts:
        inside = np.isin(votes.system_a, systems)
        fit = style_controlled(only(votes, systems), style_a[inside], style_b[inside])
        rating[systems], lower[systems], upper[systems] = map(to_rating, (fit.strengths, fit.lower, fit.upper))
        for system in systems.tolist():
            reason[system] = ""
        if not why:
            effects = _effects(fit, style_a + style_b)
    return EqualStyle(rating, lower, upper, reason, len(votes), effects)


def _effects(fit: StyleControl, both: FloatArray) -> list[StyleEffect]:
    effects = []
    for i, (name, words) in enumerate(FEATURES.items()):
        deviation = float(fit.deviations[i])
        if deviation > 0:
            points = [SCALE * float(values[i]) for values in (fit.effects, fit.effects_lower, fit.effects_upper)]
            effects.append(StyleEffect(name, points[0], points[1], points[2], deviation))
        else:
            effects.append(
                StyleEffect(name, reason=f"the summaries do not vary in {words}" if both[:, i].any() else f"no {words}")
            )
    return effects
