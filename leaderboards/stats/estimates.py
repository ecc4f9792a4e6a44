"""Strengths with all their intervals, for votes that connect all their systems."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

import numpy as np

from leaderboards.stats.arrays import FloatArray, IntArray, VoteArrays
from leaderboards.stats.bootstrap import bootstrap_strengths, draw, percentile_interval
from leaderboards.stats.bradley_terry import fit_bradley_terry
from leaderboards.stats.davidson import fit_davidson
from leaderboards.stats.sandwich import interval, sandwich_covariance
from leaderboards.stats.simultaneous import complete, max_t_interval, rank_interval, unclear_pairs
from leaderboards.stats.small_samples import expanded, expansion
from leaderboards.stats.tallies import units

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
    once. iid_lower, iid_upper: sandwich of single votes. tie: log of Davidson's parameter.
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
    iid_reason: tuple[str, ...]
    tie: float = np.nan


def undefined(reasons: Sequence[str]) -> Estimates:
    n = len(reasons)
    values: dict[str, Any] = {field.name: np.full(n, np.nan) for field in fields(Estimates) if field.type is FloatArray}
    values |= {name: tuple(reasons) for name in ("reason", "interval_reason", "all_reason", "iid_reason")}
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
    if len(whole) < max(2, len(drawn) / 2):
        why = f"too few votes: only {len(whole)} of {len(drawn)} resamples say anything about all systems"
        return {"all_reason": (why,) * n}
    if np.ptp(whole, axis=0).max() < SAME:
        return {"all_reason": ("too few votes: every resample gives the same rating",) * n}
    shift = 0 if anchor is None else strengths[anchor]
    own = np.diag(factor) if anchor is None else factor[:, anchor]
    bounds = max_t_interval(_anchored(whole, anchor), strengths - shift)
    lower, upper = (expanded(bound, strengths - shift, own) for bound in bounds)
    best, worst = rank_interval(whole, strengths, unclear=unclear_pairs(wins), factor=factor)
    return {
        "all_lower": lower,
        "all_upper": upper,
        "best_rank": best,
        "worst_rank": worst,
        "all_reason": ("",) * n,
    }
