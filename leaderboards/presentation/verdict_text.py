"""Say the verdict on a small system in words: a sentence to decide by, numbers to check it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lib.numbers import UNDEFINED, format_count, format_fraction, format_parameters

REGIMES = {"zero-shot": "zero-shot", "fine-tuned": "fine-tuned", "baseline": "a baseline", "human": "written by people"}


@dataclass(frozen=True)
class Verdict:
    """A verdict on a page.

    Attributes:
        kind: good, bad or open; sets the colour.
        facts: The numbers behind it, as name and value.
    """

    kind: str
    heading: str
    sentence: str
    facts: list[tuple[str, str]]


def tell_verdict(
    result: Mapping[str, Any], small: Mapping[str, Any], large: Mapping[str, Any], data: Mapping[str, Any]
) -> Verdict:
    """Say a result of compare_pairs.

    small, large: Lines of the board. data: Of compute_small_large.
    """
    kind, heading, sentence = _in_words(result, full_name(small), large["name"], data["votes"])
    return Verdict(kind, heading, sentence, _facts(result, data))


def full_name(line: Mapping[str, Any]) -> str:
    """Name a system with its size and regime, as in "FLAN-T5-Large (780M, fine-tuned)"."""
    parts = [format_parameters(line["parameters"])] if line["parameters"] else []
    return f"{line['name']} ({', '.join([*parts, REGIMES.get(line['regime'], line['regime'])])})"


def _in_words(result: Mapping[str, Any], small: str, large: str, votes: int) -> tuple[str, str, str]:
    if result["lower"] is None:
        return "open", "Not decided yet", f"It is not known how {small} compares with {large}: {result['reason']}."
    lower, upper = result["lower"], result["upper"]
    if result["margin"] is None:
        no_margin = "No margin was agreed before this study, so there is no verdict on whether that is good enough."
        return "open", "No verdict", f"{small} is {_between(lower, upper)} than {large}. {no_margin}"
    agreed = f"the margin of {points(result['margin'])} agreed before the study"
    match result["verdict"]:
        case "superior":
            more = f"people prefer it in at least {_cases(lower)} of 100 comparisons"
            return "good", "Better", f"{small} is better than {large}: {more}, so it is good enough at {agreed}."
        case "not inferior":
            worse = f"at most {points(-lower, up=True)} of win probability worse than {large}"
            return "good", "Good enough", f"{small} is {worse}: good enough at {agreed}."
        case "inferior":
            worse = f"at least {points(-upper)} of win probability worse than {large}"
            return "bad", "Not good enough", f"{small} is {worse}: not good enough at {agreed}."
    worse = f"may be up to {points(-lower, up=True)} of win probability worse than {large}, more than {agreed}"
    return "open", "Not decided yet", f"{small} {worse}, or within it. {_more(result, votes)}"


def _more(result: Mapping[str, Any], votes: int) -> str:
    if result["votes_needed"] is None:
        return "The difference seems to lie on the margin itself, where no number of votes decides."
    more = max(0, result["votes_needed"] - votes)
    if not more:
        return "A few more votes should decide it."
    return (
        f"About {format_count(_rounded(more))} more votes should decide it (4 chances in 5), if the difference is what "
        "it seems now and documents and annotators grow in proportion."
    )


def _between(lower: float, upper: float) -> str:
    if lower >= 0:
        return f"{points(lower)} to {points(upper)} of win probability better"
    if upper <= 0:
        return f"{points(-upper)} to {points(-lower)} of win probability worse"
    return f"between {points(-lower)} of win probability worse and {points(upper)} better"


def points(share: float, *, up: bool = False) -> str:
    """Write a share in points: 0.04 is 4 points. up: Round up, for "at most"."""
    tenths = round(1000 * share, 6)
    value = (math.ceil(tenths) if up else math.floor(tenths + 0.5)) / 10
    return f"{value:g} {'point' if value == 1 else 'points'}"


def _cases(difference: float) -> str:
    """Return how many of 100 comparisons, rounded down, for "at least"."""
    return f"{math.floor(100 * (0.5 + difference) + 1e-9):d}"


def _rounded(votes: int) -> int:
    """Round up to two digits: a forecast has no more."""
    step = 10 ** max(0, len(str(votes)) - 2)
    return math.ceil(votes / step) * step


def _facts(result: Mapping[str, Any], data: Mapping[str, Any]) -> list[tuple[str, str]]:
    number, needed = format_fraction, result["votes_needed"]
    interval = UNDEFINED if result["lower"] is None else f"{number(result['lower'])} to {number(result['upper'])}"
    return [
        ("Difference", f"{number(result['difference'])} (chance that the small system is preferred, minus 1/2)"),
        ("95 % interval", interval + (f" ({result['reason']})" if result["reason"] else "")),
        ("Standard error", number(result["error"], 4)),
        ("Margin", "none" if result["margin"] is None else number(result["margin"])),
        ("p (one-sided)", f"{number(result['p'], 4)} for: worse by the margin or more; level 0.025"),
        ("Votes", f"{format_count(data['votes'])} in the study"),
        ("Votes to decide", UNDEFINED if needed is None else f"{format_count(needed)} in all, at power 0.8"),
        (
            "Method",
            "Bradley–Terry on all votes, ties and both bad half; percentile interval of a two-way cluster bootstrap "
            "over documents and annotators, expanded where these are few, "
            f"{format_count(data['resamples'])} resamples, seed {data['seed']}",
        ),
    ]
