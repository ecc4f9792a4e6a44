"""Annotators join a study, come back to it, leave it, and take or cut off their data."""

import logging
from dataclasses import replace
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import throttle
from annotations.models import Annotator, Invitation, Study
from annotations.people import links
from annotations.people.invitations import (
    NotInvitedError,
    accept,
    check_invitation,
    has_joined,
    is_known,
    named_by_platform,
)
from annotations.people.joining import resent
from annotations.people.languages import choose_languages
from annotations.people.privacy import erase, own_data
from annotations.rating.leases import come_back, leave
from annotations.rating.page import rating_progress
from annotations.studies.languages import asks_for_languages, study_languages
from annotations.studies.work_forecast import PersonWork, person_work
from annotations.web import access
from annotations.web.access import annotator_page, login_required
from annotations.web.forms.joining import JoinKeyForm, LanguagesForm, languages_of_browser

logger = logging.getLogger(__name__)
# Of attempts from one address.
JOIN = "join"


class TooManyJoinedError(NotInvitedError):
    """Too many people without an account joined from one address."""


@never_cache
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Show the invitation; POST joins the study, once per page, browser, account and platform id."""
    study, invitation = links.invited_to(token)
    if study is None:
        raise Http404("This invitation link is not valid. Ask the researcher who sent it for a new one.")
    annotator = access.get_annotator(request, str(study.public_id))
    external_id = named_by_platform(invitation, request.GET)
    if annotator is not None and external_id and annotator.external_id != external_id:
        annotator = None  # somebody else uses this browser now
    try:
        is_returning = annotator is not None or is_known(study, external_id) or has_joined(study, _account(request))
        form = None if is_returning else _languages_form(request, study)
        if annotator is not None and _is_over_for(annotator):
            return redirect("rate", study.public_id)
        if request.method == "GET" or (form is not None and not form.is_valid()):
            if annotator is None and not is_known(study, external_id):
                check_invitation(invitation, study, external_id)
            return _invitation(request, study, annotator, form)
        if annotator is None:
            annotator = _joined(request, study, invitation, external_id, is_new=not is_returning)
            access.remember(request, annotator)
            if form is not None:
                choose_languages(annotator, form.cleaned_data["languages"])
    except NotInvitedError as refusal:
        return _refused(request, study, refusal)
    come_back(annotator)
    return redirect("rate", study.public_id)


def _joined(
    request: HttpRequest, study: Study, invitation: Invitation | None, external_id: str, *, is_new: bool
) -> Annotator:
    """Return the annotator that this person is now.

    Raises:
        NotInvitedError: The link lets nobody in.
        TooManyJoinedError: JOINS_PER_ADDRESS is reached.
    """
    join_key = JoinKeyForm(request.POST).join_key()
    if is_new and resent(study, join_key) is None:
        _count_join(request, invitation)
    return accept(invitation, study, _account(request), external_id, join_key)


def _count_join(request: HttpRequest, invitation: Invitation | None) -> None:
    """Count whom nothing else limits: accounts are one annotator each, and so is a link for one person."""
    if request.user.is_authenticated or (invitation is not None and invitation.max_uses == 1):
        return
    address, limit = throttle.address_of(request), settings.JOINS_PER_ADDRESS
    if throttle.has_own_address(request) and not throttle.count_attempt(JOIN, address, limit):
        logger.warning("joining a study refused: too many joined from %s", address)
        raise TooManyJoinedError(
            _("Many people have just joined from your network. Wait 15 minutes and try again, or ask the researchers.")
        )


def _refused(request: HttpRequest, study: Study, refusal: NotInvitedError) -> HttpResponse:
    too_many = isinstance(refusal, TooManyJoinedError)
    context = {"message": refusal, "study": study}
    response = render(request, "annotations/refused.html", context, status=429 if too_many else 410)
    if too_many:
        response["Retry-After"] = str(round(settings.AXES_COOLOFF_TIME * 3600))
    return response


def _is_over_for(annotator: Annotator) -> bool:
    """True where the rating page has no more pairs for somebody who joined, and says why."""
    return annotator.saw_results_at is not None or annotator.study.is_over(timezone.now())


def _languages_form(request: HttpRequest, study: Study) -> LanguagesForm | None:
    """The question what somebody reads; None where all documents are in one language."""
    if not asks_for_languages(study):
        return None
    offered = study_languages(study)
    if request.method == "POST":
        return LanguagesForm(request.POST, offered=offered)
    return LanguagesForm(offered=offered, initial={"languages": languages_of_browser(_accepted(request))})


def _accepted(request: HttpRequest) -> str:
    return request.headers.get("Accept-Language", "")


def _invitation(
    request: HttpRequest, study: Study, annotator: Annotator | None, form: LanguagesForm | None
) -> HttpResponse:
    sent = JoinKeyForm(request.POST) if request.method == "POST" else JoinKeyForm()
    context: dict[str, object] = {"study": study, "annotator": annotator, "form": form, "sent": sent}
    context["work"] = _work(study, annotator)
    if annotator is not None and asks_for_languages(study):
        context["languages_url"] = reverse("languages-read", args=[study.public_id])
    status = 400 if form is not None and form.is_bound else 200
    return render(request, "annotations/join.html", context, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
@annotator_page
def languages_read(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Change which languages the annotator is given documents in."""
    offered = study_languages(annotator.study)
    if request.method == "GET":
        read = annotator.languages or [language.code for language in offered]
        form = LanguagesForm(offered=offered, initial={"languages": read})
        return render(request, "annotations/languages.html", {"form": form, "annotator": annotator})
    form = LanguagesForm(request.POST, offered=offered)
    if not form.is_valid():
        return render(request, "annotations/languages.html", {"form": form, "annotator": annotator}, status=400)
    choose_languages(annotator, form.cleaned_data["languages"])
    return redirect("rate", annotator.study.public_id)


