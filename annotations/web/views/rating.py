"""The rating page and what it sends. Every page shown goes through annotations.rating.page (docs/blindness.md)."""

import logging
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.forms import Form
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations.gold.training_feedback import feedback, is_rated_practice, rated_practice
from annotations.models import Annotator, Judgement, Study
from annotations.people import links
from annotations.people.farewell import farewell
from annotations.people.questionnaire import open_questions
from annotations.rating.assignment import has_work, next_assignment, prefetch
from annotations.rating.leases import renew
from annotations.rating.marking import MarkingPanel, panel_of
from annotations.rating.page import RatingPage, rating_page, rating_progress, said_undone
from annotations.rating.remarks import record_remark
from annotations.rating.unblinding import next_guess, record_guess
from annotations.rating.undo import has_acted, last_act, undo
from annotations.rating.votes import AnswerRefusedError, Receipt, record_vote
from annotations.studies import progress
from annotations.studies.languages import asks_for_languages
from annotations.web.access import annotator_gate, annotator_page
from annotations.web.forms.rating import GuessForm, NextForm, RemarkForm, UndoForm, VoteForm
from annotations.web.views.personal import AFTER, must_begin
from lib.json.errors import json_error
from lib.serving.addresses import address_for

logger = logging.getLogger(__name__)
F = TypeVar("F", bound=Form)
# Why there is nothing to rate, where that is for good as far as anybody knows.
FAREWELL = ("done", "closed", "left")

REFUSAL_STATUS = {
    "unknown_assignment": 404,
    "unknown_criterion": 400,
    "choice_not_offered": 400,
    "strength_missing": 400,
    "reason_missing": 400,
    "comment_empty": 400,
}


def wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def refuse(request: HttpRequest, status: int, code: str, message: str, *, field: str = "") -> HttpResponse:
    if wants_json(request):
        return json_error(status, code, message, field=field)
    return render(request, "annotations/refused.html", {"message": message}, status=status)


@annotator_gate
def annotator_request(request: HttpRequest) -> HttpResponse:
    """Refuse what the scripts and forms of the rating page send, where this browser has not joined the study."""
    message = _("This browser has not joined the study. Open your personal link again.")
    return refuse(request, 403, "not_joined", message)


