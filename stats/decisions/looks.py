"""Plan looks at a study while votes come in, so that one may end it at any of them and still be wrong as rarely.

Boundaries are in standard errors of a normal estimate with independent increments. What they mean for votes of few
people, whose standard errors are themselves estimates, is in stats.decisions.look.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import cache

import numpy as np
import scipy

from stats.votes.arrays import FloatArray

# Chance of a wrong claim in one direction; both directions together have twice that.
ONE_SIDED = 0.025
# Points of the integrals. With 10 looks a step of one look is a tenth of the range, which these see well.
NODES = 200
# Beyond this no vote has ever been.
FARTHEST = 40.0
EVEN_TAILS = 8.0


class Spending(StrEnum):
    """Name how the chance of a wrong claim is spread over the looks.

    Attributes:
        OBRIEN_FLEMING: Nearly nothing early, so that the last look is hardly stricter than a single one.
        POCOCK: About the same at every look, so that large differences end early.
    """

    OBRIEN_FLEMING = "obrien-fleming"
    POCOCK = "pocock"


def spent(spending: Spending, fraction: FloatArray, alpha: float = ONE_SIDED) -> FloatArray:
    """Give how much of alpha may be spent up to each fraction of the planned information.

    Source:
        Lan and DeMets (1983), Discrete sequential boundaries for clinical trials, Biometrika 70, 659-663.
    """
    part = np.clip(fraction, 0, 1)
    if spending == Spending.POCOCK:
        return np.asarray(alpha * np.log1p((np.e - 1) * part))
    with np.errstate(divide="ignore"):
        return np.asarray(2 * scipy.special.ndtr(scipy.special.ndtri(alpha / 2) / np.sqrt(part)))


def boundaries(
    fractions: Sequence[float], spending: Spending, *, alpha: float = ONE_SIDED, sides: int = 1
) -> FloatArray:
    """Give the standard errors that a claim takes at each look, shape (looks,).

    Args:
        fractions: Information of each look in parts of what is planned, rising, above 0; the last is 1 at the end of a
            study that goes as planned.
        spending: How alpha is spread.
        alpha: Chance of a wrong claim in all looks, in one direction.
        sides: 1 if only one direction ends the study; 2 if both do, each with alpha.
    Source:
        Lan and DeMets (1983). The integrals: Armitage, McPherson and Rowe (1969), JRSS A 132, 235-244; Jennison and
        Turnbull (2000), Group Sequential Methods, chapter 19. Constants and a second implementation:
        tests/stats/decisions/test_looks.py.
    """
    steps = np.diff(spent(spending, _checked(fractions), alpha), prepend=0.0)
    return boundaries_that_spend(fractions, steps.tolist(), sides=sides)


def boundaries_that_spend(fractions: Sequence[float], steps: Sequence[float], *, sides: int = 1) -> FloatArray:
    """Give the standard errors that a claim takes at each look, shape (looks,), for levels that are given.

    Args:
        fractions: As of boundaries.
        steps: One-sided level that each look spends, 0 or more; infinitely many standard errors spend nothing.
        sides: As of boundaries, where its source stands.
    """
    walk, found = _Walk(sides), []
    for time, step in zip(_checked(fractions).tolist(), steps, strict=True):
        walk.go_to(time)
        found.append(_where(walk.beyond, step))
        walk.stop_at(found[-1])
    return np.array(found)


def crossing(fractions: Sequence[float], bounds: Sequence[float], *, sides: int = 1) -> FloatArray:
    """Give the chance that each look is the first beyond its bound, above, where there is nothing; shape (looks,)."""
    walk, chances = _Walk(sides), []
    for time, bound in zip(_checked(fractions).tolist(), bounds, strict=True):
        walk.go_to(time)
        chances.append(walk.beyond(bound))
        walk.stop_at(bound)
    return np.array(chances)


def classical(
    fractions: Sequence[float], spending: Spending, *, alpha: float = ONE_SIDED, sides: int = 2
) -> FloatArray:
    """Give the boundaries of the tables: the same at all looks (Pocock), or falling with the root (O'Brien-Fleming).

    Source:
        Pocock (1977), Biometrika 64, 191-199. O'Brien and Fleming (1979), Biometrics 35, 549-556.
    """
    times = _checked(fractions)
    shape = np.ones(len(times)) if spending == Spending.POCOCK else np.sqrt(times[-1] / times)
    constant = _where(lambda c: float(crossing(fractions, (c * shape).tolist(), sides=sides).sum()), alpha)
    return np.asarray(constant * shape)


def _checked(fractions: Sequence[float]) -> FloatArray:
    times = np.asarray(fractions, dtype=np.float64)
    if not len(times) or not (np.diff(times, prepend=0.0) > 0).all():
        raise ValueError(f"The looks are at {list(fractions)}; expected fractions above 0, each above the one before.")
    return times


def _where(chance: Callable[[float], float], wanted: float) -> float:
    """Find the bound beyond which the chance is as wanted; the chance falls with the bound."""
    low, high = -FARTHEST, FARTHEST
    if chance(high) >= wanted:
        return np.inf
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if chance(middle) > wanted else (low, middle)
    return (low + high) / 2


@cache
def _nodes() -> tuple[FloatArray, FloatArray]:
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    return nodes, weights


class _Walk:
    """Follow the density of a Brownian motion, less what has ended at a look."""

    def __init__(self, sides: int) -> None:
        self.sides, self.time = sides, 0.0
        self.place, self.mass = np.zeros(1), np.ones(1)
        self.spread = 0.0

    def go_to(self, time: float) -> None:
        self.spread, self.time = float(np.sqrt(time - self.time)), time

    def beyond(self, bound: float) -> float:
        """Give the chance to be above so many standard errors now, and not to have ended before."""
        far = (bound * np.sqrt(self.time) - self.place) / self.spread
        return float(self.mass @ scipy.special.ndtr(-far))

    def stop_at(self, bound: float) -> None:
        """End what is beyond the bound."""
        scale = np.sqrt(self.time)
        top = min(bound, EVEN_TAILS) * scale
        bottom = -top if self.sides == 2 else -EVEN_TAILS * scale
        if top <= bottom:
            self.place, self.mass = np.zeros(1), np.zeros(1)
            return
        nodes, weights = _nodes()
        place = bottom + (nodes + 1) / 2 * (top - bottom)
        off = (place[:, np.newaxis] - self.place) / self.spread
        density = np.exp(-(off**2) / 2) @ self.mass / (self.spread * np.sqrt(2 * np.pi))
        self.place, self.mass = place, density * weights * (top - bottom) / 2
