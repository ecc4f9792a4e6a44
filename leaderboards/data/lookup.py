"""Find studies and criteria by the names that people type."""

from annotations.models import Criterion, Study
from lib.names import normal_form


class UnknownStudyError(LookupError):
    """There is no study of this name."""

    def __init__(self, slug: str) -> None:
        slugs = ", ".join(Study.objects.order_by("slug").values_list("slug", flat=True))
        super().__init__(
            f"There is no study {slug!r}. Known studies: {slugs or 'none yet; make one with create_study'}."
        )


class UnknownCriterionError(LookupError):
    """The study has no criterion of this name."""

    def __init__(self, study: Study, key: str) -> None:
        keys = ", ".join(study.criteria.values_list("key", flat=True))
        super().__init__(f"Study {study.slug} has no criterion {key!r}. Known criteria: {keys or 'none'}.")


def find_study(slug: str) -> Study:
    """Return the study with its dataset. Raises UnknownStudyError."""
    study = Study.objects.select_related("dataset").filter(slug=normal_form(slug)).first()
    if study is None:
        raise UnknownStudyError(slug)
    return study


def find_criterion(study: Study, key: str) -> Criterion:
    """Return the study's criterion. Raises UnknownCriterionError."""
    criterion = study.criteria.filter(key=normal_form(key)).first()
    if criterion is None:
        raise UnknownCriterionError(study, key)
    return criterion
