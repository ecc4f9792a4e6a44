"""Preview of the rating page as annotators will see it; answers given there are not stored."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from annotations.models import Assignment, Comparison, Consent, Remark, Side, Study
from annotations.people.joining import join
from annotations.rating.page import rating_page
from annotations.studies.consent import current_consent
from annotations.web.access import members_only, not_while_rating

SESSION_KEY = "preview"


@members_only
@not_while_rating
@require_GET
def preview(request: HttpRequest, study: Study) -> HttpResponse:
    """Show the pair this browser has come to; after the last one, the first again."""
    shown = _state(request, study)["shown"]
    rating = study.comparisons.for_rating()
    # With the dataset named, an index has the documents in their order.
    comparisons = rating.filter(document__dataset=study.dataset_id).order_by("document__position", "shuffle", "pk")
    total = rating.count()
    if not total:
        return render(request, "annotations/no_preview.html", {"study": study})
    template = "annotations/_pair.html" if request.headers.get("X-Fragment") else "annotations/rate.html"
    with transaction.atomic():
        # Create rows like an annotator's, so that the page is the real one, and roll them back.
        context = _context(study, comparisons[shown % total], Side.A if shown % 2 else Side.B)
        page = render(request, template, context)
        transaction.set_rollback(True)
    return page


def _context(study: Study, comparison: Comparison, shown_left: str) -> dict[str, Any]:
    annotator = join(study)
    if text := current_consent(study):
        Consent.objects.create(annotator=annotator, text=text)
    assignment = Assignment.objects.create(
        comparison=comparison, annotator=annotator, state=Assignment.State.EXPIRED, shown_left=shown_left
    )
    answer = reverse("preview-answer", args=[study.slug])
    urls = {f"{name}_url": answer for name in ("vote", "remark", "undo", "hold", "next")}
    return {
        "page": rating_page(assignment),
        "annotator": annotator,
        "preview": True,
        "simulated": study.simulated,
        "rate_url": reverse("preview", args=[study.slug]),
        **urls,
    }


@members_only
@never_cache
@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, study: Study) -> HttpResponse:
    """Take an answer without storing it; GET, which fetches the next pair ahead, gets none."""
    if request.method == "GET":
        return HttpResponse(status=204)
    state = _state(request, study)
    if key := request.POST.get("criterion"):
        state["answered"] = sorted({*state["answered"], key[:50]})
    keys = set(study.criteria.values_list("key", flat=True))
    complete = keys <= set(state["answered"]) or request.POST.get("kind") == Remark.Kind.SKIP
    if complete:
        state |= {"shown": state["shown"] + 1, "answered": []}
    request.session[SESSION_KEY] = {study.slug: state}
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"saved": True, "complete": complete, "repeated": False})
    return redirect("preview", study.slug)


def _state(request: HttpRequest, study: Study) -> dict[str, Any]:
    state: dict[str, Any] = request.session.get(SESSION_KEY, {}).get(study.slug, {"shown": 0, "answered": []})
    return state
