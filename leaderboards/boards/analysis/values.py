"""Values for JSON: undefined is None, with the reason beside it."""

import math
from collections.abc import Sequence
from typing import Any

from stats.strengths.bradley_terry import MEAN_RATING, SCALE

Values = dict[str, Any]


def number(value: float | None) -> float | None:
    """Return the value, None where it is not finite."""
    return None if value is None or not math.isfinite(value) else float(value)


def points(strength: float) -> float | None:
    """Return a strength in log-odds as a rating in points."""
    return number(float(MEAN_RATING + SCALE * strength))


def estimate(
    value: float | None,
    lower: float | None = None,
    upper: float | None = None,
    *,
    reason: str = "",
    interval_reason: str = "",
) -> Values:
    """Return a value with its 95 % interval.

    Args:
        reason: Why the value is None.
        interval_reason: Why the bounds are None.
    """
    value, lower, upper = number(value), number(lower), number(upper)
    if value is None:
        lower = upper = None
        interval_reason = reason
    return {"value": value, "lower": lower, "upper": upper, "reason": reason, "interval_reason": interval_reason}


def named(names: Sequence[str], indexes: Sequence[int]) -> list[str]:
    """Return the names at these indexes."""
    return [names[i] for i in indexes]
