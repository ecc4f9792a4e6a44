"""Say the verdict of a board: the answer, a sentence to decide by, a picture, and what the change gains.

One function, say_verdict, for every page that tells it: the board, lists of studies, reports.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from leaderboards.boards.costs import Cost
from leaderboards.boards.verdict import gain, shares_of
from leaderboards.presentation.verdict_picture import VerdictPicture, draw_verdict
from leaderboards.presentation.verdict_text import HEADINGS, NONE, OPEN, say_result
from lib.numbers import UNDEFINED, format_bytes, format_count, format_dollars, format_parameters, format_seconds
from stats.votes.least import LEAST

Values = Mapping[str, Any]

MISSING = {
    "small": "No system here is known to be small: none has fewer than 2 billion parameters, and none is a baseline. "
    "Settings can name one, and a system's record can say its size.",
    "large": "There are only compact systems and baselines here, so there is no large one to stand in for.",
}
LEADS = {
    "compact": "{} leads the compact systems",
    "baselines": "{} leads the baselines",
    "large": "{} leads the large systems",
    "others": "{} leads the systems that are not compact",
}


@dataclass(frozen=True)
class GainMeasure:
    """A cost, and how a change of it is said: of fewer, and of more."""

    key: str
    label: str
    less: str
    more: str
    write: Callable[[float | None], str]


MEASURES = (
    GainMeasure("parameters", "Size", "{} × smaller", "{} × larger", format_parameters),
    GainMeasure("seconds", "Time a summary", "{} × faster", "{} × slower", format_seconds),
    GainMeasure("price", "Price a summary", "{} × cheaper", "{} × dearer", format_dollars),
    GainMeasure("memory", "Peak memory", "{} × less memory", "{} × more memory", format_bytes),
)


@dataclass(frozen=True)
class Gain:
    """What the change from large to small does to one cost.

    Attributes:
        text: As in "17 × smaller"; a dash where it is not known.
        detail: Both costs, or why nothing is known.
    """

    label: str
    text: str
    detail: str


@dataclass(frozen=True)
class BoardVerdict:
    """The verdict in words.

    Attributes:
        kind: One of HEADINGS.
        small, large: The two systems; "" where there is no such system.
        loses: Whether votes prefer the large system, in the mean.
        why: Where the small system errs more often than the large one, as people marked; "" unless that is sure.
        notes: What a reader must know of how the two were chosen, and of the numbers.
        picture: None where there is no interval.
    """

    kind: str
    heading: str
    sentence: str
    small: str = ""
    large: str = ""
    loses: bool = False
    why: str = ""
    notes: list[str] = field(default_factory=list)
    gains: list[Gain] = field(default_factory=list)
    picture: VerdictPicture | None = None


def say_verdict(board: Values) -> BoardVerdict:
    """Say the verdict that a board holds."""
    verdict = board["verdict"]
    if verdict["small"] is None or verdict["large"] is None:
        kind, sentence = _no_pair(verdict)
        return BoardVerdict(kind, HEADINGS[kind], sentence, verdict["small"] or "", verdict["large"] or "")
    return _said(verdict, board["votes"], [*_on_choice(verdict), *_rules(verdict, board["votes"])])


def say_pair(board: Values, data: Values, small: str, large: str) -> tuple[BoardVerdict, Values]:
    """Say the verdict on a pair that a reader picked, and return its numbers: the board's, where it is the same pair.

    data: Of compute_small_large.
    """
    verdict = board["verdict"]
    if (verdict["small"], verdict["large"]) == (small, large):
        return say_verdict(board), verdict
    result = next(result for result in data["verdicts"] if (result["small"], result["large"]) == (small, large))
    thin = [line["too_few"] for line in board["systems"] if line["system"] in (small, large) and line["too_few"]]
    costs = {
        measure: gain(small, Cost(**by_system[small]), large, Cost(**by_system[large]))
        for measure, by_system in data["costs"].items()
    }
    result = result | shares_of(result) | {"too_few": "".join(thin[:1]), "gains": costs}
    return _said(result, board["votes"], [*_on_picking(result), *_rules(result, board["votes"])]), result


def _said(verdict: Values, votes: int, notes: list[str]) -> BoardVerdict:
    small, large = verdict["small"], verdict["large"]
    if verdict["too_few"]:
        lacking = verdict["too_few"][0].upper() + verdict["too_few"][1:]
        kind, sentence = OPEN, f"{lacking}. It takes {LEAST} on each of {small} and {large}."
    else:
        kind, sentence = say_result(verdict, small, large, votes)
    has_bounds = verdict["lower"] is not None and not verdict["too_few"]
    return BoardVerdict(
        kind,
        HEADINGS[kind],
        sentence,
        small,
        large,
        loses=loses_by(verdict),
        notes=notes,
        gains=[_gain(measure, verdict["gains"][measure.key]) for measure in MEASURES],
        picture=draw_verdict(verdict) if has_bounds else None,
    )


def loses_by(verdict: Values) -> bool:
    """Return whether fewer than half of the comparisons prefer the small system of a board's verdict."""
    return not verdict["too_few"] and verdict["difference"] is not None and verdict["difference"] < 0


