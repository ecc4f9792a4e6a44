"""From votes to ratings with intervals and ranks; undefined is NaN with a reason."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from stats.ratings.estimates import Estimates, Ties, estimate, undefined
from stats.strengths.bradley_terry import MEAN_RATING, PRIOR_SD, to_rating
from stats.votes.arrays import FloatArray, IntArray, OutcomeCode, VoteArrays, renumbered
from stats.votes.graphs import unbounded_nodes
from stats.votes.parts import only, parts_of
from stats.votes.tallies import units

TIES = {
    Ties.HALF: "tie and both bad half each",
    Ties.DROPPED: "ties and both bad left out",
    Ties.DAVIDSON: "Davidson's tie parameter for ties and both bad",
}
NO_VOTES = "no votes yet"
NO_DECIDED_VOTES = "no decided votes: all are ties or both bad"


def method(ties: Ties = Ties.HALF) -> str:
    return (
        f"Bradley–Terry, maximum likelihood with a Gaussian prior (sd {PRIOR_SD:g} log-odds), {TIES[ties]}; "
        "95 % percentile intervals of a two-way cluster bootstrap over documents and annotators, expanded where these "
        "are few"
    )


METHOD = method()


@dataclass(frozen=True)
class Anchor:
    """A system whose rating is fixed; the others' say how far from it they are."""

    system: int
    rating: float = MEAN_RATING


