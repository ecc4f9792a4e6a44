"""Estimate strengths with all their intervals, for votes that connect all their systems."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

import numpy as np

from stats.strengths.bradley_terry import fit_bradley_terry
from stats.strengths.davidson import fit_davidson
from stats.strengths.ordinal import OrdinalCounts, Thresholds, fit_ordinal
from stats.uncertainty.bootstrap import SAME, draw, percentile_interval, telling_strengths
from stats.uncertainty.calibrated import Precision, precision
from stats.uncertainty.differences import Differences
from stats.uncertainty.limits import Limits
from stats.uncertainty.sandwich import Known, about_circles, bread_of, interval, sandwich_covariance
from stats.uncertainty.simultaneous import complete, draw_errors, max_t_quantile
from stats.votes.arrays import BoolArray, FloatArray, IntArray, VoteArrays
from stats.votes.least import count_by_system
from stats.votes.tallies import Draws, units

NO_LIMIT = (
    "this system, or a group with it, only won or only lost against the others: votes cannot say how far it leads or "
    "trails"
)
ALL_ALIKE = "too few votes: random redraws of documents and annotators all give the same rating"
NO_LIMITS = "too many systems won or lost every vote against others: votes cannot say how far apart they are"
NO_OTHER_RANK = "too few votes: no other system has a rank"
NO_DRAWS = "one document rated by one annotator: nothing shows how far documents or people differ"


class Ties(StrEnum):
    """Name the ways to count ties and both bad.

    Attributes:
        HALF: Each is half a win each way.
        DROPPED: They are left out.
        DAVIDSON: Davidson's tie parameter is fitted.
        ORDINAL: A parameter of ties and one of "much better" are fitted, and strengths of votes count.
    """

    HALF = "half"
    DROPPED = "dropped"
    DAVIDSON = "davidson"
    ORDINAL = "ordinal"


NO_SANDWICH = {
    Ties.DAVIDSON: "not worked out for Davidson's tie parameter",
    Ties.ORDINAL: "not worked out for how much better a summary is",
}


@dataclass(frozen=True)
class Estimates:
    """Hold estimates by system, in log-odds; what is undefined is NaN with a reason, and every other reason is "".

    No interval can tell how far a system leads that won every vote, because resampling never makes it lose. There are
    therefore intervals only for the largest set of systems whose distances from each other the votes limit, if it has
    more than half of all systems. The others would move these through the common mean; the mean of the set itself is
    held at what it is in the full set.

    Attributes:
        strengths: With mean zero, or with the anchor's at zero, shape (n,).
        lower, upper: Bounds by calibrated.precision.
        rank: See limits.Limits.ranks.
        all_lower, all_upper: Bounds for all systems at once.
        best_rank, worst_rank: Ranks that the votes leave open, for all systems at once.
        iid_lower, iid_upper: Bounds of the sandwich of single votes.
        used: Resamples that say something about each system.
        drawn: Strength of each system in the resamples that were looked at (bootstrap.telling_strengths), n arrays of
            one length, before any anchor; empty without.
        reason: Why the strength is NaN.
        interval_reason: Why lower and upper are NaN.
        rank_reason: Why the rank is NaN.
        all_reason: Why all_lower and all_upper are NaN.
        open_ranks_reason: Why best_rank and worst_rank are NaN.
        iid_reason: Why iid_lower and iid_upper are NaN.
        tie: Log of the tie parameter; NaN unless it was fitted.
        differences: Which systems differ; None where nothing is drawn again.
    """

    strengths: FloatArray
    lower: FloatArray
    upper: FloatArray
    rank: FloatArray
    all_lower: FloatArray
    all_upper: FloatArray
    best_rank: FloatArray
    worst_rank: FloatArray
    iid_lower: FloatArray
    iid_upper: FloatArray
    used: IntArray
    drawn: tuple[FloatArray, ...]
    reason: tuple[str, ...]
    interval_reason: tuple[str, ...]
    rank_reason: tuple[str, ...]
    all_reason: tuple[str, ...]
    open_ranks_reason: tuple[str, ...]
    iid_reason: tuple[str, ...]
    tie: float = np.nan
    differences: Differences | None = None


def undefined(reasons: Sequence[str]) -> Estimates:
    """Make estimates that are NaN throughout, with these reasons by system."""
    n = len(reasons)
    values: dict[str, Any] = {field.name: np.full(n, np.nan) for field in fields(Estimates) if field.type is FloatArray}
    values |= {field.name: tuple(reasons) for field in fields(Estimates) if field.name.endswith("reason")}
    return Estimates(**values, used=np.zeros(n, dtype=np.int64), drawn=(np.empty(0),) * n)


def estimate(votes: VoteArrays, *, seed: int, resamples: int, ties: Ties, anchor: int | None) -> Estimates:
    """Estimate the strengths with their intervals and ranks.

    Args:
        votes: Votes that connect all their systems, each of which has some. For Ties.DROPPED the caller has left ties
            out already.
        seed: Of the bootstrap.
        resamples: Number of resamples.
        ties: How ties count.
        anchor: Index of the system whose strength is set to zero; the mean is set to zero if None.
    """
    strengths, known = _fitted(votes, ties)
    rated = ("",) * len(strengths)
    shift = 0 if anchor is None else strengths[anchor]
    limits = Limits.of(votes.wins())
    estimates = replace(undefined([NO_DRAWS] * len(strengths)), strengths=strengths - shift, reason=rated)
    estimates = replace(estimates, tie=_tie(known), **_iid(votes, strengths, anchor, limits, ties))
    n_documents, n_annotators = units(votes.document), units(votes.annotator)
    if n_documents == n_annotators == 1:
        return estimates
    draws = draw(np.random.default_rng(seed), n_documents, n_annotators, resamples, small=True)
    drawn = _drawn(votes, strengths, draws, ties)
    sure = precision(votes, strengths, circle=limits.circle, tie=known)
    inverse = bread_of(votes, strengths, known)
    why_nothing = _why_nothing_at_once(complete(drawn), len(drawn))
    too_few = _too_few(votes, limits) | bool(why_nothing)
    differences = Differences.of(strengths, sure, inverse, limited=limits.circle, too_few=too_few)
    errors = draw_errors(inverse, seed, resamples)
    return replace(
        estimates,
        drawn=tuple(drawn.T),
        differences=differences,
        **_marginal(drawn, strengths, anchor, sure, limits),
        **_open_ranks(differences, why_nothing),
        **_together(errors, strengths, anchor, sure, limits, why_nothing),
    )


def _fitted(votes: VoteArrays, ties: Ties) -> tuple[FloatArray, Known]:
    """Fit the strengths, and what the model has beside them."""
    if ties == Ties.DAVIDSON:
        return fit_davidson(votes.decided_wins(), votes.ties())
    if ties == Ties.ORDINAL:
        return fit_ordinal(OrdinalCounts.of(votes))
    return fit_bradley_terry(votes.wins()), None


def _tie(known: Known) -> float:
    return np.nan if known is None else known.tie if isinstance(known, Thresholds) else known


def _drawn(votes: VoteArrays, strengths: FloatArray, draws: Draws, ties: Ties) -> FloatArray:
    """Fit resamples, which only tell where the votes say too little; with ordinal strengths, ties are halves there."""
    if ties != Ties.ORDINAL:
        return telling_strengths(votes, strengths, draws, davidson=ties == Ties.DAVIDSON)
    halves = fit_bradley_terry(votes.wins())
    return telling_strengths(votes, halves, draws) - halves + strengths


def _anchored(drawn: FloatArray, anchor: int | None) -> FloatArray:
    """Subtract the anchor's strength in each resample."""
    return drawn if anchor is None else drawn - drawn[:, [anchor]]