@never_cache
@require_GET
@annotator_page
def rate(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Show the pair to rate now, or why there is none."""
    if must_begin(annotator):
        return redirect("begin", annotator.study.public_id)
    assignment = next_assignment(annotator)
    if assignment is None:
        return _nothing_to_rate(request, annotator)
    context = _pair_context(annotator, rating_page(assignment), panel_of(assignment))
    if request.headers.get("X-Fragment"):
        return render(request, "annotations/_pair.html", context)
    context["said"] = said_undone(annotator.study, request.GET.get("undone", ""))
    return render(request, "annotations/rate.html", context | _addresses(request, annotator))


def _pair_context(annotator: Annotator, page: RatingPage, marking: MarkingPanel | None) -> dict[str, object]:
    about: dict[str, object] = {"page": page, "annotator": annotator}
    if marking is not None:
        about["marking"] = marking
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
    return urls | {"personal_link": address_for(request, links.personal_path(annotator))}


@never_cache
@require_GET
@annotator_request
def upcoming(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Answer with the next pair, leased ahead; 204 if none can be promised."""
    form = NextForm(request.GET)
    if not form.is_valid():
        return invalid(request, form)
    fragment = _fragment_after(request, annotator, form.cleaned_data["after"])
    return HttpResponse(status=204) if fragment is None else HttpResponse(fragment)


def _fragment_after(request: HttpRequest, annotator: Annotator, shown: UUID) -> str | None:
    """Lease the pair after the one with the token `shown`, and return it as HTML; None if none can be promised."""
    assignment = prefetch(annotator, shown)
    if assignment is None:
        return None
    # The last answer of the pair shown may be stored already, without the browser knowing.
    page = rating_page(assignment, ahead=assignment.follows_open)
    return render_to_string("annotations/_pair.html", _pair_context(annotator, page, panel_of(assignment)), request)


@never_cache
@require_POST
@annotator_request
def hold(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Renew the annotator's leases while the page is open."""
    return JsonResponse({"held": renew(annotator)})


def _why_nothing(annotator: Annotator) -> str:
    """Name the reason why there is no pair for the annotator now."""
    study, now = annotator.study, timezone.now()
    if annotator.left_at is not None:
        return "left"
    if study.status != Study.Status.OPEN:
        return study.status
    if not study.takes_votes(now):
        return "closed" if study.is_over(now) else "soon"
    if annotator.saw_results_at is not None:
        return "done"
    if has_work(annotator):
        return "leased"  # others hold the last places; some may come back
    return "preparing" if progress.more_is_coming(study) else "done"


def _nothing_to_rate(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    study = annotator.study
    state = _why_nothing(annotator)
    to_say = len(open_questions(annotator, AFTER)) if state in FAREWELL else 0
    if to_say and state == "done":
        return redirect("after", study.public_id)
    context = {
        "state": state,
        "to_say": to_say,
        "done": rating_progress(annotator).done,
        "study": study,
        "annotator": annotator,
        "can_undo": state in ("leased", "preparing", "done") and has_acted(annotator),
        "fresh_key": uuid4(),
        "farewell": farewell(annotator) if state in FAREWELL else None,
        "may_guess": state == "done" and next_guess(annotator) is not None,
    } | _addresses(request, annotator)
    if asks_for_languages(study):
        context |= _urls(annotator, "languages-read")
    return render(request, "annotations/nothing.html", context)


@never_cache
@require_POST
@annotator_request
def vote(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Save one answer; a resend with the same client_key is the same answer."""
    form = VoteForm(request.POST)
    return _recorded(request, annotator, form, lambda who, form: record_vote(who, form.vote()), then=next_page)


@never_cache
@require_POST
@annotator_request
def remark(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Save a comment, a problem or a skip; a resend with the same client_key is the same remark."""
    form = RemarkForm(request.POST)
    return _recorded(request, annotator, form, lambda who, form: record_remark(who, form.said()), then=next_page)


@never_cache
@require_POST
@annotator_request
def undo_last(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Withdraw the last answer or skip; its pair is shown again, with what was taken back."""
    form = UndoForm(request.POST)
    if not form.is_valid():
        return invalid(request, form)
    try:
        undone = undo(annotator, form.cleaned_data["client_key"])
    except AnswerRefusedError as refusal:
        return refused(request, refusal)
    if wants_json(request):
        said = said_undone(annotator.study, undone.what)
        return JsonResponse({"saved": True, "complete": False, "repeated": False, "said": said})
    return redirect(f"{_url('rate', annotator.study.public_id)}?{urlencode({'undone': undone.what})}")


def next_page(annotator: Annotator, form: Form) -> str:
    """Return the address where a browser without JavaScript continues: after practice, the page of feedback."""
    token = form.cleaned_data["token"]
    return practice_url(annotator, token) if is_rated_practice(annotator, token) else ""


def practice_url(annotator: Annotator, token: UUID) -> str:
    return reverse("practice", args=[annotator.study.public_id, token])


@never_cache
@require_GET
@annotator_request
def practice(request: HttpRequest, annotator: Annotator, token: UUID) -> HttpResponse:
    """Show feedback after a training pair: whether the answer was as expected, and why."""
    assignment = rated_practice(annotator, token)
    if assignment is None:
        return redirect("rate", annotator.study.public_id)  # any other pair, also one taken back meanwhile
    last = last_act(annotator)
    context = {
        "feedback": feedback(assignment),
        "annotator": annotator,
        "fresh_key": uuid4(),
        "is_last": isinstance(last, Judgement) and last.assignment_id == assignment.pk,
    }
    return render(request, "annotations/practice.html", context | _addresses(request, annotator))


def _recorded(
    request: HttpRequest,
    annotator: Annotator,
    form: F,
    record: Callable[[Annotator, F], Receipt],
    *,
    then: Callable[[Annotator, F], str] | None = None,
) -> HttpResponse:
    """Answer a POST of the rating page: saved, or refused with a reason and nothing stored."""
    if not form.is_valid():
        return invalid(request, form)
    try:
        recorded = record(annotator, form)
    except AnswerRefusedError as refusal:
        return refused(request, refusal)
    if wants_json(request):
        said: dict[str, object] = {"saved": True, "complete": recorded.complete, "repeated": recorded.repeated}
        said |= _next_pair(request, annotator, form) if recorded.complete else {}
        return JsonResponse(said, json_dumps_params={"ensure_ascii": False})  # texts in any script, as they are
    return redirect((then and then(annotator, form)) or reverse("rate", args=[annotator.study.public_id]))


def _next_pair(request: HttpRequest, annotator: Annotator, form: Form) -> dict[str, str | None]:
    """Return what `upcoming` would answer, if the browser asked for it: HTML, or None where no pair can be promised.

    The answer is stored already, and is told as stored whatever becomes of the next pair. Nothing is said of it where
    that fails: the browser then asks for it apart.
    """
    after = form.cleaned_data["after"]
    if after is None:
        return {}
    try:
        return {"next": _fragment_after(request, annotator, after)}
    except Exception:
        logger.exception("An answer was saved, but the next pair could not be sent with it.")
        return {}


def refused(request: HttpRequest, refusal: AnswerRefusedError) -> HttpResponse:
    return refuse(request, REFUSAL_STATUS.get(refusal.code, 409), refusal.code, str(refusal))


def invalid(request: HttpRequest, form: Form) -> HttpResponse:
    field, messages = next(iter(form.errors.items()))
    return refuse(request, 400, "invalid", f"{field}: {messages[0]}", field=field)


@never_cache
@require_http_methods(["GET", "POST"])
@annotator_page
def guess(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Ask afterwards which of two texts was the large model's."""
    if request.method == "POST":
        form = GuessForm(request.POST)
        if not form.is_valid():
            return invalid(request, form)
        try:
            record_guess(annotator, form.cleaned_data["token"], form.cleaned_data["choice"])
        except AnswerRefusedError as refusal:
            return refuse(request, 404, refusal.code, str(refusal))
        return redirect("guess", annotator.study.public_id)
    assignment = next_guess(annotator)
    if assignment is None:
        return redirect("rate", annotator.study.public_id)
    return render(request, "annotations/guess.html", {"page": rating_page(assignment), "annotator": annotator})
