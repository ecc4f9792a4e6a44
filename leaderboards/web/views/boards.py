"""Views of the leaderboard, its JSON, and the download of its votes."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.text import slugify

from annotations.models import Study
from leaderboards.exports import CONTENT_TYPES, FORMATS, parts
from leaderboards.exports.rows import export_rows
from leaderboards.presentation.board_details import (
    MOST_SYSTEMS,
    difference_rows,
    neighbour_rows,
    other_intervals,
    style_rows,
    win_rows,
)
from leaderboards.presentation.board_verdict import say_verdict
from leaderboards.presentation.charts.differences import differences_chart
from leaderboards.presentation.charts.shown import show_chart
from leaderboards.presentation.enough import in_numbers
from leaderboards.presentation.errors.words import with_why
from leaderboards.presentation.looks import looks_of
from leaderboards.presentation.methods import as_text, judging_of
from leaderboards.presentation.shown_systems import shown_systems
from leaderboards.presentation.tables import TABLES
from leaderboards.snapshots.freshness import freshness_of
from leaderboards.snapshots.query import BoardQuery
from leaderboards.snapshots.serve import Served
from leaderboards.web.filter_form import filter_choices
from leaderboards.web.requests import (
    asked_criterion,
    asked_filters,
    asked_for,
    page_context,
    results_data,
    results_page,
)
from lib.json.errors import json_error


@results_page
def board(request: HttpRequest, study: Study) -> HttpResponse:
    """Show the leaderboard."""
    query = asked_for(request, study, judges=True)
    served = query.served("board")
    context = _page(query) | _shown(query, served)
    if served.values is not None:
        shown = shown_systems(served.values, request.GET.dict())
        context |= {
            "shown": shown,
            "table": shown.table,
            "plots": shown.plots,
            "intervals": other_intervals(shown.board),
            "style_effects": style_rows(served.values),
            "neighbours": [row for row in neighbour_rows(served.values) if shown.has(row.better, row.worse)],
            "verdict": with_why(say_verdict(served.values), study),
            "warnings": in_numbers(served.values)["warnings"],
            "looks": looks_of(study),
        }
        if query.filters.helped:
            context["methods_text"] = as_text(served.values, judging_of(study))
    context["choices"] = filter_choices(
        study, query.filters, flagged_votes=(served.values or {}).get("flagged_votes", 0)
    )
    return render(request, "leaderboards/board.html", context)


def _page(query: BoardQuery) -> dict[str, Any]:
    return page_context(query) | {
        "counting_flagged": _with(query.parameters, flagged=None),
        "without_flagged": _with(query.parameters, flagged="out"),
    }


def _with(asked: dict[str, str], **changed: str | None) -> str:
    return urlencode({name: value for name, value in (asked | changed).items() if value is not None})


def _shown(query: BoardQuery, served: Served) -> dict[str, Any]:
    return {
        "board": served.values,
        "snapshot": served.snapshot,
        "freshness": freshness_of(served, query.criterion, query.filters),
    }


@results_page
def board_wins(request: HttpRequest, study: Study) -> HttpResponse:
    """Show the win rates of every pair of systems."""
    query = asked_for(request, study, judges=True)
    served = query.served("board")
    context = _page(query) | _shown(query, served)
    many = served.values is not None and len(served.values["systems"]) > MOST_SYSTEMS
    context |= {"rows": win_rows(served.values) if served.values and not many else [], "many": many}
    return render(request, "leaderboards/wins.html", context)


@results_page
def board_differences(request: HttpRequest, study: Study) -> HttpResponse:
    """Show which systems differ: a matrix, and the interval of every pair."""
    query = asked_for(request, study)
    board = query.values("board")
    context = _page(query) | {
        "board": board,
        "chart": show_chart(differences_chart(in_numbers(board)), study.slug, query.parameters),
        "rows": difference_rows(board),
    }
    return render(request, "leaderboards/differences.html", context)


@results_page
def board_status(request: HttpRequest, study: Study) -> HttpResponse:
    """Say whether the board on a page is current; htmx asks until it is."""
    query = asked_for(request, study, judges=True)
    served = query.served("board")
    shown = request.GET.get("shown", "")
    context = _page(query) | _shown(query, served)
    context["ready"] = served.snapshot is not None and str(served.snapshot.pk) != shown
    return render(request, "leaderboards/_board_status.html", context)


@results_data
def board_json(request: HttpRequest, study: Study) -> HttpResponse:
    """Return the board as JSON."""
    return JsonResponse(
        asked_for(request, study, judges=True).values("board"), json_dumps_params={"ensure_ascii": False}
    )


@results_data
def board_table(request: HttpRequest, study: Study, ending: str) -> HttpResponse:
    """Download the board as a file for a spreadsheet or a paper."""
    if ending not in TABLES:
        return json_error(404, "unknown_format", f"There is no format {ending!r}. Expected: json, {', '.join(TABLES)}.")
    query = asked_for(request, study, judges=True)
    write, content_type = TABLES[ending]
    return HttpResponse(
        write(query.values("board")),
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{_file_name(query)}.{ending}"'},
    )


def _file_name(query: BoardQuery) -> str:
    """Name the file of a board; that of a judge, or helped by one, says so."""
    filters = query.filters
    judge = f"-judge-{slugify(filters.judge)}" if filters.judge else ""
    helped = f"-helped-by-{slugify(filters.helped)}" if filters.helped else ""
    return f"{query.study.slug}-{query.criterion.key}{judge}{helped}"


@results_data
def board_ratings(request: HttpRequest, study: Study, file_format: str) -> HttpResponseBase:
    """Stream the votes as a file: on the criterion that ?criterion= names, else on all."""
    if file_format not in FORMATS:
        formats = ", ".join(FORMATS)
        return json_error(404, "unknown_format", f"There is no format {file_format!r}. Expected: {formats}.")
    criterion = asked_criterion(request, study) if "criterion" in request.GET else None
    name = f"{study.slug}-{criterion.key}" if criterion else study.slug
    return StreamingHttpResponse(
        parts(FORMATS[file_format](export_rows(study, criterion, asked_filters(request, study)))),
        content_type=CONTENT_TYPES[file_format],
        headers={"Content-Disposition": f'attachment; filename="{name}-ratings.{file_format}"'},
    )
