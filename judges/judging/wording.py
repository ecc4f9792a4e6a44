"""The words of a criterion that a judge is asked in: its own rubric's, or the study's question."""

from collections.abc import Sequence

from django.utils.translation import override

from annotations.models import Criterion, Study
from annotations.studies.criteria import in_readers_language
from judges.models import Judge, JudgingJob, RubricSource
from judges.rubrics.library import Rubric, rubric
from lib.names import normal_form

STUDY_VERSION = "study"


class UnknownCriteriaError(Exception):
    """The study has no such question, or the judge no words for it."""


def asked_criteria(study: Study, keys: Sequence[str]) -> list[Criterion]:
    """Return the study's criteria of these keys, or all. Raises UnknownCriteriaError."""
    criteria = {criterion.key: criterion for criterion in study.criteria.all()}
    wanted = [normal_form(key) for key in keys] or list(criteria)
    if unknown := [key for key in wanted if key not in criteria]:
        raise UnknownCriteriaError(
            f"Study {study.slug} has no criterion {unknown[0]!r}. Known criteria: {', '.join(criteria) or 'none'}."
        )
    return [criteria[key] for key in dict.fromkeys(wanted)]


def words_for(judge: Judge, job: JudgingJob, criterion: Criterion) -> Rubric:
    """Return the words of a criterion. Raises UnknownCriteriaError if there are none, or if they have changed since."""
    if judge.rubric_source == RubricSource.STUDY:
        words = _of_study(criterion)
    elif criterion.key in judge.rubrics:
        words = judge.rubrics[criterion.key]
    else:
        having = ", ".join(judge.rubrics)
        raise UnknownCriteriaError(
            f"Judge {judge.name} has no rubric for {criterion.key}; it has {having}. Add a judge with one, or with "
            "rubric: study."
        )
    before = job.rubrics.get(criterion.key)
    if before and before["sha256"] != words["sha256"]:
        raise UnknownCriteriaError(
            f"The words of {criterion.key} have changed since judge {judge.name} was asked. Its verdicts are on "
            "the old ones: add a judge of another name for the new."
        )
    return words


def _of_study(criterion: Criterion) -> Rubric:
    texts = {}
    for language, django_language in (("en", "en"), ("zh", "zh-hans")):
        with override(django_language):
            said = [in_readers_language(text) for text in (criterion.question, criterion.help_text) if text]
        texts[language] = "\n".join(said)
    return rubric(texts | {"version": STUDY_VERSION})
