"""What people are asked about themselves before and after rating, and the answers."""

from collections.abc import Iterator, Mapping
from uuid import UUID

from django.db import transaction

from annotations.models import Annotator, Consent, PersonalAnswer, PersonalQuestion, Study
from lib.csv_cells import csv_line

LONGEST_ANSWER = 2_000


def open_questions(annotator: Annotator, moment: str) -> list[PersonalQuestion]:
    """Return the questions that the annotator was not asked yet at this moment."""
    if not annotator.study.has_personal_questions:
        return []
    questions = annotator.study.personal_questions.filter(moment=moment, retired_at=None)
    return list(questions.exclude(answers__annotator=annotator).order_by("position", "pk"))


@transaction.atomic
def record_answers(annotator: Annotator, answers: Mapping[UUID, str]) -> None:
    """Store answers by the key of their question, once each; an empty one says that none was given."""
    questions = annotator.study.personal_questions.filter(key__in=answers, retired_at=None)
    PersonalAnswer.objects.bulk_create(
        [
            PersonalAnswer(annotator=annotator, question=question, text=answers[question.key].strip())
            for question in questions.exclude(answers__annotator=annotator)
        ],
        ignore_conflicts=True,
    )


ANSWER_COLUMNS = ("annotator", "part", "version", "question", "kind", "answer", "given_at")


def answer_lines(study: Study) -> Iterator[str]:
    """Yield CSV lines of consents and answers, for the study's owners: what people say of themselves."""
    yield csv_line(ANSWER_COLUMNS)
    consents = Consent.objects.filter(annotator__study=study).select_related("annotator", "text")
    for consent in consents.order_by("annotator__number", "pk"):
        when = consent.given_at.isoformat(timespec="seconds")
        yield csv_line([consent.annotator.pseudonym, "consent", consent.text.version, "", "", "agreed", when])
    answers = PersonalAnswer.objects.filter(annotator__study=study).exclude(text="")
    order = ("annotator__number", "question__moment", "question__position", "pk")
    for answer in answers.select_related("annotator", "question").order_by(*order):
        question, when = answer.question, answer.given_at.isoformat(timespec="seconds")
        yield csv_line(
            [answer.annotator.pseudonym, question.moment, "", question.text, question.kind, answer.text, when]
        )
