"""Questions of a study's owner about the people who rate, before and after rating: reading and storing them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from annotations.models import AuditEntry, PersonalQuestion, Study
from annotations.studies import audit

Kind, Moment = PersonalQuestion.Kind, PersonalQuestion.Moment
MOST_QUESTIONS = 20  # at one moment: short is what people finish
LONGEST_QUESTION = 500
MOST_CHOICES = 20
LONGEST_CHOICE = 200
RANGE = re.compile(r"(\d{1,2})\s*[-–]\s*(\d{1,2})")
MOST_POINTS = 11


class QuestionError(ValueError):
    """A line makes no question; the message says which and what was expected."""


@dataclass(frozen=True)
class QuestionLine:
    """A question as its owner writes it.

    Attributes:
        options: Of a choice: the answers. Of a scale: first and last number, and what they mean ("" where not said).
    """

    kind: str
    text: str
    options: list[str] = field(default_factory=list)


def parse_questions(text: str) -> list[QuestionLine]:
    """Read questions, one a line: text | question, choice | question | a; b; c, scale | question | 1-5; low; high.

    Raises:
        QuestionError: A line is none of these, or there are too many.
    """
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1)]
    questions = [_question(number, line) for number, line in lines if line]
    if len(questions) > MOST_QUESTIONS:
        raise QuestionError(f"{len(questions):,} questions are given; at most {MOST_QUESTIONS}.")
    if len({(question.kind, question.text) for question in questions}) < len(questions):
        raise QuestionError("A question is there twice. Ask each once.")
    return questions


def _question(number: int, line: str) -> QuestionLine:
    kind, text, options, *more = [part.strip() for part in (*line.split("|"), "", "")]
    if any(more) or kind not in Kind.values or not text:
        raise QuestionError(
            f"Line {number}: expected “text | question”, “choice | question | a; b; c” or "
            f"“scale | question | 1-5; low; high”, found {line[:80]!r}."
        )
    if len(text) > LONGEST_QUESTION:
        raise QuestionError(f"Line {number}: the question has {len(text)} characters; at most {LONGEST_QUESTION}.")
    given = [option.strip() for option in re.split("[;；]", options) if option.strip()]
    return QuestionLine(kind, text, _options(number, kind, given))


def _options(number: int, kind: str, given: list[str]) -> list[str]:
    if kind == Kind.TEXT:
        if given:
            raise QuestionError(f"Line {number}: a question for words has no answers to choose from.")
        return []
    if kind == Kind.SCALE:
        return _scale(number, given)
    if not 2 <= len(set(given)) == len(given) <= MOST_CHOICES or max(map(len, given)) > LONGEST_CHOICE:
        raise QuestionError(
            f"Line {number}: expected 2 to {MOST_CHOICES} different answers with semicolons between, each of at most "
            f"{LONGEST_CHOICE} characters."
        )
    return given


def _scale(number: int, given: list[str]) -> list[str]:
    bounds = RANGE.fullmatch(given[0]) if given else None
    low, high = map(int, bounds.groups()) if bounds else (0, 0)
    if not 1 <= high - low < MOST_POINTS or len(given) > 3:
        raise QuestionError(
            f"Line {number}: expected a scale such as 1-5; not at all; very much, of at most {MOST_POINTS} numbers."
        )
    return [str(low), str(high), *given[1:], *[""] * (3 - len(given))]


def as_line(question: PersonalQuestion) -> str:
    """Write a question as parse_questions reads it."""
    options = list(question.options)
    if question.kind == Kind.SCALE:
        options = [f"{options[0]}-{options[1]}", *options[2:]]
    return " | ".join(filter(None, [question.kind, question.text, "; ".join(filter(None, options))]))


def asked(study: Study, moment: str) -> list[PersonalQuestion]:
    return list(study.personal_questions.filter(moment=moment, retired_at=None).order_by("position", "pk"))


@transaction.atomic
def set_questions(study: Study, moment: str, lines: Iterable[QuestionLine], by: User | None) -> bool:
    """Ask these questions from now on, and return whether that is a change.

    A question that stays keeps its answers; one that is gone is no longer asked, and its answers stay.
    """
    Study.objects.select_for_update().get(pk=study.pk)
    before, lines = asked(study, moment), list(lines)
    if [_line(question) for question in before] == lines:
        return False
    for question in before:
        if _line(question) not in lines:
            PersonalQuestion.objects.filter(pk=question.pk).update(retired_at=timezone.now())
    for position, line in enumerate(lines):
        same = next((question for question in before if _line(question) == line), None)
        if same is None:
            place = {"study": study, "moment": moment, "position": position}
            PersonalQuestion.objects.create(kind=line.kind, text=line.text, options=line.options, **place)
        else:
            PersonalQuestion.objects.filter(pk=same.pk).update(position=position)
    study.has_personal_questions = study.personal_questions.filter(retired_at=None).exists()
    study.save(update_fields=["has_personal_questions"])
    audit.record(
        study, by, AuditEntry.Action.SETTING, f"questions {moment} rating", before=len(before), after=len(lines)
    )
    return True


def _line(question: PersonalQuestion) -> QuestionLine:
    return QuestionLine(question.kind, question.text, list(question.options))
