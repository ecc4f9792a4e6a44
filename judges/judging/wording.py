"""The words of a criterion that a judge is asked in: its own rubric's, or the study's question."""

from collections.abc import Iterable, Sequence

from django.utils.translation import override

from annotations.models import Criterion, Study
from annotations.studies.criteria import in_readers_language
from judges.models import Judge, JudgingJob, RubricSource
from judges.rubrics.library import Rubric, library, rubric
from lib.names import normal_form

STUDY_VERSION = "study"
USUAL = "overall"


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
        raise UnknownCriteriaError(_no_rubric(judge, criterion.key, judge.rubrics))
    return _as_before(job, criterion.key, words)


def words_outside_studies(judge: Judge, job: JudgingJob, keys: Sequence[str]) -> dict[str, Rubric]:
    """Return the words of criteria for a dataset: the judge's own, or the project's where it uses a study's questions.

    keys: Of the criteria; `overall` if empty, or all of a judge without words for it.
    Raises:
        UnknownCriteriaError: The judge has no words for one, or they have changed since.
    """
    having = library() if judge.rubric_source == RubricSource.STUDY else judge.rubrics
    wanted = [normal_form(key) for key in keys] or ([USUAL] if USUAL in having else list(having))
    if unknown := [key for key in wanted if key not in having]:
        raise UnknownCriteriaError(_no_rubric(judge, unknown[0], having))
    return {key: _as_before(job, key, having[key]) for key in dict.fromkeys(wanted)}


def _no_rubric(judge: Judge, key: str, having: Iterable[str]) -> str:
    return (
        f"Judge {judge.name} has no rubric for {key}; it has {', '.join(having)}. Add a judge with one, or with "
        "rubric: study."
    )


def _as_before(job: JudgingJob, key: str, words: Rubric) -> Rubric:
    before = job.rubrics.get(key)
    if before and before["sha256"] != words["sha256"]:
        raise UnknownCriteriaError(
            f"The words of {key} have changed since judge {job.judge.name} was asked. Its verdicts are on "
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