def _without_limit(limits: Limits, anchor: int | None) -> tuple[str, ...]:
    """Say by system why the votes allow no interval; "" where they allow one."""
    n = len(limits.main)
    if anchor is not None and not limits.main[anchor]:
        return (NO_LIMIT,) * n
    return tuple("" if has else NO_LIMIT for has in limits.main.tolist()) if limits.main.any() else (NO_LIMITS,) * n


def _iid(votes: VoteArrays, strengths: FloatArray, anchor: int | None, limits: Limits, ties: Ties) -> dict[str, Any]:
    """Compute the fields iid_lower, iid_upper and iid_reason."""
    if ties in NO_SANDWICH:
        return {"iid_reason": (NO_SANDWICH[ties],) * len(strengths)}
    shift = 0 if anchor is None else strengths[anchor]
    covariance = sandwich_covariance(votes, strengths)
    if anchor is None:
        covariance = about_circles(covariance, limits.circle)
    reasons = _without_limit(limits, anchor)
    missing = [bool(reason) for reason in reasons]
    lower, upper = (
        np.where(missing, np.nan, bound) for bound in interval(strengths - shift, covariance, anchor=anchor)
    )
    return {"iid_lower": lower, "iid_upper": upper, "iid_reason": reasons}


def _marginal(
    drawn: FloatArray, strengths: FloatArray, anchor: int | None, sure: Precision, limits: Limits
) -> dict[str, Any]:
    """Compute the bounds and rank of each system by itself, with their reasons and the resamples used.

    Ranks come from strengths less the mean of their circles, whatever the anchor is, so that its choice changes no
    rank. Resamples only tell where the votes say too little.
    """
    used = (~np.isnan(_anchored(drawn, anchor))).sum(axis=0)
    held = limits.held(drawn, strengths)
    # A system alone in its circle never moves in it; no resamples are needed to say how surely it is ahead.
    lower, upper = percentile_interval(held)
    width = np.where(limits.circle.sum(axis=1) > 1, upper - lower, np.inf)
    rank_reason = tuple(_why_no_rank(*values, len(drawn)) for values in zip(used, width, strict=True))
    reasons = tuple(limit or rank for limit, rank in zip(_without_limit(limits, anchor), rank_reason, strict=True))

    reach = sure.reach()
    lower, upper = _bounds(strengths, np.diag(reach), rank_reason)
    rank = limits.ranks(lower, upper, strengths)
    ranked = np.flatnonzero(~np.isnan(rank))
    if len(rank) > 1 and len(ranked) == 1 and strengths[ranked[0]] < strengths.max():
        # Alone among systems that have none it would be first, whatever it lost.
        rank_reason = tuple(reason or NO_OTHER_RANK for reason in rank_reason)
        rank = np.full(len(rank), np.nan)
    estimate = strengths if anchor is None else strengths - strengths[anchor]
    lower, upper = _bounds(estimate, _about(anchor, reach), reasons)
    bounds = {"lower": lower, "upper": upper, "rank": rank, "used": used}
    return bounds | {"interval_reason": reasons, "rank_reason": rank_reason}


