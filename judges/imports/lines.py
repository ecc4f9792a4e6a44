"""Read verdicts that were given elsewhere, one line after the other."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotations.imports.problems import Problems
from judges.models import Answer
from lib.names import normal_form
from models_runner.importing.files import json_objects
from models_runner.importing.records import MAX_ID_LENGTH, Fields, RecordError, shown

WINNERS = {
    "model_a": Answer.A,
    "model_b": Answer.B,
    "tie": Answer.TIE,
    "both_bad": Answer.BOTH_BAD,
    "tie (bothbad)": Answer.BOTH_BAD,
    "none": Answer.NONE,
}
OTHER = {"a": "b", "b": "a"}
ABOUT = ("document_id", "query", "query_number", "criterion", "judge", "sample", "reason")
OF_PAIRS = (*ABOUT, "model_a", "model_b", "shown_first", "winner", "p_a", "p_b", "p_tie")
OF_SCORES = (*ABOUT, "system", "score", "scale_min", "scale_max")
LONGEST_JUDGE, LONGEST_SLUG, LONGEST_REASON = 100, 100, 20_000
MOST_SAMPLES = 1_000_000
ROUNDING = 1e-6
NOT_GIVEN = "There was no verdict where it comes from."


@dataclass(frozen=True)
class GivenLine:
    """A line of the file; models are those of the line, in its own order.

    Attributes:
        row: Its number in the file, from 0.
        where: The line, for messages.
        models: Two of a verdict on a pair, one of a score.
        values: Columns of a verdict; those of a pair are about the line's own a and b.
    """

    row: int
    where: str
    document: str
    query: str
    query_number: int | None
    criterion: str
    judge: str
    sample: int
    models: tuple[str, ...]
    values: dict[str, Any]


def given_lines(path: Path, problems: Problems) -> Iterator[GivenLine]:
    """Yield the lines of a file in turn; one that is no verdict is added to the problems, and so is an empty file.

    path: JSON Lines, or a JSON list.
    """
    row = -1
    try:
        for row, (value, where) in enumerate(json_objects(path)):
            try:
                line = _line(value, row, where)
            except RecordError as error:
                problems.add(row, error.__str__)
            else:
                yield line
    except RecordError as error:
        problems.add(row + 1, error.__str__)
    else:
        if row < 0:
            problems.add(0, lambda: f"{path.name}: there are no verdicts to import.")


def _line(value: Any, row: int, where: str) -> GivenLine:
    if not isinstance(value, dict):
        raise RecordError(where, 'is no object; expected {"document_id": ..., "judge": ..., "winner": ...}.')
    fields = Fields(value, where)
    is_score = "score" in value or "system" in value
    fields.refuse_unknown(OF_SCORES if is_score else OF_PAIRS)
    models, values = _score(fields) if is_score else _pair(fields)
    return GivenLine(
        row=row,
        where=where,
        document=fields.text("document_id", required=True, longest=MAX_ID_LENGTH),
        query=fields.text("query"),
        query_number=fields.whole("query_number"),
        criterion=normal_form(fields.text("criterion", longest=50)),
        judge=normal_form(fields.text("judge", required=True, longest=LONGEST_JUDGE)),
        sample=_sample(fields),
        models=models,
        values=values | {"reason": fields.text("reason", longest=LONGEST_REASON)},
    )


def _pair(fields: Fields) -> tuple[tuple[str, ...], dict[str, Any]]:
    model_a, model_b = (_model(fields, name) for name in ("model_a", "model_b"))
    if model_a == model_b:
        raise fields.fail("model_b", f"is {model_b!r}, as model_a is; expected another system.")
    winner = fields.text("winner", required=True)
    if winner not in WINNERS:
        raise fields.fail("winner", f"is {winner!r}; expected one of: {', '.join(WINNERS)}.")
    first = fields.text("shown_first", required=True)
    if first not in OTHER:
        raise fields.fail("shown_first", f"is {first!r}; expected a or b, of which the judge saw the summary first.")
    answer = WINNERS[winner]
    return (model_a, model_b), {
        "answer": answer,
        "problem": NOT_GIVEN if answer == Answer.NONE else "",
        "shown_first": first,
        **_chances(fields),
    }


def _chances(fields: Fields) -> dict[str, float | None]:
    chances = {name: _number(fields, name, 0, 1) for name in ("p_a", "p_b", "p_tie")}
    if sum(chance or 0 for chance in chances.values()) > 1 + ROUNDING:
        raise fields.fail("p_a", "and the other chances add up to more than 1.")
    if (chances["p_a"] is None) != (chances["p_b"] is None):
        lacking = "p_a" if chances["p_a"] is None else "p_b"
        raise fields.fail(lacking, "is missing; expected the chances of both, or of neither.")
    return chances


def _score(fields: Fields) -> tuple[tuple[str, ...], dict[str, Any]]:
    system = _model(fields, "system")
    low, high = (_needed(fields, name, -1e9, 1e9) for name in ("scale_min", "scale_max"))
    if low >= high:
        raise fields.fail("scale_max", f"is {high:g}; expected more than scale_min, {low:g}.")
    score = _needed(fields, "score", low, high)
    return (system,), {"answer": Answer.SCORED, "score": score, "scale_min": low, "scale_max": high}


def _model(fields: Fields, name: str) -> str:
    return normal_form(fields.text(name, required=True, longest=LONGEST_SLUG))


def _sample(fields: Fields) -> int:
    value = fields.values.get("sample")
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < MOST_SAMPLES:
        raise fields.fail("sample", f"is {shown(value)}; expected a whole number, 0 or more.")
    return value


def _needed(fields: Fields, name: str, low: float, high: float) -> float:
    value = _number(fields, name, low, high)
    if value is None:
        raise fields.fail(name, "is missing; expected a number.")
    return value


def _number(fields: Fields, name: str, low: float, high: float) -> float | None:
    value = fields.values.get(name)
    if value is None:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or not low <= value <= high:
        raise fields.fail(name, f"is {shown(value)}; expected a number from {low:g} to {high:g}.")
    return float(value)
