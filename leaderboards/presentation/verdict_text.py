"""Say the comparison of a small and a large system: a sentence to decide by, numbers to check it."""

from collections.abc import Mapping
from typing import Any

from leaderboards.presentation.needed import say_size
from lib.numbers import UNDEFINED, format_count, format_fraction
from stats.uncertainty.differences import Told

SPACE = "\N{NO-BREAK SPACE}"
# Kinds of verdicts, which set the colour.
GOOD, BAD, OPEN, NONE = "good", "bad", "open", "none"
HEADINGS = {GOOD: "Good enough", BAD: "Not good enough", OPEN: "Not decided yet", NONE: "No verdict"}


def say_result(result: Mapping[str, Any], small: str, large: str, votes: int) -> tuple[str, str]:
    """Return the kind of a result and a sentence to decide by. small, large: The names of the systems."""
    if result["lower"] is None:
        return OPEN, f"It is not known how {small} compares with {large}: {result['reason']}."
    share, lower, upper = share_texts(result)
    said = f"{small} is preferred in {share} of comparisons with {large} (95\N{NO-BREAK SPACE}%: {lower} to {upper})"
    if result["margin"] is None:
        return NONE, f"{said}. The study has no margin, so nothing says how much less would be good enough."
    said = f"{said}; good enough means surely at least {percent(0.5 - result['margin'])}."
    match result["verdict"]:
        case "superior":
            return GOOD, f"{said} It is surely the better one."
        case "not inferior":
            return GOOD, said
        case "inferior":
            return BAD, f"{said} It surely falls short of that."
    return OPEN, f"{said} {_more(result, votes)}"


def share_texts(result: Mapping[str, Any]) -> tuple[str, str, str]:
    """Write the share that prefers the small system, and its bounds, in percent.

    With as many digits as it takes to be on the same side of the least share and of one half as the numbers are.
    """
    share, lower, upper = (0.5 + result[name] for name in ("difference", "lower", "upper"))
    least = 0.5 - (result["margin"] or 0)
    for digits in range(4):
        low, high = (round(100 * value, digits) for value in (lower, upper))
        mark = round(100 * least, 9)
        same = (low >= mark) == (lower > least) and (high < mark) == (upper < least) and (low > 50) == (lower > 0.5)
        if same:
            break
    return percent(share, digits), f"{100 * lower:.{digits}f}", percent(upper, digits)


def percent(share: float, digits: int | None = None) -> str:
    """Write a share in percent with so many digits, or with those that it has."""
    number = round(100 * share, 9)
    return (f"{number:g}" if digits is None else f"{number:.{digits}f}") + f"{SPACE}%"


def _more(result: Mapping[str, Any], votes: int) -> str:
    if result["votes_needed"] is None:
        return "The difference seems to lie on the margin itself, where no number of votes decides."
    more = max(0, result["votes_needed"] - votes)
    if not more:
        return "A few more votes should decide it."
    more_said = "It takes more votes to decide it with 4 chances in 5."  # a text of its own: translated one by one
    return f"{more_said} {say_size(result)}"


def _p_text(result: Mapping[str, Any]) -> str:
    if result["p"] is None and result.get("pairs", 1) > 1:
        return f"{UNDEFINED} (one of {result['pairs']:,} pairs)"
    return f"{format_fraction(result['p'], 4)} for: worse by the margin or more; level 0.025"


def _p_equivalence(result: Mapping[str, Any]) -> str:
    if result["p_equivalence"] is None and result.get("pairs", 1) > 1:
        return f"{UNDEFINED} (one of {result['pairs']:,} pairs)"
    return f"{format_fraction(result['p_equivalence'], 4)} for: better or worse by the margin or more; level 0.025"


def _equivalence(result: Mapping[str, Any]) -> str:
    """Say whether neither of the two is better by the margin or more."""
    if result["margin"] is None:
        return "no margin to ask about"
    if result["equivalent"] is None:
        return f"{UNDEFINED} ({result['reason']})"
    if result["equivalent"]:
        return "yes: as good as each other, within the margin"
    return "not shown: the interval reaches beyond the margin on one side or both"


def _differ(result: Mapping[str, Any]) -> str:
    """Say by the rule of the whole board whether the two differ."""
    match result["told"]:
        case Told.DIFFER:
            return "yes, by the rule for all pairs of the board at once"
        case Told.OPEN:
            return "not told apart, by the rule for all pairs of the board at once"
    return "too few to say"


def facts(result: Mapping[str, Any], data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List the numbers behind a result. data: Of compute_small_large."""
    number, needed = format_fraction, result["votes_needed"]
    interval = UNDEFINED if result["lower"] is None else f"{number(result['lower'])} to {number(result['upper'])}"
    return [
        ("Difference", f"{number(result['difference'])} (chance that the small system is preferred, minus 1/2)"),
        ("95 % interval", interval + (f" ({result['reason']})" if result["reason"] else "")),
        ("Standard error", number(result["error"], 4)),
        ("Margin", "none" if result["margin"] is None else number(result["margin"])),
        ("p (one-sided)", _p_text(result)),
        ("Equivalent", _equivalence(result)),
        ("p of equivalence", _p_equivalence(result)),
        ("Do the two differ?", _differ(result)),
        ("Votes", f"{format_count(data['votes'])} in the study"),
        ("Votes to decide", UNDEFINED if needed is None else say_size(result)),
        (
            "Method",
            "Bradley–Terry on all votes, ties and both bad half; interval with documents and annotators as random "
            "samples (two-way sandwich, t for few of either)",
        ),
    ]
