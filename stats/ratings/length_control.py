"""Rate systems as if all summaries were equally long: Bradley–Terry with a curve of the difference in length."""

from dataclasses import dataclass

import numpy as np

from stats.ratings.covariates import centre_of, chances, design_of, fit, hessian, precision_of, told_shares
from stats.strengths.bradley_terry import InvalidWinsError
from stats.votes.arrays import BoolArray, FloatArray, VoteArrays

# Places of the curve's corners, in deviations of relative length; the first is just above 0.
KNOTS = (0.0, 0.5, 1.0, 2.0)
USUAL = KNOTS.index(1.0)
# A strength, or an effect, has no value if the model leaves it this variance, in squared log-odds: what two votes
# between equals would leave. Beyond it, intervals hold less often than they promise (docs/statistics.md).
MOST_VARIANCE = 2.0
EQUALLY_LONG = "all summaries are equally long"
NOT_TOLD_APART = "length and system cannot be told apart: of two systems, nearly always the same one is longer"
TOO_FEW = "the votes say too little to rate this system at equal length"
TOO_FEW_OF_LENGTH = "the votes say too little of what length is worth"


@dataclass(frozen=True)
class LengthControl:
    """Hold strengths at equal length, and what length is worth; NaN with a reason.

    Attributes:
        strengths: Of systems at equal length, in log-odds with mean zero, shape (n,).
        lower, upper: Their 95 % bounds, shape (n,).
        reasons: Why a strength is NaN, "" where it is not, one a system.
        effect: Log-odds gained by being longer by one deviation.
        effect_lower, effect_upper: Its 95 % bounds.
        effect_reason: Why it is NaN.
        deviation: Root mean square of (l_a - l_b) / (l_a + l_b); 0 where all summaries are equally long.
    """

    strengths: FloatArray
    lower: FloatArray
    upper: FloatArray
    reasons: list[str]
    effect: float
    effect_lower: float
    effect_upper: float
    effect_reason: str
    deviation: float


def length_controlled(votes: VoteArrays, length_a: FloatArray, length_b: FloatArray) -> LengthControl:
    """Fit log-odds(a over b) = s_a - s_b + sign(x) f(|x|), where x is the relative difference in length.

    f is linear between KNOTS, which are in root mean squares of x, and constant beyond the last; just above 0 it has a
    value of its own, for people may prefer the longer however much longer. At x = 0 nothing is gained. The penalty is
    that of the ratings, on the strengths and on f's values at the knots. Bounds are those of boards
    (calibrated.precision), with shares by what votes tell (covariates.told_shares).

    Args:
        votes: Votes that connect all their systems, each of which has some.
        length_a, length_b: Length of the two summaries of each vote, in words or characters, above 0, shape (n_votes,).
    Raises:
        InvalidWinsError: A length is not finite and above 0.
        NotConvergedError: The fit's steps do not become small.
    Source:
        LMSYS (2024), Does style matter? Disentangling style and substance in Chatbot Arena, where f is linear. Linear
        splines: Harrell (2015), Regression Modeling Strategies, section 2.4.
    """
    lengths = np.concatenate([length_a, length_b])
    if not np.isfinite(lengths).all() or (lengths <= 0).any():
        raise InvalidWinsError("Lengths must be finite and above 0.")
    x = (length_a - length_b) / (length_a + length_b)
    deviation = float(np.sqrt((x**2).mean()))
    columns = curve(x, deviation)
    used: BoolArray = np.asarray(columns.any(axis=0))
    found, n = _worked_out(votes, columns[:, used]), votes.n_systems
    undefined: BoolArray = np.asarray(found.variance[:n] >= MOST_VARIANCE)
    few: BoolArray = np.asarray(found.alone >= MOST_VARIANCE)
    reasons = [(TOO_FEW if few[i] else NOT_TOLD_APART) if undefined[i] else "" for i in range(n)]
    strengths = np.where(undefined, np.nan, found.at[:n] - found.at[:n].mean())
    place = n + int(used[:USUAL].sum())
    known = bool(used[USUAL] and found.variance[place] < MOST_VARIANCE)
    effect, by = (float(found.at[place]), float(found.reach[place])) if known else (np.nan, np.nan)
    why = EQUALLY_LONG if deviation == 0 else NOT_TOLD_APART if NOT_TOLD_APART in reasons else TOO_FEW_OF_LENGTH
    return LengthControl(
        strengths,
        strengths - found.reach[:n],
        strengths + found.reach[:n],
        reasons,
        effect,
        effect - by,
        effect + by,
        "" if known else why,
        deviation,
    )


def curve(x: FloatArray, deviation: float) -> FloatArray:
    """Give how much of f's value at each knot each vote gains, shape (n_votes, len(KNOTS)).

    Args:
        x: Relative differences in length, from -1 to 1, shape (n_votes,).
        deviation: Their root mean square; 0 if all are 0.
    """
    far = np.abs(x) / (deviation or 1)
    return np.column_stack([np.sign(x) * np.interp(far, KNOTS, at_knot) for at_knot in np.eye(len(KNOTS))])


@dataclass(frozen=True)
class _WorkedOut:
    """Hold a fit of strengths and of f's values at knots, shape (n + k,) each but for the last.

    Attributes:
        at: The fit, in log-odds.
        reach: Half the width of the interval of each, strengths less their mean.
        variance: What the model leaves open of each, for a contrast of squared length 1.
        alone: The same of strengths, were f known, shape (n,).
    """

    at: FloatArray
    reach: FloatArray
    variance: FloatArray
    alone: FloatArray


def _worked_out(votes: VoteArrays, columns: FloatArray) -> _WorkedOut:
    design, n = design_of(votes, columns), votes.n_systems
    at = fit(votes, design)
    reach = np.diag(precision_of(votes, design, at, told_shares(votes, design, at)).reach())
    centre = centre_of(len(at), n)
    bends = hessian(votes, design, chances(design, at))
    variance, alone = (
        np.diag(part @ np.linalg.inv(matrix) @ part) / np.diag(part)
        for part, matrix in ((centre, bends), (centre[:n, :n], bends[:n, :n]))
    )
    return _WorkedOut(at, reach, variance, alone)