def _work(study: Study, annotator: Annotator | None) -> PersonWork:
    """Forecast the work of somebody new, or what is left to somebody who has joined."""
    work = person_work(study)
    if annotator is None:
        return work
    progress = rating_progress(annotator)
    return replace(work, pairs=progress.total - progress.done, more=progress.more_than > 0, practice=0)


def _account(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


@never_cache
@require_http_methods(["GET", "POST"])
def resume(request: HttpRequest, token: str) -> HttpResponse:
    """Continue as the same annotator on another device."""
    annotator = links.annotator_of(token)
    if annotator is None:
        raise Http404("This personal link is not valid. Open the rating page on your first device and copy it again.")
    if request.method == "GET":
        return render(request, "annotations/resume.html", {"annotator": annotator})
    access.remember(request, annotator)
    return redirect("rate", annotator.study.public_id)


@require_POST
def leave_study(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """End the annotator's work in this study."""
    annotator = access.get_annotator(request, str(public_id))
    if annotator is not None and annotator.left_at is None:
        leave(annotator)
    return redirect("rate", public_id)


def _own_work(request: HttpRequest, public_id: UUID) -> tuple[Study, QuerySet[Annotator]]:
    """Load a study with who this account or browser is in it; 404 if it is nobody there."""
    study = get_object_or_404(Study, public_id=public_id)
    raters = access.raters_here(request, study).filter(erased_at=None)
    if not raters.exists():
        raise Http404
    return study, raters


@login_required
@require_POST
def stop_rating(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """End this account's work in the study, in whichever browser it began, and show the results."""
    study, raters = _own_work(request, public_id)
    for annotator in raters.filter(left_at=None):
        leave(annotator)
    return redirect("board", study.slug) if access.role_of(request.user, study) else redirect("home")


@login_required
@require_POST
def go_on_rating(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Let this account go on with its work in this browser."""
    study, raters = _own_work(request, public_id)
    if annotator := raters.filter(left_at=None).first():
        access.remember(request, annotator)
    return redirect("rate", study.public_id)


@never_cache
@require_GET
@annotator_page
def my_data(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Download everything stored about this annotator."""
    answer = JsonResponse(own_data(annotator), json_dumps_params={"indent": 2, "ensure_ascii": False})
    answer["Content-Disposition"] = 'attachment; filename="my-ratings.json"'
    return answer


@require_POST
@annotator_page
def erase_me(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Make the annotator's answers anonymous."""
    erase(annotator)
    access.forget(request, annotator)
    return render(request, "annotations/erased.html", {"rate_url": reverse("rate", args=[annotator.study.public_id])})
