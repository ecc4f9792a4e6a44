"""Annotators' pages. Everything they answer goes through annotations.rating.page; docs/blindness.md says why."""

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.db.models import Q
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations.gold.training_feedback import feedback, rated_practice
from annotations.models import Annotator, Assignment, Purpose, Remark, Study
from annotations.people import links
from annotations.people.invitations import NotInvitedError, accept, check_invitation, is_known, named_by_platform
from annotations.people.privacy import erase, own_data
from annotations.rating.assignment import has_work, next_assignment, prefetch
from annotations.rating.leases import come_back, leave, renew
from annotations.rating.page import RatingPage, rating_page, rating_progress
from annotations.rating.remarks import record_remark
from annotations.rating.unblinding import next_guess, record_guess
from annotations.rating.undo import has_answered, last_answer, undo
from annotations.rating.votes import Receipt, RefusedError, record_vote
from annotations.studies import progress
from annotations.web import access
from annotations.web.forms import GuessForm, NextForm, RemarkForm, UndoForm, VoteForm
from lib.json_errors import json_error

F = TypeVar("F", bound=Form)

REFUSAL_STATUS = {
    "unknown_assignment": 404,
    "unknown_criterion": 400,
    "choice_not_offered": 400,
    "strength_missing": 400,
    "reason_missing": 400,
    "comment_empty": 400,
}


@never_cache
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """What the study asks for; joining makes an annotator, once per browser, account and platform's id."""
    study, invitation = links.invited_to(token)
    if study is None:
        raise Http404("This invitation link is not valid. Ask the researcher who sent it for a new one.")
    annotator = access.get_annotator(request, str(study.public_id))
    external_id = named_by_platform(invitation, request.GET)
    if annotator is not None and external_id and annotator.external_id != external_id:
        annotator = None  # somebody else's turn at a shared computer
    try:
        if request.method == "GET":
            if annotator is None and not is_known(study, external_id):
                check_invitation(invitation, study, external_id)
            return render(request, "annotations/join.html", {"study": study, "annotator": annotator})
        if annotator is None:
            annotator = accept(invitation, study, _account(request), external_id)
            access.remember(request, annotator)
    except NotInvitedError as refusal:
        return render(request, "annotations/refused.html", {"message": refusal, "study": study}, status=410)
    come_back(annotator)
    return redirect("rate", study.public_id)