def _about(anchor: int | None, reach: FloatArray) -> FloatArray:
    """Choose the reach of each system's own strength, or of its distance to the anchor, whose own is 0."""
    if anchor is None:
        return np.diag(reach)
    return np.where(np.arange(len(reach)) == anchor, 0, reach[:, anchor])


def _bounds(estimate: FloatArray, reach: FloatArray, reasons: Sequence[str]) -> FloatArray:
    """Give bounds so far from the estimate, and NaN where there is a reason; shape (2, n)."""
    bounds = np.stack([estimate - reach, estimate + reach])
    bounds[:, [bool(reason) for reason in reasons]] = np.nan
    return bounds


def _why_no_rank(used: int, width: float, resamples: int) -> str:
    """Say why a system has no rank; "" if it has one."""
    if used < resamples / 2:
        return (
            f"too few votes: only {used:,} of {resamples:,} random redraws of documents and annotators have votes "
            "enough to rate this system"
        )
    if width < SAME:
        return ALL_ALIKE
    return ""


def _too_few(votes: VoteArrays, limits: Limits) -> BoolArray:
    """Mark the pairs on which too little was said: on a system of the two, or on how far apart they are."""
    thin = count_by_system(votes).thin
    return np.asarray(limits.unclear | thin[:, np.newaxis] | thin[np.newaxis, :])


def _open_ranks(differences: Differences, reason: str) -> dict[str, Any]:
    """Compute the ranks left open, unless there is a reason against."""
    n = len(differences.gap)
    if reason:
        return {"open_ranks_reason": (reason,) * n}
    best, worst = differences.ranks()
    return {"best_rank": best, "worst_rank": worst, "open_ranks_reason": ("",) * n}


def _why_nothing_at_once(whole: FloatArray, resamples: int) -> str:
    """Say why nothing holds for all systems at once; "" if something does."""
    if len(whole) < max(2, resamples / 2):
        return (
            f"too few votes: only {len(whole):,} of {resamples:,} random redraws of documents and annotators have "
            "votes enough to rate all systems"
        )
    if np.ptp(whole, axis=0).max() < SAME:
        return ALL_ALIKE
    return ""


def _together(
    errors: FloatArray, strengths: FloatArray, anchor: int | None, sure: Precision, limits: Limits, reason: str
) -> dict[str, Any]:
    """Compute intervals for all those systems at once whose distances the votes limit, unless there is a reason."""
    reasons = tuple(limit or reason for limit in _without_limit(limits, anchor))
    limited = np.array([not reason for reason in reasons])
    if not limited.any():
        return {"all_reason": reasons}
    if anchor is None:
        errors, estimate = limits.held(errors, np.zeros_like(strengths)), strengths
    else:
        errors, estimate = _anchored(errors, anchor), strengths - strengths[anchor]
    quantile = max_t_quantile(errors[:, limited], np.zeros(int(limited.sum())))
    lower, upper = _bounds(estimate, _about(anchor, sure.reach_together(quantile)), reasons)
    return {"all_lower": lower, "all_upper": upper, "all_reason": reasons}
