"""Views of the errors that people marked: why a system loses."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from annotations.models import Membership, Study
from annotations.web.access import LEAD, role_of
from leaderboards.presentation.errors.bars import error_bars
from leaderboards.presentation.errors.examples import error_examples
from leaderboards.presentation.errors.rows import agreement_rows, decimals, losing_rows, system_rows
from leaderboards.presentation.errors.words import NOT_SHOWN, board_says_it_loses, compared_names, why_sentence
from leaderboards.snapshots.query import RETRY_AFTER
from leaderboards.web.requests import asked_for, page_context, results_data, results_page
from lib.json.errors import json_error
from marks.kinds.library import kind_label
from marks.report.serve import served_marks

NOT_READY = "A worker computes the figures on these marks. Ask again in some seconds."


@results_page
def why_it_loses(request: HttpRequest, study: Study) -> HttpResponse:
    """Show which errors people marked, by kind and system; ?kind= says of which the examples are."""
    query = asked_for(request, study)
    served = served_marks(study)
    if served.report is None:
        return render(request, "leaderboards/errors.html", page_context(query) | {"served": served})
    figures = served.report
    kind = _asked_kind(request, figures["kinds"])
    small, large = compared_names(figures)
    context = page_context(query) | {
        "served": served,
        "figures": figures,
        "may_import": role_of(request.user, study) in (LEAD, Membership.Role.OWNER),
        "sentence": why_sentence(figures, loses=board_says_it_loses(query.served("board").values, figures)),
        "not_shown": NOT_SHOWN,
        "bars": error_bars(figures),
        "small": small,
        "large": large,
        "systems": system_rows(figures),
        "losing": losing_rows(figures, query.criterion.key),
        "foretold": _foretold(figures, query.criterion.key),
        "agreement": agreement_rows(figures),
        "kinds": [(name, kind_label(name)) for name in figures["kinds"]],
        "kind": kind,
        "examples": error_examples(study, systems=figures.get("small_large", {}).get("small", ()), kind=kind),
    }
    return render(request, "leaderboards/errors.html", context)


@results_data
def errors_json(request: HttpRequest, study: Study) -> HttpResponse:
    """Return what the page shows as JSON: the "marks" of `analyse`, of a large study as they were computed last."""
    served = served_marks(study)
    if served.report is None:
        response = json_error(503, "not_ready", NOT_READY)
        response["Retry-After"] = str(RETRY_AFTER)
        return response
    return JsonResponse(served.report, json_dumps_params={"ensure_ascii": False})


def _asked_kind(request: HttpRequest, kinds: list[str]) -> str:
    kind = request.GET.get("kind", "")
    if kind and kind not in kinds:
        raise Http404(f"Nobody marked a kind {kind!r} here.")
    return kind


def _foretold(figures: dict[str, Any], criterion: str) -> str:
    found = figures.get("losing", {}).get("criteria", {}).get(criterion, {}).get("foretold")
    return decimals(found) if found and found["value"] is not None else ""
