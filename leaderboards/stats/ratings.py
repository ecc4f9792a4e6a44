"""From votes to ratings with intervals and ranks; undefined is NaN with a reason."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from leaderboards.stats.arrays import FloatArray, IntArray, OutcomeCode, VoteArrays
from leaderboards.stats.bootstrap import bootstrap_strengths, draw, percentile_interval
from leaderboards.stats.bradley_terry import PRIOR_SD, fit_bradley_terry, to_rating
from leaderboards.stats.graphs import connected_parts, unbounded_nodes

METHOD = (
    f"Bradley–Terry, maximum likelihood with a Gaussian prior (sd {PRIOR_SD:g} log-odds), tie and both bad half each; "
    "95 % percentile intervals of a two-way cluster bootstrap over documents and annotators"
)
NO_VOTES = "no votes yet"
SAME = 1e-6  # log-odds; an interval this short is none


@dataclass(frozen=True)
class Ratings:
    """Arrays of shape (n_systems,); ratings in points, 400 to odds of 10, mean 1000 over the systems that have votes.

    rank: 1 + the number of systems whose lower bound lies above this one's upper bound.
    win_rate: (wins + ties / 2 + both bad / 2) / votes. both_bad_rate: share of the votes that called both bad.
    resamples_used: by system, those of `resamples` that say something about it.
    reason: why the rating is NaN, interval_reason: why the interval and the rank are; "" where they are not.
    warnings: what a reader of the intervals must know, as sentences.
    """

    rating: FloatArray
    lower: FloatArray
    upper: FloatArray
    rank: FloatArray
    votes: IntArray
    win_rate: FloatArray
    both_bad_rate: FloatArray
    reason: tuple[str, ...]
    interval_reason: tuple[str, ...]
    method: str
    n_votes: int
    n_documents: int
    n_annotators: int
    seed: int
    resamples: int
    resamples_used: IntArray
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Estimates:
    """Bradley–Terry results in log-odds, by system."""

    strengths: FloatArray
    lower: FloatArray
    upper: FloatArray
    used: IntArray
    reason: tuple[str, ...]
    interval_reason: tuple[str, ...]


def rate(votes: VoteArrays, *, seed: int, resamples: int = 1000, names: Sequence[str] = ()) -> Ratings:
    """Rate all systems; those without votes, or not connected by votes, get NaN and a reason.

    Args:
        seed: Of the bootstrap. Documents and annotators are drawn by their index: the same indexes, the same answer.
        names: Of the systems, for reasons and warnings; their numbers if left out.
    """
    names = names or [str(i) for i in range(votes.n_systems)]
    counts = votes.count_by_system()
    voted = np.flatnonzero(counts)
    compact, voted_names = _only_voted(votes, voted), [names[i] for i in voted.tolist()]
    if problem := _disconnection(compact, voted_names):
        found, warnings = _undefined([problem if n else NO_VOTES for n in counts]), []
    else:
        found = _spread(_estimate(compact, seed=seed, resamples=resamples), voted, votes.n_systems)
        warnings = _warnings(compact, voted_names)
    return Ratings(
        rating=to_rating(found.strengths),
        lower=to_rating(found.lower),
        upper=to_rating(found.upper),
        rank=_ranks(found.lower, found.upper),
        votes=counts,
        win_rate=_share(votes.wins().sum(axis=1), counts),
        both_bad_rate=_share(votes.count_by_system(votes.outcome == OutcomeCode.BOTH_BAD), counts),
        reason=found.reason,
        interval_reason=found.interval_reason,
        method=METHOD,
        n_votes=len(votes),
        n_documents=_units(compact.document),
        n_annotators=_units(compact.annotator),
        seed=seed,
        resamples=resamples,
        resamples_used=found.used,
        warnings=tuple(warnings),
    )


def _disconnection(votes: VoteArrays, names: Sequence[str]) -> str:
    """Why the systems cannot be put on one scale; "" if they can."""
    if not len(votes):
        return NO_VOTES
    wins = votes.wins()
    parts = connected_parts(wins + wins.T > 0)
    if len(parts) == 1:
        return ""
    groups = " | ".join("{" + ", ".join(names[i] for i in part) + "}" for part in parts)
    return f"the votes do not connect all systems: {groups}"


def _undefined(reasons: Sequence[str]) -> _Estimates:
    nan, none = np.full(len(reasons), np.nan), np.zeros(len(reasons), dtype=np.int64)
    return _Estimates(nan, nan, nan, none, tuple(reasons), tuple(reasons))


def _spread(found: _Estimates, voted: IntArray, n_systems: int) -> _Estimates:
    """Results of the systems that have votes, put in their places among all systems."""
    result = _undefined([NO_VOTES] * n_systems)
    reason, interval_reason = list(result.reason), list(result.interval_reason)
    for i, system in enumerate(voted.tolist()):
        reason[system], interval_reason[system] = found.reason[i], found.interval_reason[i]

    def place(values: FloatArray) -> FloatArray:
        placed = np.full(n_systems, np.nan)
        placed[voted] = values
        return placed

    result.used[voted] = found.used
    return _Estimates(
        place(found.strengths),
        place(found.lower),
        place(found.upper),
        result.used,
        tuple(reason),
        tuple(interval_reason),
    )


def _only_voted(votes: VoteArrays, voted: IntArray) -> VoteArrays:
    """The same votes with systems, documents and annotators numbered without gaps, order kept."""
    return VoteArrays(
        system_a=np.searchsorted(voted, votes.system_a),
        system_b=np.searchsorted(voted, votes.system_b),
        outcome=votes.outcome,
        document=np.unique(votes.document, return_inverse=True)[1],
        annotator=np.unique(votes.annotator, return_inverse=True)[1],
        n_systems=len(voted),
    )


def _units(index: IntArray) -> int:
    return int(index.max()) + 1 if index.size else 0


def _estimate(votes: VoteArrays, *, seed: int, resamples: int) -> _Estimates:
    """Of votes that connect all their systems."""
    strengths = fit_bradley_terry(votes.wins())
    rated = ("",) * len(strengths)
    n_documents, n_annotators = _units(votes.document), _units(votes.annotator)
    if n_documents == n_annotators == 1:
        why = "one document rated by one annotator: nothing to draw again"
        return replace(_undefined([why] * len(strengths)), strengths=strengths, reason=rated)
    draws = draw(np.random.default_rng(seed), n_documents, n_annotators, resamples)
    drawn = bootstrap_strengths(votes, strengths, draws)
    used = (~np.isnan(drawn)).sum(axis=0)
    lower, upper = percentile_interval(drawn)
    reasons = [_why_no_interval(*values, resamples) for values in zip(used, lower, upper, strict=True)]
    undefined = np.array([bool(reason) for reason in reasons])
    lower[undefined] = upper[undefined] = np.nan
    return _Estimates(strengths, lower, upper, used, rated, tuple(reasons))


def _why_no_interval(used: int, lower: float, upper: float, resamples: int) -> str:
    if used < resamples / 2:
        return f"too few votes: only {used} of {resamples} resamples say anything about this system"
    if upper - lower < SAME:
        return "too few votes: every resample gives the same rating"
    return ""


def _ranks(lower: FloatArray, upper: FloatArray) -> FloatArray:
    surely_better = (lower[np.newaxis, :] > upper[:, np.newaxis]).sum(axis=1)
    return np.where(np.isnan(upper), np.nan, 1.0 + surely_better)


def _share(part: FloatArray | IntArray, whole: IntArray) -> FloatArray:
    return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)


def _warnings(votes: VoteArrays, names: Sequence[str]) -> list[str]:
    warnings = []
    top, bottom = unbounded_nodes(votes.wins() > 0)
    for which, words in ((top, "how far they lead"), (bottom, "how far they trail")):
        if which:
            listed = ", ".join(names[i] for i in which)
            warnings.append(
                f"The votes set no limit to {words}: {listed}. "
                "Only the prior keeps the distance finite, and the intervals are too narrow."
            )
    if _units(votes.annotator) == 1:
        warnings.append("All votes are one annotator's: the intervals say nothing about how others would judge.")
    elif _units(votes.document) == 1:
        warnings.append("All votes are about one document: the intervals say nothing about other documents.")
    return warnings
