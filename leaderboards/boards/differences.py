"""Which systems of a board differ: every pair its gap, an interval for all pairs at once, and a word."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from leaderboards.boards.neighbours import NO_LIMIT, NO_LIMIT_YET
from stats.ratings.estimates import NO_DRAWS
from stats.ratings.ratings import RatedPart, Ratings
from stats.strengths.bradley_terry import SCALE
from stats.uncertainty.calibrated import LEVEL
from stats.uncertainty.differences import Differences, Told

# A larger matrix cannot be read, and a board is stored often.
MOST_SYSTEMS = 40
NOT_CONNECTED = "no votes link the two systems, directly or through others"
RULE = (
    "two systems differ if the 95 % interval of their gap, widened so that the intervals of all pairs of the board "
    "hold at once, leaves out 0, and enough was said about both"
)

Line = Mapping[str, Any]


def board_differences(ratings: Ratings, lines: Sequence[Line], names: Sequence[str]) -> dict[str, Any]:
    """Return values for JSON: every pair of the first MOST_SYSTEMS rated systems, the better one first.

    Gap, lower and upper are in points; bounds are None where the votes set no limit, with the reason. "told" is one of
    stats.uncertainty.differences.Told. lines: Of the board, the best first.
    """
    rated = [line for line in lines if line["rating"] is not None]
    shown = [line["system"] for line in rated[:MOST_SYSTEMS]]
    place = {name: i for i, name in enumerate(names)}
    parts = [(part, {system: i for i, system in enumerate(part.systems.tolist())}) for part in ratings.parts]
    return {
        "rule": RULE,
        "level": LEVEL,
        "systems": shown,
        "systems_left_out": len(rated) - len(shown),
        "pairs": list(_pairs(shown, place, parts, ratings)),
    }


def _pairs(
    shown: Sequence[str],
    place: Mapping[str, int],
    parts: Sequence[tuple[RatedPart, Mapping[int, int]]],
    ratings: Ratings,
) -> Iterator[dict[str, Any]]:
    for k, better in enumerate(shown):
        i = place[better]
        part, within = next((part, within) for part, within in parts if i in within)
        for worse in shown[k + 1 :]:
            j = place[worse]
            if j not in within:
                said = _unknown(None, Told.TOO_FEW, NOT_CONNECTED)
            elif part.differences is None:
                said = _unknown(float(ratings.rating[i] - ratings.rating[j]), Told.TOO_FEW, NO_DRAWS)
            else:
                said = _known(part.differences, within[i], within[j])
            yield {"better": better, "worse": worse, **said}


def _unknown(gap: float | None, told: Told, reason: str) -> dict[str, Any]:
    return {"gap": gap, "lower": None, "upper": None, "told": str(told), "reason": reason}


def _known(differences: Differences, i: int, j: int) -> dict[str, Any]:
    gap, told = SCALE * float(differences.gap[i, j]), differences.told(i, j)
    if not differences.limited[i, j]:
        return _unknown(gap, told, NO_LIMIT_YET if told == Told.TOO_FEW else NO_LIMIT)
    reach = SCALE * float(differences.reach[i, j])
    return {"gap": gap, "lower": gap - reach, "upper": gap + reach, "told": str(told), "reason": ""}
