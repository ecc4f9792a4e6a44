"""Strengths with all their intervals, for votes that connect all their systems."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

import numpy as np

from leaderboards.stats.arrays import BoolArray, FloatArray, IntArray, VoteArrays
from leaderboards.stats.bootstrap import bootstrap_strengths, draw, percentile_interval
from leaderboards.stats.bradley_terry import fit_bradley_terry
from leaderboards.stats.davidson import fit_davidson
from leaderboards.stats.graphs import main_circle
from leaderboards.stats.sandwich import interval, sandwich_covariance
from leaderboards.stats.simultaneous import complete, max_t_interval, rank_interval, unclear_pairs
from leaderboards.stats.small_samples import expanded, expansion
from leaderboards.stats.tallies import units

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

    lower, upper: two-way cluster bootstrap, expanded for few units. all_lower, all_upper: the same for all systems at
    once; see _together. all_reason is theirs, ranks_reason that of best_rank and worst_rank. iid_lower, iid_upper:
    sandwich of single votes. tie: log of Davidson's parameter.
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
    all_reason: tuple[str, ...]
    ranks_reason: tuple[str, ...]
    iid_reason: tuple[str, ...]
    tie: float = np.nan


def undefined(reasons: Sequence[str]) -> Estimates:
    n = len(reasons)
    values: dict[str, Any] = {field.name: np.full(n, np.nan) for field in fields(Estimates) if field.type is FloatArray}
    names = ("reason", "interval_reason", "all_reason", "ranks_reason", "iid_reason")
    values |= {name: tuple(reasons) for name in names}
    return Estimates(**values, used=np.zeros(n, dtype=np.int64))


def estimate(votes: VoteArrays, *, seed: int, resamples: int, ties: Ties, anchor: int | None) -> Estimates:
    """Of votes that connect all their systems, each of which has some; ties are left out already if they are to be."""
    davidson = ties == Ties.DAVIDSON
    strengths, tie = fit_davidson(votes.decided_wins(), votes.ties()) if davidson else (_fit(votes), np.nan)
    rated = ("",) * len(strengths)
    shift = 0 if anchor is None else strengths[anchor]
    found = replace(undefined([NO_DRAWS] * len(strengths)), strengths=strengths - shift, reason=rated, tie=tie)
    found = replace(found, **_iid(votes, strengths, anchor, davidson))
    n_documents, n_annotators = units(votes.document), units(votes.annotator)
    if n_documents == n_annotators == 1:
        return found
    draws = draw(np.random.default_rng(seed), n_documents, n_annotators, resamples, small=True)
    drawn = bootstrap_strengths(votes, strengths, draws, davidson=davidson)
    factor = expansion(votes, _fit(votes) if davidson else strengths)
    return replace(
        found,
        **_marginal(drawn, strengths, anchor, factor),
        **_simultaneous(drawn, strengths, anchor, factor, votes.wins()),
    )


def _fit(votes: VoteArrays) -> FloatArray:
    return fit_bradley_terry(votes.wins())


def _anchored(drawn: FloatArray, anchor: int | None) -> FloatArray:
    return drawn if anchor is None else drawn - drawn[:, [anchor]]


def _iid(votes: VoteArrays, strengths: FloatArray, anchor: int | None, davidson: bool) -> dict[str, Any]:
    if davidson:
        return {"iid_reason": (NO_SANDWICH,) * len(strengths)}
    shift = 0 if anchor is None else strengths[anchor]
    lower, upper = interval(strengths - shift, sandwich_covariance(votes, strengths), anchor=anchor)
    return {"iid_lower": lower, "iid_upper": upper, "iid_reason": ("",) * len(strengths)}


def _marginal(drawn: FloatArray, strengths: FloatArray, anchor: int | None, factor: FloatArray) -> dict[str, Any]:
    """Ranks come from strengths with mean zero whatever the anchor is, so that its choice changes no rank."""
    used = (~np.isnan(_anchored(drawn, anchor))).sum(axis=0)
    lower, upper = percentile_interval(drawn)
    reasons = tuple(_why_no_interval(*values, len(drawn)) for values in zip(used, lower, upper, strict=True))
    missing = np.array([bool(reason) for reason in reasons])

    def bounds(values: FloatArray, estimate: FloatArray, factors: FloatArray) -> FloatArray:
        found = np.stack([expanded(bound, estimate, factors) for bound in percentile_interval(values)])
        found[:, missing] = np.nan
        return found

    lower, upper = bounds(drawn, strengths, np.diag(factor))
    rank = ranks(lower, upper)
    if anchor is not None:
        lower, upper = bounds(_anchored(drawn, anchor), strengths - strengths[anchor], factor[:, anchor])
    return {"lower": lower, "upper": upper, "rank": rank, "used": used, "interval_reason": reasons}


def ranks(lower: FloatArray, upper: FloatArray) -> FloatArray:
    """1 + the number of systems whose lower bound lies above this one's upper bound; NaN without bounds."""
    surely_better = (lower[np.newaxis, :] > upper[:, np.newaxis]).sum(axis=1)
    return np.where(np.isnan(upper), np.nan, 1.0 + surely_better)


def _why_no_interval(used: int, lower: float, upper: float, resamples: int) -> str:
    if used < resamples / 2:
        return f"too few votes: only {used} of {resamples} resamples say anything about this system"
    if upper - lower < SAME:
        return "too few votes: every resample gives the same rating"
    return ""


def _simultaneous(
    drawn: FloatArray, strengths: FloatArray, anchor: int | None, factor: FloatArray, wins: FloatArray
) -> dict[str, Any]:
    n = len(strengths)
    whole = complete(drawn)
    why = ""
    if len(whole) < max(2, len(drawn) / 2):
        why = f"too few votes: only {len(whole)} of {len(drawn)} resamples say anything about all systems"
    elif np.ptp(whole, axis=0).max() < SAME:
        why = "too few votes: every resample gives the same rating"
    if why:
        return {"all_reason": (why,) * n, "ranks_reason": (why,) * n}
    best, worst = rank_interval(whole, strengths, unclear=unclear_pairs(wins), factor=factor)
    ranks = {"best_rank": best, "worst_rank": worst, "ranks_reason": ("",) * n}
    return ranks | _together(whole, strengths, anchor, factor, main_circle(wins > 0))


def _together(
    whole: FloatArray, strengths: FloatArray, anchor: int | None, factor: FloatArray, limited: BoolArray
) -> dict[str, Any]:
    """Intervals for all systems at once that votes limit both ways.

    A system that won every vote may be any distance ahead, and resamples, in which it never loses, do not show it. It
    has no interval here, and would move the others through the mean: these are placed so that their own mean is what it
    is in the full set.
    """
    if not limited.any() or (anchor is not None and not limited[anchor]):
        return {"all_reason": (NO_LIMITS if anchor is None else NO_LIMIT,) * len(strengths)}
    if anchor is None:
        off = (strengths - whole)[:, limited].mean(axis=1, keepdims=True)
        drawn, estimate, own = whole + off, strengths, np.diag(factor)
    else:
        drawn, estimate, own = _anchored(whole, anchor), strengths - strengths[anchor], factor[:, anchor]
    bounds = max_t_interval(drawn[:, limited], estimate[limited])
    lower, upper = np.full((2, len(strengths)), np.nan)
    lower[limited], upper[limited] = (expanded(bound, estimate[limited], own[limited]) for bound in bounds)
    reasons = tuple("" if has else NO_LIMIT for has in limited.tolist())
    return {"all_lower": lower, "all_upper": upper, "all_reason": reasons}
