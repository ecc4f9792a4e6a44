"""One helper per object: it loads, checks rights, and answers a stranger with 404, a weaker role with 403."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from annotations.models import Annotator, Study

__all__ = ["get_annotator", "get_managed_study", "login_required", "remember"]

SESSION_KEY = "annotators"


def get_managed_study(request: HttpRequest, slug: str) -> Study:
    """The study, for staff and for whoever made it."""
    study = get_object_or_404(Study.objects.select_related("dataset", "created_by"), slug=slug)
    user = request.user
    if not user.is_authenticated:
        raise Http404
    if user.is_staff or study.created_by_id == user.pk:
        return study
    if study.annotators.filter(user=user.pk).exists():
        raise PermissionDenied("Annotators of a study cannot manage it.")
    raise Http404


def get_annotator(request: HttpRequest, public_id: str) -> Annotator | None:
    """The annotator this browser is in this study; None if it has not joined. Unknown study: 404."""
    study = get_object_or_404(Study, public_id=public_id)
    known = request.session.get(SESSION_KEY, {}).get(str(study.public_id))
    return study.annotators.select_related("study").filter(pk=known).first() if known else None


def remember(request: HttpRequest, annotator: Annotator) -> None:
    """Let this browser go on as this annotator."""
    joined = request.session.get(SESSION_KEY, {})
    request.session[SESSION_KEY] = joined | {str(annotator.study.public_id): annotator.pk}