def _account(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


@never_cache
@require_http_methods(["GET", "POST"])
def resume(request: HttpRequest, token: str) -> HttpResponse:
    """Go on as the same annotator on another device."""
    annotator = links.annotator_of(token)
    if annotator is None:
        raise Http404("This personal link is not valid. Open the rating page on your first device and copy it again.")
    if request.method == "GET":
        return render(request, "annotations/resume.html", {"annotator": annotator})
    access.remember(request, annotator)
    return redirect("rate", annotator.study.public_id)


@never_cache
@require_GET
def rate(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The pair to rate now, or why there is none."""
    annotator = access.get_annotator(request, str(public_id))
    if annotator is None:
        return render(request, "annotations/not_joined.html", status=403)
    assignment = next_assignment(annotator)
    if assignment is None:
        return _nothing_to_rate(request, annotator)
    context = _pair_context(annotator, rating_page(assignment))
    if request.headers.get("X-Fragment"):
        return render(request, "annotations/_pair.html", context)
    return render(request, "annotations/rate.html", context | _addresses(request, annotator))


def _pair_context(annotator: Annotator, page: RatingPage) -> dict[str, object]:
    about: dict[str, object] = {"page": page, "annotator": annotator, "reasons": Remark.Reason.choices}
    if page.practice:
        about["practice_url"] = practice_url(annotator, page.token)
    return about | _urls(annotator, "vote", "remark", "undo")


def _urls(annotator: Annotator, *names: str) -> dict[str, object]:
    return {f"{name.replace('-', '_')}_url": _url(name, annotator.study.public_id) for name in names}


@lru_cache(1000)
def _url(name: str, public_id: UUID) -> str:
    return reverse(name, args=[public_id])


def _addresses(request: HttpRequest, annotator: Annotator) -> dict[str, object]:
    urls = _urls(annotator, "rate", "vote", "remark", "undo", "hold", "next", "my-data", "erase-me")
    return urls | {"personal_link": request.build_absolute_uri(links.personal_path(annotator))}


@never_cache
@require_GET
def upcoming(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The pair that comes after the one shown, leased ahead; 204 if none can be promised."""
    annotator = access.get_annotator(request, str(public_id))
    if annotator is None:
        return _not_joined(request)
    form = NextForm(request.GET)
    if not form.is_valid():
        return _invalid(request, form)
    shown = form.cleaned_data["after"]
    assignment = prefetch(annotator, shown)
    if assignment is None:
        return HttpResponse(status=204)
    # The answer that ends the pair shown may have arrived without its browser knowing. Practice counts apart.
    counted = Q(state=Assignment.State.DONE) | Q(comparison__purpose=Purpose.TRAINING)
    ahead = not annotator.assignments.filter(counted, token=shown).exists()
    page = rating_page(assignment, ahead=ahead)
    return render(request, "annotations/_pair.html", _pair_context(annotator, page))


@never_cache
@require_POST
def hold(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The page is still open: keep the annotator's places."""
    annotator = access.get_annotator(request, str(public_id))
    if annotator is None:
        return _not_joined(request)
    return JsonResponse({"held": renew(annotator)})


def _nothing_to_rate(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    study = annotator.study
    if annotator.left_at is not None:
        state = "left"
    elif study.status != Study.Status.OPEN:
        state = study.status
    elif not study.takes_votes(timezone.now()):
        state = "closed" if study.is_over(timezone.now()) else "soon"
    elif has_work(annotator):
        state = "leased"  # others hold the last places; some may come back
    else:
        state = "preparing" if progress.more_is_coming(study) else "done"
    context = {
        "state": state,
        "done": rating_progress(annotator).done,
        "study": study,
        "annotator": annotator,
        "can_undo": state in ("leased", "preparing", "done") and has_answered(annotator),
        "fresh_key": uuid4(),
        "may_guess": state == "done" and next_guess(annotator) is not None,
    } | _addresses(request, annotator)
    return render(request, "annotations/nothing.html", context)


@never_cache
@require_POST
def vote(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Save one answer. The same client_key again is the same answer."""
    form = VoteForm(request.POST)
    return _recorded(request, public_id, form, lambda who, form: record_vote(who, form.vote()), then=_next_page)


@never_cache
@require_POST
def remark(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Save a comment, a problem or a skip. The same client_key again is the same remark."""
    form = RemarkForm(request.POST)
    return _recorded(request, public_id, form, lambda who, form: record_remark(who, form.said()), then=_next_page)


@never_cache
@require_POST
def undo_last(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Withdraw the last answer; its pair is shown again."""

    def withdraw(annotator: Annotator, form: UndoForm) -> Receipt:
        undo(annotator, form.cleaned_data["client_key"])
        return Receipt(complete=False, repeated=False)

    return _recorded(request, public_id, UndoForm(request.POST), withdraw)


def _next_page(annotator: Annotator, form: Form) -> str:
    """Where a browser without JavaScript goes on: after practice, to what there is to say about it."""
    token = form.cleaned_data["token"]
    return practice_url(annotator, token) if rated_practice(annotator, token) else ""


def practice_url(annotator: Annotator, token: UUID) -> str:
    return reverse("practice", args=[annotator.study.public_id, token])


@never_cache
@require_GET
def practice(request: HttpRequest, public_id: UUID, token: UUID) -> HttpResponse:
    """After a training pair: whether the answer was the expected one, and why."""
    annotator = access.get_annotator(request, str(public_id))
    if annotator is None:
        return _not_joined(request)
    assignment = rated_practice(annotator, token)
    if assignment is None:
        return redirect("rate", public_id)  # any other pair, also one taken back meanwhile
    last = last_answer(annotator)
    context = {
        "feedback": feedback(assignment),
        "annotator": annotator,
        "fresh_key": uuid4(),
        "is_last": last is not None and last.assignment_id == assignment.pk,
    }
    return render(request, "annotations/practice.html", context | _addresses(request, annotator))


def _recorded(
    request: HttpRequest,
    public_id: UUID,
    form: F,
    record: Callable[[Annotator, F], Receipt],
    *,
    then: Callable[[Annotator, F], str] | None = None,
) -> HttpResponse:
    """What every post of the rating page answers: saved, or refused with a reason and nothing stored."""
    annotator = access.get_annotator(request, str(public_id))
    if annotator is None:
        return _not_joined(request)
    if not form.is_valid():
        return _invalid(request, form)
    try:
        recorded = record(annotator, form)
    except RefusedError as refusal:
        return _refuse(request, REFUSAL_STATUS.get(refusal.code, 409), refusal.code, str(refusal))
    if _wants_json(request):
        return JsonResponse({"saved": True, "complete": recorded.complete, "repeated": recorded.repeated})
    return redirect((then and then(annotator, form)) or reverse("rate", args=[public_id]))


def _not_joined(request: HttpRequest) -> HttpResponse:
    return _refuse(
        request, 403, "not_joined", _("This browser has not joined the study. Open your personal link again.")
    )


def _invalid(request: HttpRequest, form: Form) -> HttpResponse:
    field, messages = next(iter(form.errors.items()))
    return _refuse(request, 400, "invalid", f"{field}: {messages[0]}", field=field)


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def _refuse(request: HttpRequest, status: int, code: str, message: str, *, field: str = "") -> HttpResponse:
    if _wants_json(request):
        return json_error(status, code, message, field=field)
    return render(request, "annotations/refused.html", {"message": message}, status=status)


@require_POST
def leave_study(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The annotator ends their work in this study."""
    annotator = access.get_annotator(request, str(public_id))
    if annotator is not None and annotator.left_at is None:
        leave(annotator)
    return redirect("rate", public_id)


@never_cache
@require_GET
def my_data(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Everything stored about this annotator, as a file of theirs."""
    annotator = access.get_annotator(request, str(public_id))
    if annotator is None:
        return render(request, "annotations/not_joined.html", status=403)
    answer = JsonResponse(own_data(annotator), json_dumps_params={"indent": 2, "ensure_ascii": False})
    answer["Content-Disposition"] = 'attachment; filename="my-ratings.json"'
    return answer


@require_POST
def erase_me(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Cut every tie between the annotator's answers and the person."""
    annotator = access.get_annotator(request, str(public_id))
    if annotator is None:
        return render(request, "annotations/not_joined.html", status=403)
    erase(annotator)
    access.forget(request, annotator)
    return render(request, "annotations/erased.html", {"rate_url": reverse("rate", args=[public_id])})


@never_cache
@require_http_methods(["GET", "POST"])
def guess(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Afterwards: which of the two was the large model's?"""
    annotator = access.get_annotator(request, str(public_id))
    if annotator is None:
        return render(request, "annotations/not_joined.html", status=403)
    if request.method == "POST":
        form = GuessForm(request.POST)
        if not form.is_valid():
            return _invalid(request, form)
        try:
            record_guess(annotator, form.cleaned_data["token"], form.cleaned_data["choice"])
        except RefusedError as refusal:
            return _refuse(request, 404, refusal.code, str(refusal))
        return redirect("guess", public_id)
    assignment = next_guess(annotator)
    if assignment is None:
        return redirect("rate", public_id)
    return render(request, "annotations/guess.html", {"page": rating_page(assignment), "annotator": annotator})
