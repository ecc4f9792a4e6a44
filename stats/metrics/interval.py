"""Hold a figure about a metric with its interval, or the reason why it has none."""

from dataclasses import dataclass

import numpy as np

from stats.metrics.correlation import COEFFICIENTS

LEAST_SYSTEMS = 3
TOO_FEW_SYSTEMS = "fewer than three systems have votes and values"
NOTHING_TO_DRAW = "one document rated by one annotator: nothing shows how far documents or people differ"
CONSTANT = "the metric gives all systems the same value, or the votes rate them all alike"


@dataclass(frozen=True)
class Interval:
    """Hold a value with its 95 % interval; NaN with a reason.

    Attributes:
        value, lower, upper: The value and its bounds.
        reason: Why the value is NaN; "" where it is not.
        interval_reason: Why the bounds are NaN; "" where they are not.
    """

    value: float
    lower: float
    upper: float
    reason: str = ""
    interval_reason: str = ""

    @classmethod
    def undefined(cls, reason: str) -> "Interval":
        """Say why there is no value."""
        return cls(np.nan, np.nan, np.nan, reason, reason)

    @classmethod
    def unbounded(cls, value: float, reason: str) -> "Interval":
        """Give a value without bounds, and say why they are missing."""
        return cls(value, np.nan, np.nan, interval_reason=reason)


def undefined_correlations(reason: str) -> dict[str, Interval]:
    """Leave all coefficients undefined for the same reason."""
    return {name: Interval.undefined(reason) for name in COEFFICIENTS}
