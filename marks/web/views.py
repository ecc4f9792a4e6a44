"""What the rating page sends of marks: JSON for its scripts, about the annotator's own pairs by their tokens."""

from collections.abc import Callable
from typing import TypeVar

from django.forms import Form
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from annotations.models import Annotator
from annotations.rating.votes import RefusedError
from annotations.web.access import annotator_gate
from lib.json.errors import json_error
from marks.marking.recording import record_mark, record_reading, take_back
from marks.web.forms import MarkForm, ReadForm, TakeBackForm

F = TypeVar("F", bound=Form)

REFUSAL_STATUS = {"unknown_assignment": 404, "unknown_mark": 404, "unknown_kind": 400, "text_differs": 400}


@annotator_gate
def of_annotator(request: HttpRequest) -> HttpResponse:
    """Refuse what comes from a browser that has not joined the study."""
    return json_error(403, "not_joined", _("This browser has not joined the study. Open your personal link again."))


@never_cache
@require_POST
@of_annotator
def add_mark(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Save a mark; a resend with the same client_key is the same mark."""
    return _recorded(MarkForm(request.POST), lambda form: record_mark(annotator, form.mark()))


@never_cache
@require_POST
@of_annotator
def take_back_mark(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Take a mark back; done once, however often it is sent."""

    def record(form: TakeBackForm) -> bool:
        return take_back(annotator, *(form.cleaned_data[name] for name in ("token", "mark", "client_key")))

    return _recorded(TakeBackForm(request.POST), record)


@never_cache
@require_POST
@of_annotator
def read_for_errors(request: HttpRequest, annotator: Annotator) -> HttpResponse:
    """Store that the annotator has looked for errors in both summaries of a pair."""
    return _recorded(ReadForm(request.POST), lambda form: record_reading(annotator, form.cleaned_data["token"]))


def _recorded(form: F, record: Callable[[F], bool | None]) -> HttpResponse:
    """Answer saved, or refused with a reason and nothing stored. A mark never completes a pair."""
    if not form.is_valid():
        field, messages = next(iter(form.errors.items()))
        return json_error(400, "invalid", f"{field}: {messages[0]}", field=field)
    try:
        repeated = record(form)
    except RefusedError as refusal:
        return json_error(REFUSAL_STATUS.get(refusal.code, 409), refusal.code, str(refusal))
    return JsonResponse({"saved": True, "complete": False, "repeated": bool(repeated)})
