"""Claims: a language model cuts each sentence into claims, and says of each whether the transcript supports it.

What is no answer in the form that was asked for is no verdict, and a summary with one such sentence has no value.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from lib.json.strict import StrictJsonError, strict_json
from lib.language import normalise_language
from lib.markup.plain import words_only
from models_runner.metrics import descriptions, undefined_values
from models_runner.metrics.facts.claim_prompts import (
    LONGEST_CLAIM,
    MOST_CLAIMS,
    NOT_SUPPORTED,
    SUPPORTED,
    ModelQuestion,
    claims_question,
    verdict_question,
)
from models_runner.metrics.facts.finding import Passages
from models_runner.metrics.facts.support import NO_SENTENCE, NO_TRANSCRIPT
from models_runner.metrics.facts.texts import SummarySentence, summary_sentences
from models_runner.metrics.protocol import SENTENCE, MetricValue, ScoredSpan, ScoringRequest, names_of

Read = TypeVar("Read")

FENCED = re.compile(r"\s*```(?:json)?\s*\n(.*)\n\s*```\s*", re.DOTALL)
NO_CLAIM = "no sentence of the summary makes a claim"
MALFORMED = "the answer is not in the form that was asked for"
CUT = "the answer was cut off at the limit"
EMPTY = "the answer is empty"
PROBLEMS = {"length": CUT, "thinking": CUT, "empty": EMPTY}


@dataclass(frozen=True)
class ModelAnswer:
    """What a model wrote, and why it can be no answer; "" if it may be one."""

    text: str
    problem: str = ""


class NoVerdictError(ValueError):
    """An answer cannot be used; the message says why."""


@dataclass(frozen=True)
class CheckedSentence:
    """A sentence with what became of its claims.

    Attributes:
        supported, claims: How many of how many claims are supported.
        problem: Why there is no verdict on all of them; "" if there is.
    """

    sentence: SummarySentence
    supported: int = 0
    claims: int = 0
    problem: str = ""

    @property
    def value(self) -> float | None:
        return None if self.problem or not self.claims else self.supported / self.claims


class CheckedByModel(ABC):
    """From 0 to 1: the share of a summary's claims that a language model finds supported by the transcript.

    Source:
        After Min et al. (2023), FActScore, EMNLP, with passages of the transcript in place of an encyclopedia.
    """

    key = "claims"
    values = descriptions.CLAIMS

    @abstractmethod
    def signature(self, language: str) -> str: ...

    @abstractmethod
    def ask(self, questions: Sequence[ModelQuestion]) -> list[ModelAnswer]:
        """Return an answer to each question, in order.

        Raises whatever says nothing about a single answer, such as a server that is down: nothing is stored then.
        """

    def score(self, requests: Sequence[ScoringRequest]) -> list[list[MetricValue]]:
        read: dict[tuple[str, str], Passages] = {}
        rows = []
        for request in requests:
            key = (request.transcript, request.language)
            if key not in read:
                read[key] = Passages(*key)
            rows.append(self._score_one(request, read[key]))
        return rows

    def _score_one(self, request: ScoringRequest, passages: Passages) -> list[MetricValue]:
        sentences = summary_sentences(request.summary, request.language)
        if not passages or not sentences:
            return undefined_values(names_of(self.values), NO_SENTENCE if passages else NO_TRANSCRIPT)
        checked = self._check(request, sentences, passages)
        (name,) = names_of(self.values)
        return [_value_of(name, checked)]

    def _check(
        self, request: ScoringRequest, sentences: Sequence[SummarySentence], passages: Passages
    ) -> list[CheckedSentence]:
        language, summary = normalise_language(request.language), words_only(request.summary)
        answers = self.ask([claims_question(sentence.text, summary, language) for sentence in sentences])
        claims = [_or_problem(read_claims, answer) for answer in answers]
        asked = [(i, claim) for i, found in enumerate(claims) if not isinstance(found, str) for claim in found]
        verdicts: list[list[bool | str]] = [[] for _ in sentences]
        told = self.ask([verdict_question(claim, passages.best(claim), language) for _, claim in asked])
        for (i, _), answer in zip(asked, told, strict=True):
            verdicts[i].append(_or_problem(read_verdict, answer))
        return [_checked(*row) for row in zip(sentences, claims, verdicts, strict=True)]


def _checked(sentence: SummarySentence, claims: list[str] | str, verdicts: Sequence[bool | str]) -> CheckedSentence:
    problems = [claims] if isinstance(claims, str) else [verdict for verdict in verdicts if isinstance(verdict, str)]
    supported = sum(verdict is True for verdict in verdicts)
    return CheckedSentence(sentence, supported, len(verdicts), problems[0] if problems else "")


def _value_of(name: str, checked: Sequence[CheckedSentence]) -> MetricValue:
    spans = tuple(ScoredSpan(one.sentence.start, one.sentence.end, one.value, SENTENCE) for one in checked)
    problems = [one.problem for one in checked if one.problem]
    if problems:
        reason = f"{len(problems):,} of {len(checked):,} sentences without an answer that can be used: {problems[0]}"
        return MetricValue(name, None, reason, spans)
    claims = sum(one.claims for one in checked)
    if not claims:
        return MetricValue(name, None, NO_CLAIM, spans)
    return MetricValue(name, sum(one.supported for one in checked) / claims, "", spans)


# ---- answers


def _or_problem(read: Callable[[ModelAnswer], Read], answer: ModelAnswer) -> Read | str:
    try:
        return read(answer)
    except NoVerdictError as error:
        return str(error)


def read_claims(answer: ModelAnswer) -> list[str]:
    """Return the claims of an answer; may be none. Raises NoVerdictError."""
    claims = _field(answer, "claims")
    if not isinstance(claims, list) or len(claims) > MOST_CLAIMS:
        raise NoVerdictError(MALFORMED)
    if not all(isinstance(claim, str) and claim.strip() and len(claim) <= LONGEST_CLAIM for claim in claims):
        raise NoVerdictError(MALFORMED)
    return [claim.strip() for claim in claims]


def read_verdict(answer: ModelAnswer) -> bool:
    """Return whether the answer says supported. Raises NoVerdictError unless it says one of the two."""
    verdict = _field(answer, "verdict")
    if verdict not in (SUPPORTED, NOT_SUPPORTED):
        raise NoVerdictError(MALFORMED)
    return bool(verdict == SUPPORTED)


def _field(answer: ModelAnswer, field: str) -> object:
    """Return the one field of an answer that is one JSON object, in a fence or not. Raises NoVerdictError."""
    if answer.problem:
        raise NoVerdictError(answer.problem)
    fenced = FENCED.fullmatch(answer.text)
    try:
        value = strict_json(fenced[1] if fenced else answer.text)
    except StrictJsonError as error:
        raise NoVerdictError(MALFORMED) from error
    if not isinstance(value, dict) or set(value) != {field}:
        raise NoVerdictError(MALFORMED)
    return value[field]
