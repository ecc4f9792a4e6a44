"""Find the study that a command names."""

from django.core.management.base import CommandError

from annotations.models import Study
from lib.names import normal_form


def study_named(slug: str) -> Study:
    """Return the study with its dataset. Raises CommandError, which names those that there are."""
    study = Study.objects.select_related("dataset").filter(slug=normal_form(slug)).first()
    if study is None:
        known = ", ".join(Study.objects.order_by("slug").values_list("slug", flat=True))
        raise CommandError(f"There is no study {slug!r}. Known studies: {known or 'none yet; make one'}.")
    return study
