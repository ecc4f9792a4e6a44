"""Read the rubric of a judge's entry: the study's questions, the project's rubrics, or texts of its own."""

from collections.abc import Mapping

from judges.models import RubricSource
from judges.rubrics.library import LANGUAGES, Rubric, library, rubric

LONGEST, LONGEST_KEY = 8_000, 50


def read_rubrics(asked: object) -> tuple[str, dict[str, Rubric]]:
    """Return the source and the texts by criterion; no texts where the study's own are used.

    asked: study, library, or texts by criterion, each in English and Chinese.
    Raises:
        ValueError: It is none of these, or a text is missing.
    """
    if asked == RubricSource.STUDY:
        return RubricSource.STUDY, {}
    if asked == RubricSource.LIBRARY:
        return RubricSource.LIBRARY, dict(library())
    if not isinstance(asked, Mapping) or not asked:
        raise ValueError(
            f"field 'rubric' is {asked!r}; expected study, library, or a text in English and Chinese by criterion."
        )
    return RubricSource.OWN, {str(criterion): _own(str(criterion), texts) for criterion, texts in asked.items()}


def _own(criterion: str, texts: object) -> Rubric:
    if not 1 <= len(criterion) <= LONGEST_KEY:
        raise ValueError(f"field 'rubric.{criterion[:20]}': a criterion has 1 to {LONGEST_KEY} characters.")
    if not isinstance(texts, Mapping):
        raise ValueError(f"field 'rubric.{criterion}' is no mapping; expected the two texts, en and zh.")
    if unknown := [name for name in texts if name not in (*LANGUAGES, "version")]:
        raise ValueError(f"field 'rubric.{criterion}.{unknown[0]}' is not known; expected en, zh and version.")
    for language in LANGUAGES:
        text = texts.get(language)
        if not isinstance(text, str) or not text.strip():
            raise ValueError(
                f"field 'rubric.{criterion}.{language}' is missing; a rubric has the two texts, en and zh."
            )
        if len(text) > LONGEST:
            raise ValueError(f"field 'rubric.{criterion}.{language}' is longer than {LONGEST:,} characters.")
    return rubric(texts)
