"""Answer the study's question at a planned look, by an interval that is as wide as the look's boundary asks."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import scipy

from stats.decisions.noninferiority import SWEEP, Scale, from_scale, on_scale, slope
from stats.strengths.bradley_terry import fit_bradley_terry
from stats.uncertainty.calibrated import effective_units, precision
from stats.uncertainty.sequences import TOO_FEW_UNITS
from stats.uncertainty.simultaneous import unclear_pairs
from stats.votes.arrays import FloatArray, IntArray, OutcomeCode, VoteArrays, renumbered
from stats.votes.least import too_few
from stats.votes.tallies import units

# Looks came to wrong claims too often where the votes were those of so few people (docs/statistics.md).
FEW_PEOPLE = "too few to say: looks need votes that weigh like those of more than 4 annotators and documents"


class Claim(StrEnum):
    """Name what a look may find.

    Attributes:
        GOOD_ENOUGH: The first system is not worse than the second by the margin or more.
        NOT_GOOD_ENOUGH: It is, surely.
        BETTER, WORSE: Without a margin: the two differ, and the first is ahead, or behind.
        OPEN: None of these.
    """

    GOOD_ENOUGH = "good_enough"
    NOT_GOOD_ENOUGH = "not_good_enough"
    BETTER = "better"
    WORSE = "worse"
    OPEN = "open"


@dataclass(frozen=True)
class LookResult:
    """Hold what a look finds; numbers that are undefined are None, with a reason.

    Attributes:
        documents, annotators: How many the votes come from.
        difference: Chance of the first system to win, less 1/2.
        lower, upper: Ends of its interval at this look.
        error: Standard error of the difference.
        freedom: Degrees of freedom of the standard error.
        distance: From the limit (-margin, or 0 without a margin) to the difference, in standard errors in log-odds.
        needed: Standard errors that a claim takes: as rare for t with these degrees of freedom as the boundary is for
            the normal distribution.
        claim: What may be said.
        reason: Why nothing may be said; "" where something could be.
    """

    documents: int
    annotators: int
    difference: float | None = None
    lower: float | None = None
    upper: float | None = None
    error: float | None = None
    freedom: float | None = None
    distance: float | None = None
    needed: float | None = None
    claim: Claim = Claim.OPEN
    reason: str = ""


def look_at(
    results: FloatArray,
    document: IntArray,
    annotator: IntArray,
    *,
    boundary: float,
    margin: float | None,
) -> LookResult:
    """Compare two systems by the votes between them, at a look.

    The interval is a repeated confidence interval: at all looks together it leaves out the truth, on one side, as
    rarely as the boundaries say. With a margin the question is whether it lies above -margin, without one whether it
    leaves out 0. Standard errors are those of boards, with degrees of freedom in which documents and annotators always
    count.

    Args:
        results: Shape (n,), of all votes up to the look: 1 where the first system won, 1/2 for a tie, 0 for a loss.
        document, annotator: Shape (n,), any integers.
        boundary: Of looks.boundaries, for this look.
        margin: How much worse the first may be, as a share; None for a study that asks which one is better.
    Source:
        Jennison and Turnbull (1989), Interim analyses: the repeated confidence interval approach, JRSS B 51, 305-361.
        Few units: calibrated.precision. How often it errs: benchmarks/simulate.py --looks.
    """
    votes = _votes(results, document, annotator)
    documents, annotators = units(votes.document), units(votes.annotator)
    if reason := _too_little(votes, documents, annotators):
        return LookResult(documents, annotators, reason=reason)
    strengths = fit_bradley_terry(votes.wins())
    sure = precision(votes, strengths, all_count=True).of_pair(0, 1)
    gap, error, freedom = strengths[0] - strengths[1], float(sure.error), float(sure.freedom)
    needed = float(-scipy.special.stdtrit(freedom, scipy.special.ndtr(-boundary)))
    limit = from_scale(Scale.WIN_PROBABILITY, -(margin or 0.0))
    ends = np.array([gap - needed * error, gap, gap + needed * error])
    lower, difference, upper = on_scale(Scale.WIN_PROBABILITY, ends).tolist()
    distance = float((gap - limit) / error)
    return LookResult(
        documents,
        annotators,
        difference,
        lower,
        upper,
        error=error * float(slope(Scale.WIN_PROBABILITY, gap)),
        freedom=freedom,
        distance=distance,
        needed=needed,
        claim=_claim(distance, needed, has_margin=margin is not None),
    )


def _votes(results: FloatArray, document: IntArray, annotator: IntArray) -> VoteArrays:
    a = np.zeros(len(results), dtype=np.int64)
    outcome = np.where(results == 1, OutcomeCode.A, np.where(results == 0, OutcomeCode.B, OutcomeCode.TIE))
    return VoteArrays(a, a + 1, outcome.astype(np.int64), renumbered(document), renumbered(annotator), 2)


def _too_little(votes: VoteArrays, documents: int, annotators: int) -> str:
    """Say what there is too little of to say anything; "" if there is enough."""
    if reason := too_few(len(votes), annotators, documents):
        return reason
    if min(effective_units(votes)) <= TOO_FEW_UNITS:
        return FEW_PEOPLE
    # Where all votes say the same, drawing others like them cannot show how sure that is.
    alike = votes.a_share.min() == votes.a_share.max()
    return SWEEP if alike or unclear_pairs(votes.wins())[0, 1] else ""


def _claim(distance: float, needed: float, *, has_margin: bool) -> Claim:
    above, below = (Claim.GOOD_ENOUGH, Claim.NOT_GOOD_ENOUGH) if has_margin else (Claim.BETTER, Claim.WORSE)
    return above if distance > needed else below if distance < -needed else Claim.OPEN
