"""A study about which judges were asked stays: what they said was paid for."""

from django.utils.translation import gettext_noop

from annotations.models import Study
from judges.models import JudgingJob, Verdict


def kept_by_judges(study: Study) -> str:
    """Say why the study stays; "" if judges were never asked about it."""
    asked = JudgingJob.objects.filter(study=study).exists() or Verdict.objects.filter(study=study).exists()
    return gettext_noop("Judges were asked about it.") if asked else ""
