"""Plan looks at dates: how many votes each one reads is not known before, so each boundary is found when it is taken.

What may be spent by a look follows from the votes that there are by then, in parts of a planned number of votes. At the
last look the rest is spent, whatever has come: less than planned (underrunning) or more (overrunning).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from stats.decisions.looks import ONE_SIDED, Spending, boundaries_that_spend, spent
from stats.votes.least import LEAST_ANNOTATORS, LEAST_DOCUMENTS, LEAST_VOTES, too_few

# Beyond this a claim would need a lead that no votes have: what may be spent is below 1e-15.
HIGHEST = 8.0
OVER = "an earlier look had the planned number of votes and was the last one"
NO_MORE = "there are no more votes than at an earlier look"
TOO_EARLY = "too early to say: so few of the planned votes are there that no lead would be enough"


@dataclass(frozen=True)
class DatedLook:
    """What a look at a date may spend.

    Attributes:
        information: Votes, in parts of the planned number.
        boundary: Standard errors that a claim takes; None where nothing is looked at.
        spent: One-sided level that is used up with this look, from 0 to alpha.
        reason: Why nothing is looked at; "" where the boundary is given.
    """

    information: float
    boundary: float | None
    spent: float
    reason: str = ""


def look_by_date(
    held: Sequence[int], votes: int, maximum: int, spending: Spending, *, rest: bool, alpha: float = ONE_SIDED
) -> DatedLook:
    """Give the boundary of a look at a date.

    A look that reads too few votes, or none that an earlier one has not read, spends nothing. Which looks these are
    depends on numbers of votes alone, so what they leave may be spent later.

    Args:
        held: Votes that each earlier look read, rising, without looks that spent nothing.
        votes: Votes by this date.
        maximum: Votes that are planned for the end, 1 or more. The look that first has so many is the last one.
        spending: How alpha is spread.
        rest: Whether this is the last date, so that all that is left is spent.
        alpha: Chance of a wrong claim in all looks, in one direction.
    Raises:
        ValueError: held does not rise.
    Source:
        Lan and DeMets (1983), Biometrika 70, 659-663. Less or more than planned at the end: Jennison and Turnbull
        (2000), Group Sequential Methods, section 7.2; Proschan, Lan and Wittes (2006), Statistical Monitoring of
        Clinical Trials, chapter 5. A second implementation: tests/stats/decisions/test_dated.py.
    """
    information, most = votes / maximum, _most(held)
    before = float(spent(spending, np.array(most / maximum), alpha))
    if reason := _why_none(most, votes, maximum, rest=rest):
        return DatedLook(information, None, alpha if most >= maximum else before, reason)
    total = alpha if rest else float(spent(spending, np.array(information), alpha))
    boundary = _boundary([n / maximum for n in held], information, spending, total, alpha)
    if boundary > HIGHEST:
        return DatedLook(information, None, before, TOO_EARLY)
    return DatedLook(information, boundary, total)


def _most(held: Sequence[int]) -> int:
    """Give the votes that the looks before read, all together."""
    if any(later <= earlier for earlier, later in zip([0, *held], held, strict=False)):
        raise ValueError(f"The looks read {list(held)} votes; expected numbers above 0, each above the one before.")
    return held[-1] if held else 0


def _why_none(most: int, votes: int, maximum: int, *, rest: bool) -> str:
    if most >= maximum:
        return OVER
    if votes < LEAST_VOTES:
        return too_few(votes, LEAST_ANNOTATORS, LEAST_DOCUMENTS)
    return NO_MORE if votes <= most and not rest else ""


def _boundary(held: Sequence[float], now: float, spending: Spending, total: float, alpha: float) -> float:
    """Give the bound beyond which, with all before, a level of total is spent.

    Two looks at the same votes are one with the lower bound. Votes that an earlier look read and that no longer count
    leave fewer: then what is left is spent as if nothing were known of the looks before (Bonferroni).
    """
    levels = spent(spending, np.array(held), alpha) if held else np.zeros(0)
    if held and now < held[-1]:
        return float(-scipy.special.ndtri(total - levels[-1]))
    times = [time for time in held if time < now]
    steps = np.diff([*levels[: len(times)], total], prepend=0.0)
    return float(boundaries_that_spend([*times, now], steps.tolist())[-1])
