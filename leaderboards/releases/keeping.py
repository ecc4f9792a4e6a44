"""A study of which releases or exports were made stays, also where these are drafts."""

from django.utils.translation import gettext_noop

from annotations.models import Study
from leaderboards.models import ExportJob, Release


def kept_by_files(study: Study) -> str:
    """Say why the study stays; "" if no files were made of it. Exports end by themselves."""
    made = Release.objects.filter(study=study).exists() or ExportJob.objects.filter(study=study).exists()
    return gettext_noop("A release or an export was made of it.") if made else ""
