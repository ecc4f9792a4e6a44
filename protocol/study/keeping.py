"""A study whose planned analysis is on record stays: the record says that it was written down before the votes."""

from django.utils.translation import gettext_noop

from annotations.models import Study
from protocol.models import ProtocolRecord


def kept_by_record(study: Study) -> str:
    """Say why the study stays; "" if nothing is on record."""
    on_record = ProtocolRecord.objects.filter(study=study).exists()
    return gettext_noop("Its planned analysis is on record.") if on_record else ""
