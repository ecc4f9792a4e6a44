"""How results are written down: JSON-able, undefined as None with the reason beside it."""

import math
from collections.abc import Sequence
from typing import Any

from stats.strengths.bradley_terry import MEAN_RATING, SCALE

Values = dict[str, Any]


def number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def points(strength: float) -> float | None:
    """A strength in log-odds as a rating."""
    return number(float(MEAN_RATING + SCALE * strength))


def estimate(
    value: float | None,
    lower: float | None = None,
    upper: float | None = None,
    *,
    reason: str = "",
    interval_reason: str = "",
) -> Values:
    """A value with its 95 % interval. reason: why the value is None. interval_reason: why the bounds are."""
    value, lower, upper = number(value), number(lower), number(upper)
    if value is None:
        lower = upper = None
        interval_reason = reason
    return {"value": value, "lower": lower, "upper": upper, "reason": reason, "interval_reason": interval_reason}


def undefined(reason: str) -> Values:
    return estimate(None, reason=reason)


def named(names: Sequence[str], indexes: Sequence[int]) -> list[str]:
    return [names[i] for i in indexes]
