"""Put a question to a judge into words: the transcript first, so that the questions about one document begin alike."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from judges.prompts.wording import WORDINGS, Wording
from models_runner.adapters.protocol import Prompt

LONGEST_REASON = 1_000
OPEN, CLOSE = "<<<", ">>>"


@dataclass(frozen=True)
class Form:
    """How a judge is to answer.

    Attributes:
        language: en or zh.
        reasoning: A reason comes before the verdict.
        letters: The letters to choose from, of pairs; A and B, and those of tie and both bad where they may be chosen.
        scale: The ends of the scale, of scores; None of pairs.
        limit: The most tokens of the answer.
    """

    language: str
    reasoning: bool
    letters: tuple[str, ...] = ()
    scale: tuple[float, float] | None = None
    limit: int = 512

    @property
    def wording(self) -> Wording:
        return WORDINGS[self.language]

    @property
    def schema(self) -> str:
        """The JSON schema of an answer, as text."""
        reason = {"reason": {"type": "string", "minLength": 1, "maxLength": LONGEST_REASON}} if self.reasoning else {}
        properties = reason | self._verdict_schema()
        return json.dumps(
            {
                "type": "object",
                "properties": properties,
                "required": list(properties),
                "additionalProperties": False,
            }
        )

    def _verdict_schema(self) -> dict[str, object]:
        if self.scale is None:
            return {"verdict": {"type": "string", "enum": list(self.letters)}}
        low, high = self.scale
        if low.is_integer() and high.is_integer():
            return {"score": {"type": "integer", "minimum": int(low), "maximum": int(high)}}
        return {"score": {"type": "number", "minimum": low, "maximum": high}}


@dataclass(frozen=True)
class Question:
    """What is asked about one summary, or about two in the order in which they are shown.

    Attributes:
        texts: The summary, or both, names of models taken out.
        rubric: What to look at.
        query: What the summaries answer; "" for summaries of the whole meeting.
        references: Summaries that people wrote; none where the judge is not to see them.
        evidence: Of each text, turns of the transcript; None where the judge is not to see them.
    """

    texts: Sequence[str]
    rubric: str
    query: str = ""
    references: Sequence[str] = ()
    evidence: Sequence[Sequence[str]] | None = None


def prompt_of(question: Question, form: Form, transcript: str, *, seed: int | None, chances: bool = True) -> Prompt:
    """Return the prompt of a question about this much of a transcript."""
    words = form.wording
    pieces: list[tuple[str, bool]] = [(transcript, True)]

    def say(text: str) -> None:
        pieces.append((f"\n\n{text}", False))

    def quote(text: str) -> None:
        pieces.extend([(f"\n{OPEN}\n", False), (text, True), (f"\n{CLOSE}", False)])

    say(words.pair if len(question.texts) == 2 else words.single)
    if question.query:
        pieces.append((f"\n{words.of_query.format(query=question.query)}", True))
    for reference in question.references:
        say(words.reference)
        quote(reference)
    for number, text in enumerate(question.texts):
        say(words.label.format(letter="AB"[number]) if len(question.texts) == 2 else words.summary)
        quote(text)
        if question.evidence is not None:
            say(words.evidence)
            quote("\n".join(question.evidence[number]) or words.no_evidence)
    say(words.criterion)
    pieces.append((f"\n{question.rubric}", True))
    say(_request(form))
    say(words.answer.format(form=_answer_form(form)))
    plain, text = [], ""
    for piece, is_plain in pieces:
        if is_plain and piece:
            plain.append((len(text), len(text) + len(piece)))
        text += piece
    return Prompt(text, form.limit, tuple(plain), system=words.system, seed=seed, schema=form.schema, chances=chances)


def _request(form: Form) -> str:
    words = form.wording
    if form.scale is not None:
        return words.ask_score.format(low=f"{form.scale[0]:g}", high=f"{form.scale[1]:g}")
    meanings = {"C": words.tie, "D": words.both_bad}
    others = "".join(meanings[letter].format(letter=letter) for letter in form.letters if letter in meanings)
    return words.ask_pair.format(others=others)


def _answer_form(form: Form) -> str:
    words = form.wording
    reason = f'"reason": "<{words.reason}>", ' if form.reasoning else ""
    if form.scale is not None:
        return f'{{{reason}"score": <{form.scale[0]:g}-{form.scale[1]:g}>}}'
    letters = words.letters_or.join(form.letters)
    return f'{{{reason}"verdict": "<{letters}>"}}'
