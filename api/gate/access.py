"""Which objects a token's owner may use.

The gate sets request.user to the token's owner, so the helpers of the other apps work here as they are.
"""

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest

from annotations.models import Study
from annotations.web.access import get_managed_study
from api.gate.auth import user_of
from leaderboards.web.access import get_results_study
from models_runner.web.access import check_researcher

__all__ = ["check_may_create_studies", "check_researcher", "get_managed_study", "get_results_study", "visible_studies"]


def visible_studies(request: HttpRequest) -> QuerySet[Study]:
    """Return every study for staff, and for others those they are members of."""
    user = user_of(request)
    studies = Study.objects.select_related("dataset")
    return studies if user.is_staff else studies.filter(memberships__user=user)


def check_may_create_studies(request: HttpRequest) -> None:
    """Raise PermissionDenied unless the token's owner is staff."""
    if not user_of(request).is_staff:
        raise PermissionDenied("Studies are made by staff.")
