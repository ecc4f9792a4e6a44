"""Reads votes given elsewhere from files such as exports write, one after the other."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from math import modf
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from annotations.imports.problems import Problems
from annotations.imports.vote_formats import ANSWERS, as_vote
from annotations.models import JudgeType, Outcome, Side, Strength
from lib.names import normal_form
from models_runner.importing.records import MAX_ID_LENGTH, Fields, RecordError, shown
from models_runner.importing.tables import table_rows

Value = TypeVar("Value")

# Outcomes by the name that files give them; LMArena's older files write "tie (bothbad)".
WINNERS = {
    "model_a": Outcome.A,
    "model_b": Outcome.B,
    "tie": Outcome.TIE,
    "both_bad": Outcome.BOTH_BAD,
    "tie (bothbad)": Outcome.BOTH_BAD,
}
JUDGE_TYPES = {kind.value: kind for kind in JudgeType}
SIDES = {side.value: side.value for side in Side}
STRENGTHS = {strength.label: strength.value for strength in Strength}
LONGEST_JUDGE = 50
# Votes may weigh by 1 / chance: one that was drawn more rarely than this would outweigh all others, or be infinite.
LEAST_CHANCE = 1e-9
LONGEST_SECONDS = 2_000_000  # what a column of milliseconds holds
LATEST = datetime(3000, 1, 1, tzinfo=UTC).timestamp()
# Of the values of void_reason these are read: a judge who is new here is excluded, and a repeated pair is passed over.
EXCLUDED = "annotator_excluded"
REPEATED = "repeated_pair"
# A field of an export that the study itself knows; it is ignored.
NOT_READ = ("comparison_id",)
FIELDS = (
    *("id", "document_id", "query", "query_number", "criterion", "model_a", "model_b", "winner", "judge", "judge_type"),
    *("shown_left", "strength", "lead_time", "active_time", "tstamp"),
    *("sampling_prob", "sampling_from", "void_reason", *NOT_READ),
)


class GivenVote(NamedTuple):
    """One line of the file; a field that the line does not have is "" or None.

    Attributes:
        row: Its number in the file, from 0.
        where: The line, for messages.
        query_number: Which of the document's queries, from 1.
        answers: The two texts, of a line that names no document.
        excluded: The judge's votes do not count where the line comes from.
        outcome: Seen from the line's own model_a, as shown_left is.
        given_us: When it was given, in microseconds since 1970.
    """

    row: int
    where: str
    id: UUID | None
    document: str
    query: str
    query_number: int | None
    answers: tuple[str, str] | None
    criterion: str
    model_a: str
    model_b: str
    outcome: Outcome
    judge: str
    judge_type: JudgeType
    excluded: bool
    shown_left: str
    strength: int | None
    lead_time_ms: int | None
    active_ms: int | None
    given_us: int | None
    probability: float | None
    drawn_from: int | None


def given_votes(path: Path, problems: Problems) -> Iterator[GivenVote]:
    """Yield the votes of a file in turn; a line that is none is added to the problems, and so is a file without any.

    path: JSON Lines, a JSON list, CSV or Parquet, or the folder of a release.
    """
    from_table = path.suffix.lower() in (".csv", ".tsv")
    row = -1
    try:
        for row, (value, where) in enumerate(table_rows(path, FIELDS, "votes")):
            if isinstance(value, dict) and value.get("void_reason") == REPEATED:
                continue
            try:
                vote = _vote(value, row, where, from_table=from_table)
            except RecordError as error:
                problems.add(row, error.__str__)
            else:
                yield vote
    except RecordError as error:
        problems.add(row + 1, error.__str__)
    else:
        if row < 0:
            problems.add(0, lambda: f"{path.name}: there are no votes to import.")


def where_rows_are(path: Path, rows: Sequence[int]) -> dict[int, str]:
    """Return the places of some rows for messages, by reading the file again as far as the last of them."""
    wanted, last = set(rows), max(rows)
    lines = {}
    for row, (_, where) in enumerate(table_rows(path, FIELDS, "votes")):
        if row in wanted:
            lines[row] = where
        if row == last:
            break
    return lines


def _vote(value: Any, row: int, where: str, *, from_table: bool) -> GivenVote:
    if not isinstance(value, dict):
        raise RecordError(where, 'is no object; expected {"document_id": ..., "model_a": ..., "winner": ...}.')
    value = as_vote(value, where, from_table=from_table)
    answers = value.pop(ANSWERS, None)
    fields = Fields(value, where)
    fields.refuse_unknown(FIELDS)
    outcome = _one_of(fields, "winner", WINNERS)
    strength = _said(fields, "strength", STRENGTHS)
    if strength and outcome not in (Outcome.A, Outcome.B):
        raise fields.fail("strength", f"is {value['strength']!r}, but {value['winner']!r} means that neither side won.")
    (model_a, model_b), (probability, drawn_from) = _models(fields), _draw(fields)
    return GivenVote(
        row=row,
        where=where,
        id=_id(fields),
        document=fields.text("document_id", required=answers is None, longest=MAX_ID_LENGTH),
        query=fields.text("query"),
        query_number=fields.whole("query_number"),
        answers=answers,
        criterion=normal_form(fields.text("criterion")),
        model_a=model_a,
        model_b=model_b,
        outcome=outcome,
        judge=fields.text("judge", required=True, longest=LONGEST_JUDGE).strip(),
        judge_type=_said(fields, "judge_type", JUDGE_TYPES) or JudgeType.HUMAN,
        excluded=value.get("void_reason") == EXCLUDED,
        shown_left=_said(fields, "shown_left", SIDES) or "",
        strength=strength,
        lead_time_ms=_ms(fields, "lead_time"),
        active_ms=_ms(fields, "active_time"),
        given_us=_time(fields),
        probability=probability,
        drawn_from=drawn_from,
    )


def _models(fields: Fields) -> tuple[str, str]:
    model_a, model_b = (normal_form(fields.text(name, required=True, longest=100)) for name in ("model_a", "model_b"))
    if model_a == model_b:
        raise fields.fail("model_b", f"is {model_b!r}, as model_a is; expected another system.")
    return model_a, model_b


def _said(fields: Fields, name: str, choices: Mapping[str, Value]) -> Value | None:
    return _one_of(fields, name, choices) if fields.values.get(name) not in (None, "") else None


def _one_of(fields: Fields, name: str, choices: Mapping[str, Value]) -> Value:
    value = fields.text(name, required=True)
    if value not in choices:
        raise fields.fail(name, f"is {value!r}; expected one of: {', '.join(choices)}.")
    return choices[value]


def _id(fields: Fields) -> UUID | None:
    text = fields.text("id")
    try:
        return UUID(text) if text else None
    except ValueError:
        raise fields.fail("id", f"is {text!r}; expected a UUID, as in an export, or no id at all.") from None


def _number(fields: Fields, name: str, most: float) -> float | None:
    value = fields.values.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise fields.fail(name, f"is {shown(value)}; expected seconds, from 0 to {most:,.0f}.")
    return float(value)


def _draw(fields: Fields) -> tuple[float | None, int | None]:
    """Return how the pair was drawn: both figures or neither."""
    chance, drawn_from = fields.values.get("sampling_prob"), fields.values.get("sampling_from")
    if chance in (None, "") and drawn_from in (None, ""):
        return None, None
    if isinstance(chance, bool) or not isinstance(chance, int | float) or not LEAST_CHANCE <= chance <= 1:
        raise fields.fail("sampling_prob", f"is {shown(chance)}; expected a number from {LEAST_CHANCE:g} to 1.")
    if isinstance(drawn_from, bool) or not isinstance(drawn_from, int) or not 1 <= drawn_from < LONGEST_SECONDS:
        raise fields.fail("sampling_from", f"is {shown(drawn_from)}; expected how many it was drawn from.")
    return float(chance), drawn_from


def _ms(fields: Fields, name: str) -> int | None:
    seconds = _number(fields, name, LONGEST_SECONDS)
    return None if seconds is None else round(seconds * 1000)


def _time(fields: Fields) -> int | None:
    """Return the time in microseconds, rounded as datetime.fromtimestamp does."""
    seconds = _number(fields, "tstamp", LATEST)
    if seconds is None:
        return None
    part, whole = modf(seconds)
    return int(whole) * 1_000_000 + round(part * 1_000_000)
