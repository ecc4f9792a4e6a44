"""The helpers of the packages ask request.user, whom the gate has set to the token's owner; these ask for more."""

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest

from annotations.access import get_managed_study
from annotations.models import Study
from api.gate.auth import user_of
from leaderboards.access import get_results_study
from models_runner.access import check_researcher

__all__ = ["check_researcher", "get_managed_study", "get_results_study", "may_make_studies", "studies_of"]


def studies_of(request: HttpRequest) -> QuerySet[Study]:
    """Every study for staff, the others' own for everybody else."""
    user = user_of(request)
    studies = Study.objects.select_related("dataset")
    return studies if user.is_staff else studies.filter(memberships__user=user)


def may_make_studies(request: HttpRequest) -> None:
    if not user_of(request).is_staff:
        raise PermissionDenied("Studies are made by staff.")
