"""Who may see results: the study's researchers, and nobody who still has rating to do in it."""

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from annotations.access import SESSION_KEY
from annotations.assignment import has_work
from annotations.models import Study


class StillRatingError(PermissionDenied):
    """The person has comparisons left in this study: results would sway them.

    joined_here: this browser can go on rating without the personal link.
    """

    def __init__(self, study: Study, *, joined_here: bool) -> None:
        super().__init__("You still have comparisons to rate in this study. Rate them, or leave the study, first.")
        self.study = study
        self.joined_here = joined_here


def get_results_study(request: HttpRequest, slug: str) -> Study:
    """The study, for staff and for whoever made it; a stranger gets 404, so that a guessed name tells nothing.

    Raises:
        StillRatingError: They rate in this study, by their account or in this browser, and have work left.
    """
    study = get_object_or_404(Study.objects.select_related("dataset"), slug=slug)
    user = request.user
    if not user.is_authenticated or not (user.is_staff or study.created_by_id == user.pk):
        raise Http404
    _refuse_while_rating(request, study)
    return study


def _refuse_while_rating(request: HttpRequest, study: Study) -> None:
    here = request.session.get(SESSION_KEY, {}).get(str(study.public_id))
    themselves = study.annotators.select_related("study").filter(Q(user=request.user.pk) | Q(pk=here))
    for annotator in themselves.filter(left_at=None):
        if has_work(annotator):
            raise StillRatingError(study, joined_here=annotator.pk == here)
