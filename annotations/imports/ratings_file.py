"""Reads votes given elsewhere from JSON Lines with the fields of an export: all of them or none."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from annotations.models import JudgeType, Outcome, Side, Strength
from models_runner.importing.files import json_objects
from models_runner.importing.records import MAX_ID_LENGTH, DatasetImportError, Fields, RecordError

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
LONGEST_SECONDS = 2_000_000  # what a column of milliseconds holds
# Fields of an export that the study itself knows; they are ignored.
NOT_READ = ("comparison_id", "void_reason")
FIELDS = (
    *("id", "document_id", "query", "criterion", "model_a", "model_b", "winner", "judge", "judge_type"),
    *("shown_left", "strength", "lead_time", "active_time", "tstamp"),
    *("sampling_prob", "sampling_from", *NOT_READ),
)


@dataclass(frozen=True)
class GivenVote:
    """One line of the file; a field that the line does not have is "" or None.

    Attributes:
        where: The line, for messages.
        outcome: Seen from the line's own model_a, as shown_left is.
    """

    where: str
    id: UUID | None
    document: str
    query: str
    criterion: str
    model_a: str
    model_b: str
    outcome: Outcome
    judge: str
    judge_type: JudgeType
    shown_left: str
    strength: int | None
    lead_time_ms: int | None
    active_ms: int | None
    given_at: datetime | None
    probability: float | None
    drawn_from: int | None

    @property
    def key(self) -> tuple[object, ...]:
        """Identify the answer: a file has at most one for each key."""
        pair = frozenset((self.model_a, self.model_b))
        return (self.document, self.query, pair, self.judge, self.criterion)


def read_given_votes(path: Path) -> list[GivenVote]:
    """Read the votes of a .jsonl or .json file, or raise DatasetImportError, which names every line at fault."""
    votes: list[GivenVote] = []
    problems: list[str] = []
    first: dict[object, str] = {}
    try:
        for value, where in json_objects(path):
            try:
                vote = _vote(value, where)
            except RecordError as error:
                problems.append(str(error))
                continue
            for key in filter(None, (vote.key, vote.id)):
                if key in first:
                    what = "this id" if key == vote.id else "the same answer of the same judge"
                    problems.append(f"{where}: {what} is in {first[key]} already.")
                first.setdefault(key, where)
            votes.append(vote)
    except RecordError as error:
        problems.append(str(error))
    if not votes and not problems:
        problems = [f"{path.name}: there are no votes to import."]
    if problems:
        raise DatasetImportError(problems)
    return votes


def _vote(value: Any, where: str) -> GivenVote:
    if not isinstance(value, dict):
        raise RecordError(where, 'is no object; expected {"document_id": ..., "model_a": ..., "winner": ...}.')
    fields = Fields(value, where)
    fields.refuse_unknown(FIELDS)
    outcome = _one_of(fields, "winner", WINNERS)
    strength = _said(fields, "strength", STRENGTHS)
    if strength and outcome not in (Outcome.A, Outcome.B):
        raise fields.fail("strength", f"is {value['strength']!r}, but {value['winner']!r} means that neither side won.")
    (model_a, model_b), (probability, drawn_from) = _models(fields), _draw(fields)
    return GivenVote(
        where=where,
        id=_id(fields),
        document=fields.text("document_id", required=True, longest=MAX_ID_LENGTH),
        query=fields.text("query"),
        criterion=fields.text("criterion"),
        model_a=model_a,
        model_b=model_b,
        outcome=outcome,
        judge=fields.text("judge", required=True, longest=LONGEST_JUDGE).strip(),
        judge_type=_said(fields, "judge_type", JUDGE_TYPES) or JudgeType.HUMAN,
        shown_left=_said(fields, "shown_left", SIDES) or "",
        strength=strength,
        lead_time_ms=_ms(fields, "lead_time"),
        active_ms=_ms(fields, "active_time"),
        given_at=_time(fields),
        probability=probability,
        drawn_from=drawn_from,
    )


def _models(fields: Fields) -> tuple[str, str]:
    model_a, model_b = (fields.text(name, required=True, longest=100) for name in ("model_a", "model_b"))
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
        raise fields.fail(name, f"is {json.dumps(value)[:50]}; expected seconds, from 0 to {most:,.0f}.")
    return float(value)


def _draw(fields: Fields) -> tuple[float | None, int | None]:
    """Return how the pair was drawn: both figures or neither."""
    chance, drawn_from = fields.values.get("sampling_prob"), fields.values.get("sampling_from")
    if chance in (None, "") and drawn_from in (None, ""):
        return None, None
    if isinstance(chance, bool) or not isinstance(chance, int | float) or not 0 < chance <= 1:
        raise fields.fail("sampling_prob", f"is {json.dumps(chance)[:50]}; expected a number above 0, at most 1.")
    if isinstance(drawn_from, bool) or not isinstance(drawn_from, int) or not 1 <= drawn_from < LONGEST_SECONDS:
        raise fields.fail("sampling_from", f"is {json.dumps(drawn_from)[:50]}; expected how many it was drawn from.")
    return float(chance), drawn_from


def _ms(fields: Fields, name: str) -> int | None:
    seconds = _number(fields, name, LONGEST_SECONDS)
    return None if seconds is None else round(seconds * 1000)


def _time(fields: Fields) -> datetime | None:
    latest = datetime(3000, 1, 1, tzinfo=UTC).timestamp()
    seconds = _number(fields, "tstamp", latest)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