@dataclass(frozen=True)
class Ratings:
    """Arrays of shape (n_systems,); ratings in points, 400 to odds of 10, mean 1000 over the systems that have votes.

    rank: 1 + the number of systems whose lower bound lies above this one's upper bound; see limits.Limits.ranks.
    win_rate: (wins + ties / 2 + both bad / 2) / votes, with their weights. both_bad_rate: share of the votes that
    called both bad.
    resamples_used: by system, those of `resamples` that say something about it.
    reason: why the rating is NaN, interval_reason: why the interval is, as for a system that won every vote,
    rank_reason: why the rank is; "" where they are not.
    all_lower, all_upper: bounds for all systems at once; all_reason: why they are NaN. best_rank, worst_rank: ranks the
    votes leave open, for all systems at once; open_ranks_reason: why they are NaN.
    iid_lower, iid_upper: what the interval would be if every vote were drawn apart, as most arenas publish.
    iid_reason: why they are NaN.
    part: Number of the connected part, -1 without votes; ratings and ranks say nothing across parts.
    tie_parameter: Davidson's nu by part; NaN unless it was fitted.
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
    rank_reason: tuple[str, ...]
    all_lower: FloatArray
    all_upper: FloatArray
    best_rank: FloatArray
    worst_rank: FloatArray
    all_reason: tuple[str, ...]
    open_ranks_reason: tuple[str, ...]
    iid_lower: FloatArray
    iid_upper: FloatArray
    iid_reason: tuple[str, ...]
    part: IntArray
    tie_parameter: FloatArray
    method: str
    n_votes: int
    n_documents: int
    n_annotators: int
    seed: int
    resamples: int
    resamples_used: IntArray
    warnings: tuple[str, ...]


def rate(
    votes: VoteArrays,
    *,
    seed: int,
    resamples: int = 1000,
    names: Sequence[str] = (),
    ties: Ties = Ties.HALF,
    anchor: Anchor | None = None,
    apart: bool = False,
) -> Ratings:
    """Rate all systems; those without votes, or not connected by votes, get NaN and a reason.

    Args:
        seed: Of the bootstrap. Documents and annotators are drawn by their index: the same indexes, the same answer.
        names: Of the systems, for reasons and warnings; their numbers if left out.
        anchor: Fixes the scale by one system instead of by the mean; its own interval has no width.
        apart: Where votes do not connect all systems, rate each connected part on a scale of its own.
    """
    names = names or [str(i) for i in range(votes.n_systems)]
    used = votes.take(~votes.tied) if ties == Ties.DROPPED else votes
    parts, reasons = parts_of(used), _no_votes(votes, used)
    warnings = _anchor_warnings(anchor, used, names)
    tie = np.full(max(1, len(parts)), np.nan)
    if len(parts) > 1 and not apart:
        problem = _disconnection(parts, names)
        found = undefined([reason or problem for reason in reasons])
        return _result(votes, used, found, parts, tie, tuple(warnings), method(ties), seed, resamples)
    found = undefined(reasons)
    for i, systems in enumerate(parts):
        compact, place = only(used, systems), _position(systems, anchor)
        own = estimate(compact, seed=seed, resamples=resamples, ties=ties, anchor=place)
        found = _put(found, _in_points(own, MEAN_RATING if anchor is None or place is None else anchor.rating), systems)
        tie[i] = np.exp(own.tie)
        warnings += _warnings(compact, [names[system] for system in systems.tolist()])
    return _result(votes, used, found, parts, tie, tuple(warnings), method(ties), seed, resamples)


def _result(
    votes: VoteArrays,
    used: VoteArrays,
    found: Estimates,
    parts: Sequence[IntArray],
    tie: FloatArray,
    warnings: tuple[str, ...],
    how: str,
    seed: int,
    resamples: int,
) -> Ratings:
    counts = votes.count_by_system()
    part = np.full(votes.n_systems, -1, dtype=np.int64)
    for i, systems in enumerate(parts):
        part[systems] = i
    same = ("lower", "upper", "rank", "all_lower", "all_upper", "best_rank", "worst_rank", "iid_lower", "iid_upper")
    why = ("reason", "interval_reason", "rank_reason", "all_reason", "open_ranks_reason", "iid_reason")
    wins = votes.wins()
    return Ratings(
        rating=found.strengths,
        **{name: getattr(found, name) for name in (*same, *why)},
        votes=counts,
        win_rate=_share(wins.sum(axis=1), wins.sum(axis=1) + wins.sum(axis=0)),
        both_bad_rate=_share(votes.count_by_system(votes.outcome == OutcomeCode.BOTH_BAD), counts),
        part=part,
        tie_parameter=tie,
        method=how,
        n_votes=len(used),
        n_documents=units(renumbered(used.document)),
        n_annotators=units(renumbered(used.annotator)),
        seed=seed,
        resamples=resamples,
        resamples_used=found.used,
        warnings=warnings,
    )


def _no_votes(votes: VoteArrays, used: VoteArrays) -> list[str]:
    counts = zip(votes.count_by_system(), used.count_by_system(), strict=True)
    return ["" if left else NO_DECIDED_VOTES if there else NO_VOTES for there, left in counts]


def _disconnection(parts: Sequence[IntArray], names: Sequence[str]) -> str:
    groups = " | ".join("{" + ", ".join(names[i] for i in part.tolist()) + "}" for part in parts)
    return f"the votes do not connect all systems: {groups}"


def _position(systems: IntArray, anchor: Anchor | None) -> int | None:
    return None if anchor is None or anchor.system not in systems else int(np.searchsorted(systems, anchor.system))


def _in_points(found: Estimates, origin: float) -> Estimates:
    names = ("strengths", "lower", "upper", "all_lower", "all_upper", "iid_lower", "iid_upper")
    points: dict[str, Any] = {name: to_rating(getattr(found, name)) + (origin - MEAN_RATING) for name in names}
    return replace(found, **points)


def _put(all_found: Estimates, found: Estimates, systems: IntArray) -> Estimates:
    """The results of a part, put in the places of its systems among all."""
    placed: dict[str, Any] = {}
    for field in fields(Estimates):
        value = getattr(found, field.name)
        if isinstance(value, float):
            continue
        together = list(getattr(all_found, field.name))
        for i, system in enumerate(systems.tolist()):
            together[system] = value[i]
        placed[field.name] = tuple(together) if isinstance(value, tuple) else np.array(together, dtype=value.dtype)
    return replace(all_found, **placed)


def _share(part: FloatArray | IntArray, whole: FloatArray | IntArray) -> FloatArray:
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1), np.nan)


def _anchor_warnings(anchor: Anchor | None, votes: VoteArrays, names: Sequence[str]) -> list[str]:
    if anchor is None or not len(votes) or votes.count_by_system()[anchor.system]:
        return []
    return [f"The anchor {names[anchor.system]} has no votes: the mean rating is {MEAN_RATING:g} instead."]


def _warnings(votes: VoteArrays, names: Sequence[str]) -> list[str]:
    warnings = []
    top, bottom = unbounded_nodes(votes.wins() > 0)
    for which, words in ((top, "how far they lead"), (bottom, "how far they trail")):
        if which:
            listed = ", ".join(names[i] for i in which)
            warnings.append(
                f"The votes set no limit to {words}: {listed}. "
                "Only the prior keeps that distance finite, and the intervals say nothing about it."
            )
    if units(votes.annotator) == 1:
        warnings.append("All votes are one annotator's: the intervals say nothing about how others would judge.")
    elif units(votes.document) == 1:
        warnings.append("All votes are about one document: the intervals say nothing about other documents.")
    return warnings