def _no_pair(verdict: Values) -> tuple[str, str]:
    """Say why there are no two systems to compare."""
    chosen = verdict["chosen"]
    if left_out := [about["left_out"] for about in chosen.values() if about["left_out"]]:
        return NONE, f"The study asks about {' and '.join(left_out)}, which this view leaves out."
    for side, why in MISSING.items():
        if verdict[side] is None and not chosen[side]["among"]:
            return NONE, why
    return OPEN, "No votes yet: they choose the two systems, the best small one and the best large one."


def _rules(verdict: Values, votes: int) -> list[str]:
    margin = ["The margin was fixed when the study was made."] if verdict["margin"] is not None else []
    return [*margin, *_outcomes(verdict, votes), "A tie, or both bad, is half for each side."]


def votes_on_the_two(verdict: Values) -> int:
    return sum((verdict.get("outcomes") or {}).values())


def _outcomes(verdict: Values, votes: int) -> list[str]:
    """Say wins, ties and losses apart: a share that counts ties as halves hides how many there are.

    They do not give the share by themselves where others were rated, too.
    """
    on_the_two = votes_on_the_two(verdict)
    if not on_the_two:
        return []
    won, tied, lost = (format_count(verdict["outcomes"][name]) for name in ("won", "tied", "lost"))
    said = f"Votes on the two: {won} for {verdict['small']}, {tied} for neither, {lost} for {verdict['large']}."
    others = format_count(votes - on_the_two)
    indirect = f"The share rests on these and, each counting for less, on the {others} votes on other pairs."
    return [said, *([indirect] if votes > on_the_two else [])]


def _on_choice(verdict: Values) -> list[str]:
    """Say who chose the two systems, and what that does to the interval."""
    # In this order also where a database has kept the JSON in its own.
    chosen = {side: verdict["chosen"][side] for side in ("small", "large")}
    notes = []
    if any(about["by"] == "named" for about in chosen.values()):
        named = " and ".join(verdict[side] for side, about in chosen.items() if about["by"] == "named")
        notes.append(
            f"The study named {named} before the first vote."
            if verdict["named_before_votes"]
            else f"The study named {named} after the first vote."
        )
    leaders = [LEADS[about["among"]].format(verdict[side]) for side, about in chosen.items() if about["by"] == "leads"]
    if leaders:
        notes.append(f"Chosen by the votes: {' and '.join(leaders)}.")
    if verdict["pairs"] > 1:
        notes.append(f"The interval holds for all {verdict['pairs']:,} pairs at once, so it allows for the choice.")
    return notes


def _on_picking(result: Values) -> list[str]:
    """Say what the interval of a pair that a reader picked allows for."""
    if result["pairs"] < 2:
        return []
    return [
        f"The interval holds for all {result['pairs']:,} pairs at once, so it allows for a look at the votes first."
    ]


def _gain(measure: GainMeasure, gain: Values) -> Gain:
    if gain["times"] is None:
        return Gain(measure.label, UNDEFINED, gain["reason"])
    times = gain["times"]
    small, large = (measure.write(gain[side]["value"]) for side in ("small", "large"))
    remarks = [f"{side}: {gain[side]['reason']}" for side in ("small", "large") if gain[side]["reason"]]
    return Gain(measure.label, _times(times, measure), "; ".join([f"{small} instead of {large}", *remarks]))


def _times(times: float, measure: GainMeasure) -> str:
    larger, said = (times, measure.less) if times >= 1 else (1 / times, measure.more)
    text = f"{larger:.0f}" if larger >= 9.95 else f"{larger:.1f}"
    return "the same" if text == "1.0" else said.format(text.removesuffix(".0"))
