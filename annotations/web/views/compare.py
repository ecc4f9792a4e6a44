"""Summaries of a document side by side, with the names of their systems: for researchers who do not rate them."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from annotations.review.side_by_side import neighbours, side_by_side
from models_runner.web.access import get_document, researchers_only
from models_runner.web.blinding import refuse_texts


@researchers_only
@never_cache
@require_GET
def compare(request: HttpRequest, pk: int) -> HttpResponse:
    """?of= says which summaries, ?systems= (several, or with commas) whose."""
    document = get_document(request, pk)
    refuse_texts(request, document.dataset_id)
    systems = [slug for value in request.GET.getlist("systems") for slug in value.split(",") if slug]
    shown = side_by_side(document, request.GET.get("of", ""), systems)
    before, after = neighbours(document, shown)
    context = {
        "document": document,
        "shown": shown,
        "before": before,
        "after": after,
        "same": urlencode({"of": shown.asked, "systems": ",".join(shown.chosen)}),
        "plain": request.GET.get("differences") == "off",
    }
    return render(request, "annotations/compare.html", context)
