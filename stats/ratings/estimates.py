"""Strengths with all their intervals, for votes that connect all their systems."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

import numpy as np

from stats.strengths.bradley_terry import fit_bradley_terry
from stats.strengths.davidson import fit_davidson
from stats.uncertainty.bootstrap import bootstrap_strengths, draw, percentile_interval
from stats.uncertainty.limits import Limits
from stats.uncertainty.sandwich import about_circles, interval, sandwich_covariance
from stats.uncertainty.simultaneous import complete, max_t_interval, rank_interval
from stats.uncertainty.small_samples import expanded, expansion
from stats.votes.arrays import FloatArray, IntArray, VoteArrays
from stats.votes.tallies import units

NO_LIMIT = "the votes set no limit to how far this system leads or trails"
NO_LIMITS = "too many systems won or lost every vote against others: the votes set no limit to how far apart they are"
SAME = 1e-6  # log-odds; an interval this short is none
NO_DRAWS = "one document rated by one annotator: nothing to draw again"
NO_SANDWICH = "not worked out for Davidson's tie parameter"


class Ties(StrEnum):
    """HALF: a tie or both bad is half a win each way. DROPPED: left out. DAVIDSON: a tie parameter is fitted."""

    HALF = "half"
    DROPPED = "dropped"
    DAVIDSON = "davidson"


@dataclass(frozen=True)
class Estimates:
    """By system, in log-odds; NaN with a reason. Strengths have mean zero, or the anchor's is zero.

    lower, upper: two-way cluster bootstrap, expanded for few units; interval_reason is theirs. all_lower, all_upper:
    the same for all systems at once; all_reason is theirs. rank_reason is that of rank, open_ranks_reason that of
    best_rank and worst_rank. iid_lower, iid_upper: sandwich of single votes. tie: log of Davidson's parameter.

    No interval tells how far a system leads that won every vote, since drawing again never makes it lose. So there are
    intervals only for the largest set of systems whose distances from each other the votes limit, if it has more than
    half of all. The others would move them through the mean: their own mean is held at what it is in the full set.
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
    reason: tuple[str, ...]
    interval_reason: tuple[str, ...]
    rank_reason: tuple[str, ...]
    all_reason: tuple[str, ...]
    open_ranks_reason: tuple[str, ...]
    iid_reason: tuple[str, ...]
    tie: float = np.nan


def undefined(reasons: Sequence[str]) -> Estimates:
    n = len(reasons)
    values: dict[str, Any] = {field.name: np.full(n, np.nan) for field in fields(Estimates) if field.type is FloatArray}
    values |= {field.name: tuple(reasons) for field in fields(Estimates) if field.name.endswith("reason")}
    return Estimates(**values, used=np.zeros(n, dtype=np.int64))


def estimate(votes: VoteArrays, *, seed: int, resamples: int, ties: Ties, anchor: int | None) -> Estimates:
    """Of votes that connect all their systems, each of which has some; ties are left out already if they are to be."""
    davidson = ties == Ties.DAVIDSON
    strengths, tie = fit_davidson(votes.decided_wins(), votes.ties()) if davidson else (_fit(votes), np.nan)
    rated = ("",) * len(strengths)
    shift = 0 if anchor is None else strengths[anchor]
    limits = Limits.of(votes.wins())
    found = replace(undefined([NO_DRAWS] * len(strengths)), strengths=strengths - shift, reason=rated, tie=tie)
    found = replace(found, **_iid(votes, strengths, anchor, limits, davidson))
    n_documents, n_annotators = units(votes.document), units(votes.annotator)
    if n_documents == n_annotators == 1:
        return found
    draws = draw(np.random.default_rng(seed), n_documents, n_annotators, resamples, small=True)
    drawn = bootstrap_strengths(votes, strengths, draws, davidson=davidson)
    factor = expansion(votes, _fit(votes) if davidson else strengths, circle=limits.circle)
    return replace(
        found,
        **_marginal(drawn, strengths, anchor, factor, limits),
        **_simultaneous(drawn, strengths, anchor, factor, limits),
    )


def _fit(votes: VoteArrays) -> FloatArray:
    return fit_bradley_terry(votes.wins())


def _anchored(drawn: FloatArray, anchor: int | None) -> FloatArray:
    return drawn if anchor is None else drawn - drawn[:, [anchor]]


