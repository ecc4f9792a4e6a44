"""Studies and criteria by the names people type."""

from annotations.models import Criterion, Study


class UnknownStudyError(LookupError):
    def __init__(self, slug: str) -> None:
        known = ", ".join(Study.objects.order_by("slug").values_list("slug", flat=True))
        super().__init__(
            f"There is no study {slug!r}. Known studies: {known or 'none yet; make one with create_study'}."
        )


class UnknownCriterionError(LookupError):
    def __init__(self, study: Study, key: str) -> None:
        known = ", ".join(study.criteria.values_list("key", flat=True))
        super().__init__(f"Study {study.slug} has no criterion {key!r}. Known criteria: {known or 'none'}.")


def find_study(slug: str) -> Study:
    study = Study.objects.select_related("dataset").filter(slug=slug).first()
    if study is None:
        raise UnknownStudyError(slug)
    return study


def find_criterion(study: Study, key: str) -> Criterion:
    criterion = study.criteria.filter(key=key).first()
    if criterion is None:
        raise UnknownCriterionError(study, key)
    return criterion
