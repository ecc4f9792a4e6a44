"""Write votes in the formats of arenas."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC

from annotations.models import Outcome
from leaderboards.exports.rows import WINNERS, ExportVote, Row, as_row
from leaderboards.exports.texts import Texts

EVALICA_FIELDS = ("left", "right", "winner")
# Evalica has no both_bad: like a tie, neither side won.
EVALICA_WINNERS = {
    Outcome.A.value: "left",
    Outcome.B.value: "right",
    Outcome.TIE.value: "tie",
    Outcome.BOTH_BAD.value: "tie",
}


def arena_rows(votes: Iterator[ExportVote], texts: Texts, study: str, flagged: frozenset[int]) -> Iterator[Row]:
    """Yield rows with those fields of arena-human-preference-140k that apply here, and all that other formats have."""
    order: Counter[str] = Counter()
    for vote in texts.follow(votes):
        order[vote.judge] += 1
        prompt, a, b = texts.prompt(vote), texts.summary(vote.summary_a), texts.summary(vote.summary_b)
        yield as_row(vote, flagged) | {
            "id": str(vote.id),
            "model_a": vote.model_a,
            "model_b": vote.model_b,
            "winner": WINNERS[vote.outcome],
            "evaluation_session_id": f"{study}/{vote.judge}",
            "evaluation_order": order[vote.judge],
            "conversation_a": _conversation(prompt, a.text),
            "conversation_b": _conversation(prompt, b.text),
            "conv_metadata": {"sum_assistant_a_tokens": a.output_tokens, "sum_assistant_b_tokens": b.output_tokens},
            "language": texts.meeting(vote).language,
            "is_code": False,
            "timestamp": vote.at.astimezone(UTC).isoformat(),
        }


def _conversation(prompt: str, answer: str) -> list[Row]:
    return [_message("user", prompt), _message("assistant", answer)]


def _message(role: str, text: str) -> Row:
    return {"role": role, "content": [{"type": "text", "text": text, "image": None, "mimeType": None}]}


def evalica_rows(votes: Iterator[ExportVote]) -> Iterator[Row]:
    """Yield rows for Evalica. left is model_a, whichever side it was shown on."""
    for vote in votes:
        yield {"left": vote.model_a, "right": vote.model_b, "winner": EVALICA_WINNERS[vote.outcome]}
