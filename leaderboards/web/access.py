"""Who may see results: the study's researchers, and nobody who still has rating to do in it."""

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from annotations.models import Study
from annotations.web.access import (
    StillRatingError,
    get_managed_study,
    refuse_to_change_example,
    refuse_while_rating,
    role_of,
    study_gate,
)

__all__ = ["StillRatingError", "get_results_study", "owners_of_results", "results_only"]


def get_results_study(request: HttpRequest, slug: str) -> Study:
    """Return the study to leads and its members; a stranger gets 404, so that a guessed slug reveals nothing.

    Raises:
        StillRatingError: They rate in this study, with their account or in this browser, and have pairs left.
    """
    study = get_object_or_404(Study.objects.select_related("dataset"), slug=slug)
    role = role_of(request.user, study)
    if role is None:
        raise Http404
    refuse_to_change_example(request, role)
    refuse_while_rating(request, study)
    return study


def _get_owned_results(request: HttpRequest, slug: str) -> Study:
    """Return the study to staff and its owners who may see its results."""
    get_results_study(request, slug)
    return get_managed_study(request, slug, owner=True)


results_only = study_gate(get_results_study)
owners_of_results = study_gate(_get_owned_results)
