"""The answer on top of a board: may the small system that the study asks about stand in for the large one?

The statistics are those of noninferiority.py. What is added is the choice of the two systems, who made it, and what the
change from large to small gains.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leaderboards.boards.costs import Cost, read_costs
from leaderboards.boards.noninferiority import (
    ANY_MARGIN,
    RESAMPLES,
    PairOutcomes,
    all_pairs,
    named_before_votes,
    result_values,
    size_of,
    told_apart,
)
from leaderboards.data.inputs import BoardInputs
from models_runner.models import System
from stats.decisions.noninferiority import Scale
from stats.decisions.selection import Pair, compare_chosen
from stats.ratings.estimates import Ties
from stats.ratings.ratings import Ratings

Line = Mapping[str, Any]

# How a system of the verdict was chosen: by the study's settings, by the votes, or because there is no other.
NAMED, LEADS, ONLY = "named", "leads", "only"
# Which systems a side is chosen among.
COMPACT, BASELINES, LARGE, OTHERS = "compact", "baselines", "large", "others"


RESULT_FIELDS = (
    *("difference", "lower", "upper", "error", "p", "distance", "freedom", "p_equivalence", "told", "verdict"),
    *("equivalent", "votes_needed", "annotators_needed", "documents_needed", "votes_lower", "votes_upper", "ask_again"),
    *("share", "share_lower", "share_upper"),
)


@dataclass(frozen=True)
class ChosenSide:
    """One of the two systems.

    Attributes:
        system: None where nothing chooses one: no system of this kind, no votes, or one that the filters leave out.
        chosen: NAMED, LEADS, ONLY, or "" without a system.
        among: Of which kind it is chosen; "" where the study names it, and where there is no such system.
        candidates: Systems that the votes could have chosen, itself included.
        left_out: The system that the study names, where the filters leave it out.
    """

    system: str | None
    chosen: str
    among: str
    candidates: list[str]
    left_out: str = ""


def board_verdict(inputs: BoardInputs, lines: Sequence[Line], ratings: Ratings, seed: int) -> dict[str, Any]:
    """Compute values for JSON. Two queries at most.

    lines: Of the board, the best first. ratings: Of the board, whose resamples serve again.
    """
    small, large = choose_sides(inputs, lines)
    margin = inputs.study.noninferiority_margin
    before = named_before_votes(inputs) if NAMED in (small.chosen, large.chosen) else None
    values: dict[str, Any] = {
        "small": small.system,
        "large": large.system,
        "chosen": {name: _about(side) for name, side in (("small", small), ("large", large))},
        "named_before_votes": before,
        "margin": margin,
    }
    if small.system is None or large.system is None:
        return values | _nothing()
    return (
        values
        | _compared(inputs, ratings, small, large, _pairs(inputs, small, large, before), seed)
        | {
            "too_few": next((line["too_few"] for line in lines if line["system"] == small.system), "")
            or next((line["too_few"] for line in lines if line["system"] == large.system), ""),
            "gains": _gains(inputs, small.system, large.system),
        }
    )


def _about(side: ChosenSide) -> dict[str, Any]:
    return {"by": side.chosen, "among": side.among, "candidates": side.candidates, "left_out": side.left_out}


def _nothing() -> dict[str, Any]:
    """Return the fields of a verdict that is about nothing."""
    return dict.fromkeys(RESULT_FIELDS) | {
        "pairs": 0,
        "reason": "",
        "too_few": "",
        "gains": {},
        "outcomes": None,
    }


def choose_sides(inputs: BoardInputs, lines: Sequence[Line]) -> tuple[ChosenSide, ChosenSide]:
    """Return the two systems that the study names, or the best of each size class where it names none."""
    by_key = {system.pk: system.slug for system in inputs.systems}
    study = inputs.study
    named = [study.small_system_id, study.large_system_id]
    left_out = ["" if key is None or key in by_key else _slug_of(key) for key in named]
    small, large = (by_key.get(key or 0) for key in named)
    kinds = {system.slug: system.can_replace for system in inputs.systems}
    compact = [line for line in lines if kinds[line["system"]] and line["system"] != large]
    others = [line for line in lines if not kinds[line["system"]] and line["system"] != small]
    return (
        _side(small, left_out[0], *_first_kind(compact, COMPACT, BASELINES)),
        _side(large, left_out[1], *_first_kind(others, LARGE, OTHERS)),
    )


def _slug_of(key: int) -> str:
    return System.objects.values_list("slug", flat=True).get(pk=key)


def _first_kind(lines: Sequence[Line], size_class: str, otherwise: str) -> tuple[str, list[Line]]:
    """Return the lines of this size class, or all of them where there is none."""
    of_class = [line for line in lines if line["size_class"] == size_class]
    return (size_class, of_class) if of_class else (otherwise if lines else "", list(lines))


def _side(named: str | None, left_out: str, among: str, lines: Sequence[Line]) -> ChosenSide:
    if named is not None:
        return ChosenSide(named, NAMED, "", [named])
    if left_out:
        return ChosenSide(None, "", "", [], left_out)
    if len(lines) == 1:
        return ChosenSide(lines[0]["system"], ONLY, among, [lines[0]["system"]])
    rated = [line for line in lines if line["rating"] is not None]
    # A system with a handful of votes leads by luck; the others of its class are asked first.
    candidates = [line["system"] for line in rated if not line["too_few"]] or [line["system"] for line in rated]
    return ChosenSide(candidates[0], LEADS, among, candidates) if candidates else ChosenSide(None, "", among, [])


def _pairs(inputs: BoardInputs, small: ChosenSide, large: ChosenSide, named_before: bool | None) -> list[Pair]:
    """Return the pairs that the two could have been: any, where a study named one after a look at the votes."""
    if named_before is False:
        return all_pairs(inputs)
    number = {slug: i for i, slug in enumerate(inputs.slugs)}
    return [(number[s], number[la]) for s in small.candidates for la in large.candidates if s != la]


def _compared(
    inputs: BoardInputs, ratings: Ratings, small: ChosenSide, large: ChosenSide, pairs: Sequence[Pair], seed: int
) -> dict[str, Any]:
    """Compare the two by an interval that allows for their having been chosen among these pairs."""
    number = {slug: i for i, slug in enumerate(inputs.slugs)}
    margin = inputs.study.noninferiority_margin
    # The margin is about ties as halves, whatever the board does with them.
    same_votes = inputs.filters.tie_rule == Ties.HALF and ratings.resamples == RESAMPLES
    chosen = compare_chosen(
        inputs.arrays,
        (number[small.system or ""], number[large.system or ""]),
        pairs,
        margin=margin or ANY_MARGIN,
        seed=seed,
        scale=Scale.WIN_PROBABILITY,
        resamples=RESAMPLES,
        drawn=ratings.drawn if same_votes else None,
    )
    i, j = number[small.system or ""], number[large.system or ""]
    values = result_values(chosen, margin, size_of(inputs), told_apart(ratings, i, j))
    outcomes = PairOutcomes.of(inputs.arrays).between(i, j)
    return values | shares_of(values) | {"pairs": chosen.candidates, "outcomes": outcomes}


def shares_of(result: Mapping[str, Any]) -> dict[str, float | None]:
    """Return the share that prefers the small system, with its bounds, of a result of noninferiority.py."""
    names = {"share": "difference", "share_lower": "lower", "share_upper": "upper"}
    return {name: None if result[of] is None else 0.5 + result[of] for name, of in names.items()}


def _gains(inputs: BoardInputs, small: str, large: str) -> dict[str, Any]:
    """Return the gain by measure."""
    systems = [system for system in inputs.systems if system.slug in (small, large)]
    costs = read_costs(inputs, systems)
    return {measure: gain(small, by_system[small], large, by_system[large]) for measure, by_system in costs.items()}


def gain(small: str, of_small: Cost, large: str, of_large: Cost) -> dict[str, Any]:
    """Return what both cost, and how many times as much the large one does; None with a reason."""
    unknown = {
        system: cost.reason or "costs nothing"
        for system, cost in ((small, of_small), (large, of_large))
        if not cost.value
    }
    alike = len(unknown) == 2 and unknown[small] == unknown[large]
    reasons = [f"both: {unknown[small]}"] if alike else [f"{system}: {why}" for system, why in unknown.items()]
    return {
        "small": of_small._asdict(),
        "large": of_large._asdict(),
        "times": None if unknown else (of_large.value or 0) / (of_small.value or 1),
        "reason": "; ".join(reasons),
    }
