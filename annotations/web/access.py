"""One helper per object: it loads, checks rights, and answers a stranger with 404, a weaker role with 403."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from annotations.models import Annotator, Membership, Study
from annotations.rating.assignment import has_work
from annotations.rating.queries import find_annotator

__all__ = [
    "STAFF",
    "StillRatingError",
    "datasets_being_rated",
    "for_researchers",
    "forget",
    "get_annotator",
    "get_managed_study",
    "login_required",
    "refuse_while_rating",
    "remember",
    "role_of",
    "still_rating",
]

SESSION_KEY = "annotators"


STAFF = "staff"


def role_of(user: AbstractBaseUser | AnonymousUser, study: Study) -> str | None:
    """staff, owner, researcher, or None for everybody else."""
    if not isinstance(user, User):
        return None
    if user.is_staff:
        return STAFF
    return study.memberships.filter(user=user).values_list("role", flat=True).first()


def get_managed_study(request: HttpRequest, slug: str, *, owner: bool = False) -> Study:
    """The study, for staff and its members; owner: for staff and its owners only."""
    study = get_object_or_404(Study.objects.select_related("dataset", "created_by"), slug=slug)
    role = role_of(request.user, study)
    if role in (STAFF, Membership.Role.OWNER) or (role and not owner):
        return study
    if role:
        raise PermissionDenied("Only owners of the study may do this.")
    if request.user.is_authenticated and study.annotators.filter(user=request.user.pk).exists():
        raise PermissionDenied("Annotators of a study cannot manage it.")
    raise Http404


def get_annotator(request: HttpRequest, public_id: str) -> Annotator | None:
    """The annotator this browser is in this study; None if it has not joined. Unknown study: 404."""
    known = request.session.get(SESSION_KEY, {}).get(public_id)
    annotator = find_annotator(known, UUID(public_id)) if known else None
    if annotator is not None:
        # A browser other than the one in which they had themselves erased still knows them.
        return annotator if annotator.erased_at is None else None
    get_object_or_404(Study, public_id=public_id)
    return None


def remember(request: HttpRequest, annotator: Annotator) -> None:
    """Let this browser go on as this annotator."""
    joined = request.session.get(SESSION_KEY, {})
    request.session[SESSION_KEY] = joined | {str(annotator.study.public_id): annotator.pk}


def forget(request: HttpRequest, annotator: Annotator) -> None:
    """This browser is that annotator no longer."""
    joined = request.session.get(SESSION_KEY, {})
    request.session[SESSION_KEY] = {
        study: pk for study, pk in joined.items() if study != str(annotator.study.public_id)
    }


class StillRatingError(PermissionDenied):
    """The person has comparisons left in this study: results would sway them.

    joined_here: this browser can go on rating without the personal link.
    """

    def __init__(self, study: Study, *, joined_here: bool) -> None:
        super().__init__(_("You still have comparisons to rate in this study. Rate them, or leave the study, first."))
        self.study = study
        self.joined_here = joined_here


def refuse_while_rating(request: HttpRequest, study: Study) -> None:
    """Raises StillRatingError where this account, or this browser, rates in the study and has work left."""
    here = request.session.get(SESSION_KEY, {}).get(str(study.public_id))
    themselves = study.annotators.select_related("study").filter(Q(user=request.user.pk) | Q(pk=here))
    for annotator in themselves.filter(left_at=None):
        if has_work(annotator):
            raise StillRatingError(study, joined_here=annotator.pk == here)


def datasets_being_rated(request: HttpRequest) -> set[int]:
    """Datasets on which this account, or this browser, has rating to do, in whichever study."""
    here = request.session.get(SESSION_KEY, {}).values()
    themselves = Annotator.objects.select_related("study").filter(Q(user=request.user.pk) | Q(pk__in=here))
    return {one.study.dataset_id for one in themselves.filter(left_at=None) if has_work(one)}


def still_rating(request: HttpRequest, refusal: StillRatingError) -> HttpResponse:
    """What the person is told, in their language: researchers' pages, where this comes up, are English."""
    with translation.override(translation.get_language_from_request(request)):
        return render(request, "annotations/still_rating.html", {"refusal": refusal}, status=403)


def for_researchers(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """With the study instead of its slug; not for who rates in it and has pairs left, whom the page would sway."""

    @login_required
    @never_cache
    @wraps(view)
    def checked(request: HttpRequest, slug: str, **more: Any) -> HttpResponseBase:
        study = get_managed_study(request, slug)
        try:
            refuse_while_rating(request, study)
        except StillRatingError as refusal:
            return still_rating(request, refusal)
        return view(request, study, **more)

    return checked
