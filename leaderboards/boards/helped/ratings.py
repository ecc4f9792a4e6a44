"""Move a board's ratings by what a judge says of all pairs (PPI++), where that makes an interval narrower."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy

from leaderboards.boards.analysis.inputs import AnalysisData, read_analysis_data
from leaderboards.boards.helped.frame import Frame, frame_of
from leaderboards.data.inputs import BoardInputs
from stats.judges.helped import HelpedRatings, helped_ratings
from stats.ratings.ratings import RatedPart, Ratings
from stats.strengths.bradley_terry import SCALE, to_rating
from stats.uncertainty.calibrated import Precision
from stats.uncertainty.differences import Differences
from stats.votes.arrays import FloatArray

METHOD = "moved by the verdicts of judge {judge} and the metrics (PPI++, one step, cross-fitted over documents)"
NOT_INDEPENDENT = "computed from people's votes alone: see the board without the judge's help"


@dataclass(frozen=True)
class Helped:
    """The ratings with help, and what a board says of it as values for JSON."""

    ratings: Ratings
    about: dict[str, Any]


def help_ratings(inputs: BoardInputs, ratings: Ratings, seed: int) -> Helped:
    """Return ratings moved by the judge; those of people alone, with the reason, where it cannot help."""
    told = inputs.help
    if told is None:
        return Helped(ratings, {})
    if not len(inputs.arrays):
        return Helped(ratings, _about(told.judge, inputs, "no votes yet"))
    data = read_analysis_data(inputs, seed)
    frame = frame_of(data, told, ratings)
    if isinstance(frame, str):
        return Helped(ratings, _about(told.judge, inputs, frame))
    judges = np.arange(frame.predictors.shape[1]) == 0
    helped = helped_ratings(
        frame.votes, frame.item, frame.items, frame.predictors, seed=seed, judges=judges, strata=frame.strata
    )
    moved = _moved(ratings, frame, helped)
    return Helped(
        replace(moved, method=f"{ratings.method}; {METHOD.format(judge=told.judge)}"),
        _about(told.judge, inputs, "") | _said(data, frame, helped, ratings),
    )


def _about(judge: str, inputs: BoardInputs, reason: str) -> dict[str, Any]:
    votes = len(inputs.arrays)
    return {"judge": judge, "reason": reason, "votes": votes, "effective_votes": float(votes) if votes else None}


def _said(data: AnalysisData, frame: Frame, helped: HelpedRatings, people: Ratings) -> dict[str, Any]:
    names = [data.inputs.slugs[i] for i in frame.systems.tolist()]
    return {
        "effective_votes": float(helped.effective.mean()),
        "tuning": helped.tuning.tolist(),
        "metrics": frame.metrics,
        "pairs": len(frame.items),
        "documents": frame.alike,
        "doubt": frame.doubt,
        "systems": [
            {
                "system": name,
                "effective_votes": float(helped.effective[k]),
                "people": {
                    "rating": float(people.rating[i]),
                    "lower": float(people.lower[i]),
                    "upper": float(people.upper[i]),
                },
            }
            for k, (i, name) in enumerate(zip(frame.systems.tolist(), names, strict=True))
        ],
    }


def _moved(people: Ratings, frame: Frame, helped: HelpedRatings) -> Ratings:
    """Put the moved ratings at the places of their systems, each where its interval is narrower than people's."""
    at, level = frame.systems, _reach(helped.precision)
    before = (people.upper[at] - people.lower[at]) / 2
    better = level < before
    rating, lower, upper = people.rating.copy(), people.lower.copy(), people.upper.copy()
    rating[at] = np.where(better, to_rating(helped.moved), rating[at])
    half = np.where(better, level, before)
    lower[at], upper[at] = rating[at] - half, rating[at] + half
    at_once = _at_once(people, frame, helped, better)
    all_lower, all_upper = people.all_lower.copy(), people.all_upper.copy()
    all_lower[at], all_upper[at] = rating[at] - at_once, rating[at] + at_once
    parts = tuple(_part(part, helped) for part in people.parts)
    best, worst = people.best_rank.copy(), people.worst_rank.copy()
    if parts[0].differences is not None and not np.isnan(best[at]).any():
        best[at], worst[at] = parts[0].differences.ranks()
    rank = np.where(np.isnan(people.rank), np.nan, 1 + (lower[np.newaxis, :] > upper[:, np.newaxis]).sum(axis=1))
    nothing = np.full(len(rating), np.nan)
    return replace(
        people,
        rating=rating, lower=lower, upper=upper, all_lower=all_lower, all_upper=all_upper, rank=rank,
        best_rank=best, worst_rank=worst, parts=parts, iid_lower=nothing, iid_upper=nothing,
        iid_reason=tuple(reason or NOT_INDEPENDENT for reason in people.iid_reason),
    )  # fmt: skip


def _reach(precision: Precision) -> FloatArray:
    """Give half the width of each system's interval in points."""
    return np.asarray(SCALE * np.diag(precision.reach()))


def _at_once(people: Ratings, frame: Frame, ratings: HelpedRatings, better: Any) -> FloatArray:
    """Give half the widths of intervals that hold for all systems at once: as rare beyond them as beyond people's."""
    half = (people.all_upper[frame.systems] - people.all_lower[frame.systems]) / 2
    alone, helped = ratings.alone, ratings.precision
    error = np.diag(alone.error)
    tail = scipy.special.stdtr(np.diag(alone.freedom), -half / SCALE / np.where(error > 0, error, np.inf))
    reach = -SCALE * scipy.special.stdtrit(np.diag(helped.freedom), tail) * np.diag(helped.error)
    return np.asarray(np.where(better & (reach < half), reach, half))


def _part(part: RatedPart, ratings: HelpedRatings) -> RatedPart:
    """Move the differences that help makes surer; the quantile for all at once is that of people's votes."""
    people = part.differences
    if people is None or len(part.systems) != len(ratings.moved):
        return part
    gap = ratings.moved[:, np.newaxis] - ratings.moved[np.newaxis, :]
    helped = replace(people, gap=gap, sure=ratings.precision)
    surer = helped.reach < people.reach
    sure = Precision(
        np.where(surer, ratings.precision.variance, people.sure.variance),
        np.where(surer, ratings.precision.freedom, people.sure.freedom),
    )
    both: Differences = replace(people, gap=np.where(surer, gap, people.gap), sure=sure)
    return replace(part, differences=both)
