"""Who may see results: the study's researchers, and nobody who still has rating to do in it."""

from django.http import HttpRequest

from annotations.models import Study
from annotations.web.access import StillRatingError, get_managed_study, get_results_study, results_only, study_gate

__all__ = ["StillRatingError", "get_results_study", "owners_of_results", "results_only"]


def _get_owned_results(request: HttpRequest, slug: str) -> Study:
    """Return the study to staff and its owners who may see its results."""
    get_results_study(request, slug)
    return get_managed_study(request, slug, owner=True)


owners_of_results = study_gate(_get_owned_results)
