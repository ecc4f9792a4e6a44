"""Annotators' pages. Everything they answer goes through annotations.pages; docs/blindness.md says why."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations import access, links, services
from annotations.assignment import has_work, leave, next_assignment
from annotations.forms import VoteForm
from annotations.judging import VoteRefusedError, record_vote
from annotations.models import Annotator, Study
from annotations.pages import rating_page, workload
from models_runner.errors import json_error

REFUSAL_STATUS = {"unknown_assignment": 404, "unknown_criterion": 400}


@never_cache
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """What the study asks for; joining makes an annotator, once per browser."""
    study = links.study_of(token)
    if study is None:
        raise Http404("This invitation link is not valid. Ask the researcher who sent it for a new one.")
    annotator = access.get_annotator(request, str(study.public_id))
    if request.method == "GET":
        return render(request, "annotations/join.html", {"study": study, "annotator": annotator})
    if annotator is None:
        annotator = services.join(study, user=request.user if request.user.is_authenticated else None)
        access.remember(request, annotator)
    elif annotator.left_at is not None:
        # The same annotator as before: a new one would be given pairs this person has rated already.
        annotator.left_at = None
        annotator.save(update_fields=["left_at"])
    return redirect("rate", study.public_id)


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
    context = {"page": rating_page(assignment), "annotator": annotator} | _addresses(request, annotator)
    template = "annotations/_pair.html" if request.headers.get("X-Fragment") else "annotations/rate.html"
    return render(request, template, context)


def _addresses(request: HttpRequest, annotator: Annotator) -> dict[str, str]:
    return {
        "vote_url": reverse("vote", args=[annotator.study.public_id]),
        "personal_link": request.build_absolute_uri(links.personal_path(annotator)),
    }


def _nothing_to_rate(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    study = annotator.study
    if annotator.left_at is not None:
        state = "left"
    elif study.status != Study.Status.OPEN:
        state = study.status
    elif has_work(annotator):
        state = "leased"  # others hold the last places; some may come back
    else:
        state = "preparing" if services.more_is_coming(study) else "done"
    done, _ = workload(annotator)
    context = {"state": state, "done": done, "study": study, "annotator": annotator} | _addresses(request, annotator)
    return render(request, "annotations/nothing.html", context)


@never_cache
@require_POST
def vote(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Save one answer. The same client_key again is the same answer."""
    annotator = access.get_annotator(request, str(public_id))
    if annotator is None:
        return _refuse(
            request, 403, "not_joined", "This browser has not joined the study. Open your personal link again."
        )
    form = VoteForm(request.POST)
    if not form.is_valid():
        field, messages = next(iter(form.errors.items()))
        return _refuse(request, 400, "invalid", f"{field}: {messages[0]}", field=field)
    try:
        recorded = record_vote(annotator, form.vote())
    except VoteRefusedError as refusal:
        return _refuse(request, REFUSAL_STATUS.get(refusal.code, 409), refusal.code, str(refusal))
    if _wants_json(request):
        return JsonResponse({"saved": True, "complete": recorded.complete, "repeated": recorded.repeated})
    return redirect("rate", public_id)


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
