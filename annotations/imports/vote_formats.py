"""Turn a row of any vote file that an export writes into the fields of its first format, a row a vote."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from lib.csv_cells import plain_cell
from models_runner.importing.records import RecordError

Row = dict[str, Any]

# What an arena's row has besides the fields of a vote: texts, which are stored here, and facts about them.
ARENA_ONLY = (
    *("evaluation_session_id", "evaluation_order", "conversation_a", "conversation_b", "full_conversation"),
    *("conv_metadata", "language", "is_code", "category_tag"),
)
# Texts of an arena's row, by which its comparison is found where the row does not name a document.
ANSWERS = "answers"
NUMBERS = ("sampling_from",)
DECIMALS = ("sampling_prob", "lead_time", "active_time", "tstamp")
OPENAI = ("info", "summaries", "choice", "worker", "batch", "split", "extra")
TRAINING = (
    frozenset({"prompt", "chosen", "rejected"}),
    frozenset({"prompt", "completion", "label"}),
    frozenset({"left", "right", "winner"}),
)


def as_vote(row: Mapping[str, Any], where: str, *, from_table: bool) -> Row:
    """Return the fields of a vote.

    Args:
        row: Of an export in any format but dpo, kto and evalica, which do not say who voted on what.
        where: The row's place, for messages.
        from_table: Every value is a text, as in CSV.
    Raises:
        RecordError: The row cannot be a vote.
    """
    if row.keys() in TRAINING:
        raise RecordError(
            where,
            f"has {', '.join(row)} alone, which does not say who voted on which summaries. "
            "Export the votes in another format, such as jsonl or arena.",
        )
    if "conversation_a" in row:
        return _of_arena(row, where)
    if "summaries" in row and "choice" in row:
        return _of_openai(row, where)
    return _with_numbers({name: plain_cell(cell) for name, cell in row.items()}) if from_table else dict(row)


def _of_arena(row: Mapping[str, Any], where: str) -> Row:
    vote = {name: value for name, value in row.items() if name not in (*ARENA_ONLY, "timestamp")}
    if vote.get("tstamp") is None and row.get("timestamp") is not None:
        vote["tstamp"] = _seconds(row["timestamp"], where)
    if not vote.get("document_id"):
        vote[ANSWERS] = tuple(_answer(row.get(f"conversation_{side}")) for side in "ab")
    return vote


def _seconds(timestamp: Any, where: str) -> float:
    """Return Unix seconds of an ISO time, or of a number of seconds."""
    if isinstance(timestamp, int | float) and not isinstance(timestamp, bool):
        return timestamp
    try:
        moment = datetime.fromisoformat(timestamp)
    except (TypeError, ValueError):
        message = f"is {str(timestamp)[:50]!r}; expected a time such as 2026-11-25T14:30:00+00:00."
        raise RecordError(f"{where}, field 'timestamp'", message) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _answer(conversation: Any) -> str:
    """Return the last text of the assistant in a conversation; "" if there is none."""
    messages = conversation if isinstance(conversation, list) else []
    for message in reversed(messages):
        if isinstance(message, dict) and message.get("role") == "assistant":
            return _message_text(message.get("content"))
    return ""


def _message_text(content: Any) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "".join(part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str))


def _of_openai(row: Mapping[str, Any], where: str) -> Row:
    """Read a comparison of OpenAI's summarize-from-feedback; `extra` has the fields for which it has no place."""
    if unknown := [name for name in row if name not in OPENAI]:
        raise RecordError(f"{where}, field {unknown[0]!r}", f"is not known. Expected only: {', '.join(OPENAI)}.")
    info, extra = _object(row, "info", where), _object(row, "extra", where)
    policies = [
        _object({"summary": summary}, "summary", where).get("policy") for summary in _list(row, "summaries", where)
    ]
    choice = row.get("choice")
    if len(policies) != 2 or isinstance(choice, bool) or choice not in (0, 1):
        raise RecordError(where, "is no comparison: expected two summaries and a choice of 0 or 1.")
    about = {"document_id": info.get("id"), "query": info.get("query"), "judge": row.get("worker")}
    return {
        **{name: value for name, value in extra.items() if name != "confidence"},
        **about,
        "model_a": policies[0],
        "model_b": policies[1],
        "winner": ("model_a", "model_b")[choice],
    }


def _object(row: Mapping[str, Any], name: str, where: str) -> Row:
    value = row.get(name)
    if value is not None and not isinstance(value, dict):
        raise RecordError(f"{where}, field {name!r}", "is no object.")
    return value or {}


def _list(row: Mapping[str, Any], name: str, where: str) -> list[Any]:
    value = row.get(name)
    if not isinstance(value, list):
        raise RecordError(f"{where}, field {name!r}", "is no list.")
    return value


def _with_numbers(row: Mapping[str, Any]) -> Row:
    """Return the row with cells that hold numbers as numbers; others stay, so that a message can show them."""
    readers: dict[str, Callable[[str], Any]] = dict.fromkeys(NUMBERS, _whole) | dict.fromkeys(DECIMALS, float)
    read = dict(row)
    for name, reader in readers.items():
        try:
            read[name] = reader(row[name])
        except (KeyError, TypeError, ValueError, OverflowError):
            continue
    return read


def _whole(cell: str) -> int:
    """Return a whole number, also of 6.0, as a table has it where other rows of the column have none."""
    number = float(cell)
    if not number.is_integer():
        raise ValueError(cell)
    return int(number)