def _without_limit(limits: Limits, anchor: int | None) -> tuple[str, ...]:
    """Why the votes leave a system no interval, "" where they do not."""
    n = len(limits.main)
    if anchor is not None and not limits.main[anchor]:
        return (NO_LIMIT,) * n
    return tuple("" if has else NO_LIMIT for has in limits.main.tolist()) if limits.main.any() else (NO_LIMITS,) * n


def _iid(
    votes: VoteArrays, strengths: FloatArray, anchor: int | None, limits: Limits, davidson: bool
) -> dict[str, Any]:
    if davidson:
        return {"iid_reason": (NO_SANDWICH,) * len(strengths)}
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
    drawn: FloatArray, strengths: FloatArray, anchor: int | None, factor: FloatArray, limits: Limits
) -> dict[str, Any]:
    """Ranks come from strengths held by their circles whatever the anchor is, so that its choice changes no rank."""
    used = (~np.isnan(_anchored(drawn, anchor))).sum(axis=0)
    held = limits.held(drawn, strengths)
    # What is alone in its circle never moves in it, and needs no resamples to say how surely it is ahead.
    lower, upper = percentile_interval(held)
    width = np.where(limits.circle.sum(axis=1) > 1, upper - lower, np.inf)
    rank_reason = tuple(_why_no_rank(*values, len(drawn)) for values in zip(used, width, strict=True))
    reasons = tuple(limit or rank for limit, rank in zip(_without_limit(limits, anchor), rank_reason, strict=True))

    def bounds(values: FloatArray, estimate: FloatArray, factors: FloatArray, why: Sequence[str]) -> FloatArray:
        found = np.stack([expanded(bound, estimate, factors) for bound in percentile_interval(values)])
        found[:, [bool(reason) for reason in why]] = np.nan
        return found

    own = np.diag(factor)
    lower, upper = bounds(held, strengths, own, rank_reason)
    rank = limits.ranks(lower, upper, strengths)
    if anchor is None:
        lower, upper = bounds(held, strengths, own, reasons)
    else:
        lower, upper = bounds(_anchored(drawn, anchor), strengths - strengths[anchor], factor[:, anchor], reasons)
    found = {"lower": lower, "upper": upper, "rank": rank, "used": used}
    return found | {"interval_reason": reasons, "rank_reason": rank_reason}


def _why_no_rank(used: int, width: float, resamples: int) -> str:
    if used < resamples / 2:
        return f"too few votes: only {used} of {resamples} resamples say anything about this system"
    if width < SAME:
        return "too few votes: every resample gives the same rating"
    return ""


def _simultaneous(
    drawn: FloatArray, strengths: FloatArray, anchor: int | None, factor: FloatArray, limits: Limits
) -> dict[str, Any]:
    n = len(strengths)
    whole = complete(drawn)
    why = ""
    if len(whole) < max(2, len(drawn) / 2):
        why = f"too few votes: only {len(whole)} of {len(drawn)} resamples say anything about all systems"
    elif np.ptp(whole, axis=0).max() < SAME:
        why = "too few votes: every resample gives the same rating"
    if why:
        return {
            "all_reason": tuple(limit or why for limit in _without_limit(limits, anchor)),
            "open_ranks_reason": (why,) * n,
        }
    best, worst = rank_interval(whole, strengths, unclear=limits.unclear, factor=factor)
    ranks = {"best_rank": best, "worst_rank": worst, "open_ranks_reason": ("",) * n}
    return ranks | _together(whole, strengths, anchor, factor, limits)


def _together(
    whole: FloatArray, strengths: FloatArray, anchor: int | None, factor: FloatArray, limits: Limits
) -> dict[str, Any]:
    """Intervals for all systems at once that votes limit both ways."""
    reasons = _without_limit(limits, anchor)
    limited = np.array([not reason for reason in reasons])
    if not limited.any():
        return {"all_reason": reasons}
    if anchor is None:
        drawn, estimate, own = limits.held(whole, strengths), strengths, np.diag(factor)
    else:
        drawn, estimate, own = _anchored(whole, anchor), strengths - strengths[anchor], factor[:, anchor]
    bounds = max_t_interval(drawn[:, limited], estimate[limited])
    lower, upper = np.full((2, len(strengths)), np.nan)
    lower[limited], upper[limited] = (expanded(bound, estimate[limited], own[limited]) for bound in bounds)
    return {"all_lower": lower, "all_upper": upper, "all_reason": reasons}
