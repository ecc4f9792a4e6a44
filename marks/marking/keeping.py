"""A study with marks of errors, which can come from a file without a pair, stays."""

from django.utils.translation import gettext_noop

from annotations.models import Study
from marks.models import Mark, Reading


def kept_by_marks(study: Study) -> str:
    """Say why the study stays; "" if nothing in it was marked."""
    marked = Reading.objects.filter(study=study).exists() or Mark.objects.filter(study=study).exists()
    return gettext_noop("Errors are marked in it.") if marked else ""
