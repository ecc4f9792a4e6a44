"""Read a judge's answer: the last well-formed verdict in it, or none. Nothing is guessed from words."""

import json
import math
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

LONGEST_REASON = 4_000
# An endless answer is read no longer than this many braces that open nothing, and no line longer than a verdict is.
MOST_STRAY_BRACES, LONGEST_LINE = 1_000, 200
# A line that is nothing but a verdict, such as "Verdict: A", "**B**" or "[[A]]".
WHOLE_LINE = re.compile(
    r"^[\s\W_]*(?:(?:final\s+)?(?:verdict|answer|score|判断|结论|答案|评分|分数)\s*(?:is)?\s*[:：]\s*)?"
    r"[\s\[\(*\"'“]*(?P<said>[A-D]|-?\d+(?:\.\d+)?)[\s\]\)*\"'”.。]*$",
    re.IGNORECASE,
)
CUT = "The answer was cut off at the limit of {limit} tokens."
THINKING = "The limit of tokens was spent on thinking."
EMPTY = "The judge answered nothing."
NOT_ONE = "The answer holds no verdict in a form that was asked for."
OUTSIDE = "The score {score:g} lies outside the scale from {low:g} to {high:g}."


@dataclass(frozen=True)
class ReadAnswer:
    """What an answer says.

    Attributes:
        letter: The letter chosen; "" where there is no verdict, and of scores.
        score: The score; None where there is no verdict, and of pairs.
        reason: The reason that the judge gives; "" if it gives none.
        problem: Why there is no verdict; "" if there is one.
        position: Where in the answer the letter or the number begins; -1 where there is no verdict.
    """

    letter: str = ""
    score: float | None = None
    reason: str = ""
    problem: str = ""
    position: int = -1


def read_choice(text: str, letters: Sequence[str], *, stop_reason: str, limit: int = 0) -> ReadAnswer:
    """Read the answer to a question about two summaries.

    Args:
        text: The answer, thoughts apart.
        letters: The letters that may be chosen.
        stop_reason: "end", "length", "thinking" or "empty", as of an engine's answer.
        limit: The most tokens that it could have, for the message.
    """
    if problem := _unfinished(text, stop_reason, limit):
        return ReadAnswer(problem=problem)
    found = [said for said in _said(text, "verdict") if str(said.value).strip().upper() in letters]
    if not found:
        return ReadAnswer(problem=NOT_ONE)
    last = found[-1]
    return ReadAnswer(letter=str(last.value).strip().upper(), reason=last.reason, position=last.position)


def read_score(text: str, scale: tuple[float, float], *, stop_reason: str, limit: int = 0) -> ReadAnswer:
    """Read the answer to a question about one summary; scale: the lowest and the highest score."""
    if problem := _unfinished(text, stop_reason, limit):
        return ReadAnswer(problem=problem)
    found = [(score, said) for said in _said(text, "score") if (score := _number(said.value)) is not None]
    if not found:
        return ReadAnswer(problem=NOT_ONE)
    score, last = found[-1]
    low, high = scale
    if not low <= score <= high:
        return ReadAnswer(reason=last.reason, problem=OUTSIDE.format(score=score, low=low, high=high))
    return ReadAnswer(score=score, reason=last.reason, position=last.position)


def _unfinished(text: str, stop_reason: str, limit: int) -> str:
    if stop_reason == "length":
        return CUT.format(limit=limit)
    if stop_reason == "thinking":
        return THINKING
    return "" if text.strip() else EMPTY


@dataclass(frozen=True)
class _Said:
    value: Any
    reason: str
    position: int


def _said(text: str, field: str) -> list[_Said]:
    """Return what an answer says in a form that was asked for, in the order of the text."""
    objects = list(_objects(text))
    said = [
        _Said(value[field], _reason(value), begin + _place_of_value(text[begin:end], field))
        for value, begin, end in objects
        if field in value
    ]
    inside = deque((begin, end) for _, begin, end in objects)
    begin, lead = 0, len(text) - len(text.lstrip())
    for line in text.splitlines(keepends=True):
        while inside and inside[0][1] <= begin:
            inside.popleft()
        outside = not inside or inside[0][0] >= begin + len(line)
        match = WHOLE_LINE.match(line.rstrip("\r\n")) if outside and len(line) <= LONGEST_LINE else None
        if match:
            reason = text[lead : min(begin, lead + LONGEST_REASON)].strip()
            said.append(_Said(match["said"], reason, begin + match.start("said")))
        begin += len(line)
    return sorted(said, key=lambda one: one.position)


def _objects(text: str) -> Iterator[tuple[dict[str, Any], int, int]]:
    """Yield the JSON objects that stand in a text by themselves, each with its begin and end."""
    decoder, at, stray = json.JSONDecoder(), text.find("{"), 0
    while at >= 0 and stray < MOST_STRAY_BRACES:
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end, stray = at + 1, stray + 1
        else:
            if isinstance(value, dict):
                yield value, at, end
        at = text.find("{", end)


def _place_of_value(written: str, field: str) -> int:
    """Return where the last value of a field begins in an object as it is written."""
    places = [match.end() for match in re.finditer(rf'"{field}"\s*:\s*"?\s*', written)]
    return places[-1] if places else 0


def _reason(value: dict[str, Any]) -> str:
    reason = value.get("reason")
    return reason.strip()[:LONGEST_REASON] if isinstance(reason, str) else ""


def _number(value: object) -> float | None:
    if isinstance(value, str) and re.fullmatch(r"\s*-?\d+(\.\d+)?\s*", value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
