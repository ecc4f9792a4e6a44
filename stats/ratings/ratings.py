"""Turn votes into ratings with intervals and ranks; what is undefined is NaN with a reason."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from stats.ratings.estimates import Estimates, Ties, estimate, undefined
from stats.strengths.bradley_terry import MEAN_RATING, PRIOR_SD, to_rating
from stats.strengths.ordinal import without_strength
from stats.uncertainty.calibrated import Caution, cautions, effective_units
from stats.uncertainty.differences import Differences
from stats.votes.arrays import FloatArray, IntArray, OutcomeCode, VoteArrays, renumbered
from stats.votes.graphs import unbounded_nodes
from stats.votes.parts import only, parts_of
from stats.votes.tallies import units

TIES = {
    Ties.HALF: "tie and both bad half each",
    Ties.DROPPED: "ties and both bad left out",
    Ties.DAVIDSON: "Davidson's tie parameter for ties and both bad",
    Ties.ORDINAL: "parameters for ties and for “much better” (adjacent categories)",
}
# Fields of Estimates that are not by system.
OF_A_PART = {"tie", "differences"}
NO_VOTES = "no votes yet"
FEW = {
    Caution.FEW_ANNOTATORS: (
        "The votes weigh like those of fewer than three annotators: how far annotators differ is hardly seen, and the "
        "intervals hold the truth less often than in 95 of 100 studies."
    ),
    Caution.FEW_DOCUMENTS: (
        "The votes weigh like those of fewer than three documents: how far documents differ is hardly seen, and the "
        "intervals hold the truth less often than in 95 of 100 studies."
    ),
}
NO_DECIDED_VOTES = "no decided votes: all are ties or both bad"


def method(ties: Ties = Ties.HALF) -> str:
    """Describe the method in a sentence that is stored with every board."""
    return (
        f"Bradley–Terry, maximum likelihood with a Gaussian prior (sd {PRIOR_SD:g} log-odds), {TIES[ties]}; "
        "95 % intervals with documents and annotators as random samples (two-way sandwich, variances between them half "
        "pooled over systems, t for few of either)"
    )


METHOD = method()


@dataclass(frozen=True)
class Anchor:
    """Name a system whose rating is fixed; the others' ratings say how far they are from it.

    Attributes:
        system: Index of the system.
        rating: Its rating in points.
    """

    system: int
    rating: float = MEAN_RATING


@dataclass(frozen=True)
class RatedPart:
    """Hold what is said of two systems of a part that votes connect.

    Attributes:
        systems: Numbers of the part's systems, shape (m,); rows and columns of the differences are in this order.
        differences: None where there is one document by one annotator.
        votes, annotators, documents: How many the part has.
        even_annotators, even_documents: How many of equal shares would be worth as much; see effective_units.
    """

    systems: IntArray
    differences: Differences | None
    votes: int
    annotators: int
    documents: int
    even_annotators: float
    even_documents: float


@dataclass(frozen=True)
class Ratings:
    """Hold ratings by system, in arrays of shape (n_systems,); each reason is "" where its fields are defined.

    Attributes:
        rating: In points: 400 points are odds of 10 to 1, the mean over the systems with votes is 1000.
        lower, upper: Bounds of the 95 % interval, in points.
        rank: 1 + the number of systems whose lower bound lies above this one's upper bound; see limits.Limits.ranks.
        votes: Number of votes.
        win_rate: (wins + ties / 2 + both bad / 2) / votes, with their weights.
        both_bad_rate: Share of the votes that called both bad.
        reason: Why the rating is NaN.
        interval_reason: Why lower and upper are NaN, as for a system that won every vote.
        rank_reason: Why the rank is NaN.
        all_lower, all_upper: Bounds for all systems at once, in points.
        best_rank, worst_rank: Ranks that the votes leave open, for all systems at once.
        all_reason: Why all_lower and all_upper are NaN.
        open_ranks_reason: Why best_rank and worst_rank are NaN.
        iid_lower, iid_upper: Bounds as if all votes were independent, as most arenas publish them, in points.
        iid_reason: Why iid_lower and iid_upper are NaN.
        part: Number of the connected part, -1 without votes; ratings and ranks of different parts are not comparable.
        tie_parameter: Davidson's nu, or that of the ordinal model, by part; NaN unless it was fitted.
        method: Sentence that describes the method.
        n_votes, n_documents, n_annotators: What the ratings come from.
        seed, resamples: Of the bootstrap.
        resamples_used: Resamples that say something about each system, of those in `drawn`.
        drawn: Strength of each system in the resamples that were looked at, in log-odds, n arrays of one length; empty
            without. Strengths are comparable within a part only. See bootstrap.telling_strengths.
        parts: Of systems that votes connect, with their differences, if they are rated.
        warnings: Sentences that a reader of the intervals must know.
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
    drawn: tuple[FloatArray, ...]
    parts: tuple[RatedPart, ...]
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
        votes: All votes.
        seed: Of the bootstrap. Documents and annotators are drawn by their index, so the same indexes give the same
            answer.
        resamples: Number of resamples.
        names: Names of the systems, for reasons and warnings; their indexes if empty.
        ties: How ties count.
        anchor: Fixes the scale by one system instead of by the mean; its own interval has no width.
        apart: Where votes do not connect all systems, rate each connected part on a scale of its own.
    """
    names = names or [str(i) for i in range(votes.n_systems)]
    used = votes.take(~votes.tied) if ties == Ties.DROPPED else votes
    parts, reasons = parts_of(used), _no_votes(votes, used)
    warnings = [*_anchor_warnings(anchor, used, names), *(_unsaid(used) if ties == Ties.ORDINAL else [])]
    tie_parameter = np.full(max(1, len(parts)), np.nan)
    estimates, rated = undefined(reasons), []
    if len(parts) > 1 and not apart:
        problem = _disconnection(parts, names)
        estimates = undefined([reason or problem for reason in reasons])
    else:
        for i, systems in enumerate(parts):
            compact = only(used, systems)
            own = _estimate_part(compact, systems, anchor, seed=seed, resamples=resamples, ties=ties)
            estimates = _put(estimates, own, systems)
            tie_parameter[i] = np.exp(own.tie)
            rated.append(_rated_part(compact, systems, own.differences))
            warnings += _warnings(compact, [names[system] for system in systems.tolist()])
    return Ratings(
        **_by_system(votes, estimates, parts),
        **_counts(used),
        tie_parameter=tie_parameter,
        method=method(ties),
        seed=seed,
        resamples=resamples,
        parts=tuple(rated),
        warnings=tuple(warnings),
    )


def _rated_part(votes: VoteArrays, systems: IntArray, differences: Differences | None) -> RatedPart:
    documents, annotators = effective_units(votes)
    return RatedPart(
        systems, differences, len(votes), units(votes.annotator), units(votes.document), annotators, documents
    )


def _estimate_part(
    votes: VoteArrays, systems: IntArray, anchor: Anchor | None, *, seed: int, resamples: int, ties: Ties
) -> Estimates:
    """Estimate one part, in points; its mean is MEAN_RATING if it does not hold the anchor."""
    held = anchor if anchor is not None and anchor.system in systems else None
    position = None if held is None else int(np.searchsorted(systems, held.system))
    estimates = estimate(votes, seed=seed, resamples=resamples, ties=ties, anchor=position)
    return _in_points(estimates, MEAN_RATING if held is None else held.rating)


def _by_system(votes: VoteArrays, estimates: Estimates, parts: Sequence[IntArray]) -> dict[str, Any]:
    """Collect the fields of Ratings that have a value for each system."""
    copied = [field.name for field in fields(Estimates) if field.name not in OF_A_PART | {"strengths", "used"}]
    counts, wins = votes.count_by_system(), votes.wins()
    part = np.full(votes.n_systems, -1, dtype=np.int64)
    for i, systems in enumerate(parts):
        part[systems] = i
    return {name: getattr(estimates, name) for name in copied} | {
        "rating": estimates.strengths,
        "resamples_used": estimates.used,
        "votes": counts,
        "win_rate": _share(wins.sum(axis=1), wins.sum(axis=1) + wins.sum(axis=0)),
        "both_bad_rate": _share(votes.count_by_system(votes.outcome == OutcomeCode.BOTH_BAD), counts),
        "part": part,
    }


def _counts(votes: VoteArrays) -> dict[str, Any]:
    """Count what the ratings come from."""
    return {
        "n_votes": len(votes),
        "n_documents": units(renumbered(votes.document)),
        "n_annotators": units(renumbered(votes.annotator)),
    }


def _no_votes(votes: VoteArrays, used: VoteArrays) -> list[str]:
    """Say by system why it has no votes to rate it by; "" where it has some."""
    counts = zip(votes.count_by_system(), used.count_by_system(), strict=True)
    return ["" if n_used else NO_DECIDED_VOTES if n_votes else NO_VOTES for n_votes, n_used in counts]


def _disconnection(parts: Sequence[IntArray], names: Sequence[str]) -> str:
    """Say which groups of systems the votes leave apart."""
    groups = " | ".join("{" + ", ".join(names[i] for i in part.tolist()) + "}" for part in parts)
    return f"the votes do not connect all systems: {groups}"


def _in_points(estimates: Estimates, origin: float) -> Estimates:
    """Convert log-odds to points, with zero at the origin."""
    names = ("strengths", "lower", "upper", "all_lower", "all_upper", "iid_lower", "iid_upper")
    points: dict[str, Any] = {name: to_rating(getattr(estimates, name)) + (origin - MEAN_RATING) for name in names}
    return replace(estimates, **points)


def _put(estimates: Estimates, of_part: Estimates, systems: IntArray) -> Estimates:
    """Put the estimates of a part at the positions of its systems among all."""
    merged: dict[str, Any] = {}
    for field in fields(Estimates):
        if field.name in OF_A_PART:
            continue
        value = getattr(of_part, field.name)
        by_system = list(getattr(estimates, field.name))
        for i, system in enumerate(systems.tolist()):
            by_system[system] = value[i]
        merged[field.name] = tuple(by_system) if isinstance(value, tuple) else np.array(by_system, dtype=value.dtype)
    return replace(estimates, **merged)


def _share(part: FloatArray | IntArray, whole: FloatArray | IntArray) -> FloatArray:
    """Divide; NaN where the whole is 0."""
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1), np.nan)


def _anchor_warnings(anchor: Anchor | None, votes: VoteArrays, names: Sequence[str]) -> list[str]:
    """Warn if the anchor has no votes."""
    if anchor is None or not len(votes) or votes.count_by_system()[anchor.system]:
        return []
    return [f"The anchor {names[anchor.system]} has no votes: the mean rating is {MEAN_RATING:g} instead."]


def _unsaid(votes: VoteArrays) -> list[str]:
    """Warn of votes that do not say how much better."""
    unsaid, decided = int(without_strength(votes).sum()), int((~votes.tied).sum())
    if decided and unsaid == decided:
        return ["No vote says how much better a summary is: all count as slightly better."]
    if unsaid:
        return [f"{unsaid:,} of {decided:,} decided votes do not say how much better: each may be either."]
    return []


def _warnings(votes: VoteArrays, names: Sequence[str]) -> list[str]:
    """Warn of what the intervals of one part do not show."""
    warnings = []
    top, bottom = unbounded_nodes(votes.wins() > 0)
    for which, words in ((top, "won every vote against the others"), (bottom, "lost every vote against the others")):
        if which:
            listed = ", ".join(names[i] for i in which)
            warnings.append(
                f"Of systems that {words}, votes cannot say how far these are away: {listed}. Their distance on the "
                "board is an assumption of the model, and the intervals say nothing about it."
            )
    if units(votes.annotator) == 1:
        warnings.append("All votes are one annotator's: the intervals say nothing about how others would judge.")
    elif units(votes.document) == 1:
        warnings.append("All votes are about one document: the intervals say nothing about other documents.")
    return [*warnings, *(FEW[caution] for caution in cautions(votes))]
