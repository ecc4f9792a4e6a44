"""What the rating page sends of marks, about the annotator's own pairs: JSON for its scripts, pages for its forms."""

from collections.abc import Callable
from typing import TypeVar

from django.forms import Form
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from annotations.models import Annotator
from annotations.rating.votes import AnswerRefusedError, Receipt
from annotations.web.views.rating import annotator_request, invalid, next_page, refuse, wants_json
from marks.marking.recording import record_mark, record_no_error, record_reading, take_back
from marks.web.forms import MarkForm, ReadForm, TakeBackForm

F = TypeVar("F", bound=Form)

REFUSAL_STATUS = {"unknown_assignment": 404, "unknown_mark": 404, "unknown_kind": 400, "text_differs": 400}


@never_cache
@require_POST
@annotator_request
def add_mark(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Save a mark; a resend with the same client_key is the same mark."""
    return _recorded(request, annotator, MarkForm(request.POST), lambda form: record_mark(annotator, form.mark()))


@never_cache
@require_POST
@annotator_request
def take_back_mark(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Take a mark back; done once, however often it is sent."""

    def record(form: TakeBackForm) -> Receipt:
        return take_back(annotator, *(form.cleaned_data[name] for name in ("token", "mark", "client_key")))

    return _recorded(request, annotator, TakeBackForm(request.POST), record)


@never_cache
@require_POST
@annotator_request
def read_for_errors(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Store that the annotator has looked for errors in both summaries of a pair."""

    def record(form: ReadForm) -> Receipt:
        record_reading(annotator, form.cleaned_data["token"])
        return Receipt(complete=False, repeated=False)  # whether it was known would tell a pair that comes again

    return _recorded(request, annotator, ReadForm(request.POST), record)


@never_cache
@require_POST
@annotator_request
def no_error_to_mark(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Store that the annotator finds no error to mark where a summary loses; done once, however often it is sent."""
    form = ReadForm(request.POST)
    return _recorded(request, annotator, form, lambda form: record_no_error(annotator, form.cleaned_data["token"]))


def _recorded(request: HttpRequest, annotator: Annotator, form: F, record: Callable[[F], Receipt]) -> HttpResponse:
    """Answer saved, or refused with a reason and nothing stored."""
    if not form.is_valid():
        return invalid(request, form)
    try:
        recorded = record(form)
    except AnswerRefusedError as refusal:
        return refuse(request, REFUSAL_STATUS.get(refusal.code, 409), refusal.code, str(refusal))
    if wants_json(request):
        return JsonResponse({"saved": True, "complete": recorded.complete, "repeated": recorded.repeated})
    return redirect(next_page(annotator, form) or reverse("rate", args=[annotator.study.public_id]))
