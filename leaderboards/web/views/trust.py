"""Views of trust (people, metrics, robustness) and of votes and metrics taken together."""

from collections.abc import Mapping
from operator import itemgetter
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from annotations.models import Judgement, Study
from leaderboards.boards.analysis.index import (
    InvalidWeightsError,
    possible_columns,
    read_weights,
    usual_weights,
    weighted_index,
)
from leaderboards.presentation.analysis import words as analysis_words
from leaderboards.presentation.shown_systems import rows_of_systems
from leaderboards.presentation.trust.marks import marks_seen_context
from leaderboards.presentation.trust.page import thin_systems, trust_context
from leaderboards.snapshots.query import BoardQuery
from leaderboards.snapshots.serve import get_snapshot
from leaderboards.web.requests import asked_for, flag_context, page_context, results_data, results_page
from lib.json.errors import json_error
from marks.report.changes import has_marks

VOTES_A_PAGE = 10


@results_page
def trust(request: HttpRequest, study: Study) -> HttpResponse:
    """Show whether the result can be trusted."""
    query = asked_for(request, study)
    context = page_context(query) | flag_context(query) | trust_values(query, request.GET.dict())
    context["equal_length"] = request.GET.get("show") == "equal-length"
    if has_marks(study):
        context["seen"] = marks_seen_context(marks_seen(query))
    return render(request, "leaderboards/trust.html", context)


def trust_values(query: BoardQuery, asked: Mapping[str, str], *, named: bool = True) -> dict[str, Any]:
    """Return what the page shows of the votes as they are. asked: find and page."""
    board = query.values("board")
    return trust_context(query.values("trust"), thin_systems(board), rows_of_systems(board, asked), named=named)


def marks_seen(query: BoardQuery) -> dict[str, Any] | None:
    """Return whether the metrics see what people mark; the same whatever votes and question are asked for.

    None while a worker computes it for the first time.
    """
    study = query.study
    return get_snapshot("marks-seen", study, study.criteria.first() or query.criterion).values


@results_data
def trust_json(request: HttpRequest, study: Study) -> HttpResponse:
    """Return the trust analyses as JSON, with what metrics see of marks where there are some."""
    query = asked_for(request, study)
    values = query.values("trust")
    if has_marks(study):
        values = values | {"marks_seen": marks_seen(query)}
    return JsonResponse(values, json_dumps_params={"ensure_ascii": False})


@results_page
def trust_votes(request: HttpRequest, study: Study) -> HttpResponse:
    """Show the votes that decide the first place, with both texts; ?top=3 for the top three."""
    query = asked_for(request, study)
    analysis = query.values("trust")
    tops = analysis["robustness"]["tops"]
    wanted = request.GET.get("top", "1")
    top = next((top for top in tops if str(top["k"]) == wanted), tops[0] if tops else None)
    top = None if analysis["too_few"] else top
    ids = top["votes"].get("ids", []) if top else []
    page = Paginator(_votes(ids), VOTES_A_PAGE).get_page(request.GET.get("page"))
    context = page_context(query) | {
        "analysis": analysis,
        "top": top,
        "sentence": analysis_words.on_votes(top, analysis["votes"])
        if top
        else analysis["too_few"] or analysis["robustness"]["reason"],
        "page": page,
        "rows": [(vote.assignment.comparison, vote) for vote in page],
    }
    return render(request, "leaderboards/trust_votes.html", context)


def _votes(ids: list[str]) -> Any:
    comparison = "assignment__comparison"
    return (
        Judgement.objects.filter(public_id__in=ids)
        .select_related(
            "assignment__annotator",
            f"{comparison}__document",
            f"{comparison}__query",
            f"{comparison}__summary_a__run__system",
            f"{comparison}__summary_b__run__system",
        )
        .order_by(f"{comparison}__document__external_id", "pk")
    )


@results_page
def combined(request: HttpRequest, study: Study) -> HttpResponse:
    """Show ratings from votes and metrics together, and the combined index."""
    query = asked_for(request, study)
    analysis = query.values("combined")
    columns = analysis["columns"]
    usual = usual_weights(columns)
    error = ""
    try:
        weights = read_weights(request.GET.dict()) or usual
    except InvalidWeightsError as refused:
        error, weights = str(refused), usual
    context = page_context(query) | flag_context(query)
    shown, index = rows_of_systems(query.values("board"), request.GET.dict()), weighted_index(columns, weights)
    context |= {
        "analysis": analysis,
        "shown": shown,
        "helped_rows": shown.of(analysis["helped"]["systems"], itemgetter("system")),
        "index_rows": shown.of(index["systems"], itemgetter("system")),
        "help": analysis_words.on_help(analysis["helped"]),
        "on_documents": _on_documents(analysis["helped"].get("documents")),
        "helped_by": [analysis_words.label_of_column(name) for name in analysis["helped"].get("metrics", [])],
        "index": index,
        "error": error,
        "inputs": [
            (
                column,
                analysis_words.label_of_column(column),
                request.GET.get(f"w_{column}", f"{weights.get(column, 0):g}"),
            )
            for column in possible_columns()
            if any(value is not None for value in columns["columns"].get(column, ()))
        ],
    }
    return render(request, "leaderboards/combined.html", context, status=400 if error else 200)


def _on_documents(documents: dict[str, Any] | None) -> list[str]:
    """Say how documents came to have votes, and whether they are like the others."""
    if documents is None:
        return []
    return list(filter(None, (analysis_words.on_draw(documents), analysis_words.on_documents(documents))))


@results_data
def combined_json(request: HttpRequest, study: Study) -> HttpResponse:
    """Return what the page shows as JSON."""
    analysis = asked_for(request, study).values("combined")
    try:
        weights = read_weights(request.GET.dict()) or usual_weights(analysis["columns"])
    except InvalidWeightsError as refused:
        return json_error(400, "invalid_weights", str(refused))
    answer = {**analysis, "index": weighted_index(analysis["columns"], weights)}
    return JsonResponse(answer, json_dumps_params={"ensure_ascii": False})
