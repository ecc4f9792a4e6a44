"""Whether the votes tell neighbours on the board apart, and how many votes it takes.

Boards, planning and trust all show these numbers.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from stats.decisions.planning import UNKNOWN, Forecast, StudySize, growth_needed
from stats.ratings.estimates import NO_DRAWS
from stats.ratings.ratings import RatedPart, Ratings
from stats.strengths.bradley_terry import SCALE
from stats.uncertainty.differences import Differences, Told
from stats.votes.arrays import IntArray

NOT_KNOWN = "the votes do not vary, so nothing shows how sure the gap is"
NO_GAP = "no gap: no number of votes tells two equal systems apart"
SMALL_GAP = "two equal systems often show as large a gap by chance: no number of votes can be given yet"
NO_LIMIT_YET = "too few votes: one never lost to the other, but so few votes leave open who is ahead"
NO_LIMIT = "told apart already: one never lost to the other, so how large the gap is stays open"
SMALLEST_GAP = 1e-6  # points; rounding leaves gaps of 1e-13 between equals

Line = dict[str, Any]


def neighbour_gaps(ratings: Ratings, names: Sequence[str]) -> list[Line]:
    """Return what is said of each pair of neighbours, from the top, and the study that tells them apart.

    "told" is said by the rule of differences.py. Gaps and errors are in points. Votes, annotators and documents are
    those of the part that votes connect; "_needed" are those with which the rule tells the two apart in POWER of
    studies, if annotators and documents have like numbers of votes and the gap is the one seen. "votes_lower" and
    "votes_upper" are the ends of what the votes so far allow for, None for no end; "ask_again" is the number of votes
    after which the forecast is worth asking anew.
    """
    return [line for part in ratings.parts for line in _of_part(part, ratings, names)]


def _of_part(part: RatedPart, ratings: Ratings, names: Sequence[str]) -> Iterator[Line]:
    rating = ratings.rating[part.systems]
    order = np.argsort(-rating, kind="stable")
    pairs = list(zip(order[:-1].tolist(), order[1:].tolist(), strict=True))
    size = StudySize(part.votes, part.even_annotators, part.even_documents)
    forecasts = _forecasts(part.differences, order, size)
    for number, (i, j) in enumerate(pairs):
        yield {
            "better": names[part.systems[i]],
            "worse": names[part.systems[j]],
            "gap": float(rating[i] - rating[j]),
            "votes": part.votes,
            "annotators": part.annotators,
            "documents": part.documents,
            "told": str(Told.TOO_FEW if part.differences is None else part.differences.told(i, j)),
            **forecasts[number],
        }


def _forecasts(differences: Differences | None, order: IntArray, size: StudySize) -> list[Line]:
    """Return the fields of each pair of neighbours that are about their error and the votes it takes."""
    if differences is None:
        return [{"error": None, **_needed(UNKNOWN, size), "reason": NO_DRAWS}] * (len(order) - 1)
    pair = order[:-1], order[1:]
    gap, error, freedom = differences.gap[pair], differences.sure.error[pair], differences.sure.freedom[pair]
    defined = np.where(error > 0, error, np.nan)
    apart = SCALE * gap > SMALLEST_GAP
    growth = growth_needed(np.where(apart, gap, 0) / defined, freedom, differences.tail)
    rows = []
    for k, (i, j) in enumerate(zip(*(side.tolist() for side in pair), strict=True)):
        told, forecast = differences.told(i, j), Forecast.of(size, growth, k)
        reason = NOT_KNOWN if np.isnan(defined[k]) else "" if forecast.needed else SMALL_GAP if apart[k] else NO_GAP
        if not differences.limited[i, j]:
            reason = NO_LIMIT_YET if told == Told.TOO_FEW else NO_LIMIT
        needed = _needed(UNKNOWN if reason else forecast, size, done=told == Told.DIFFER)
        rows.append({"error": None if np.isnan(defined[k]) else float(SCALE * defined[k]), **needed, "reason": reason})
    return rows


def _needed(forecast: Forecast, size: StudySize, *, done: bool = False) -> Line:
    """Return what a study needs as values for JSON. done: Whether the rule tells the two apart already."""
    more = None if forecast.needed is None else 0 if done else max(0, forecast.needed.votes - size.votes)
    numbers = forecast.numbers() | ({"ask_again": None} if done else {})
    return {**numbers, "votes_more": more}
