"""The leaderboard, its JSON and the download of the votes behind it."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.shortcuts import render

from annotations.giveaways import in_flagged_pair
from annotations.models import Study
from leaderboards.asking import asked_criterion, asked_flagged, results_data, results_page
from leaderboards.boards import get_board
from leaderboards.exports import CONTENT_TYPES, FORMATS
from leaderboards.figures import DEFAULT_SORT, forest_plot, table
from leaderboards.tables import TABLES
from leaderboards.votes import counted, export_rows
from models_runner.errors import json_error


@results_page
def board(request: HttpRequest, study: Study) -> HttpResponse:
    criterion = asked_criterion(request, study)
    values = get_board(study, criterion, flagged=asked_flagged(request))
    context = {
        "flagged": asked_flagged(request),
        "query": urlencode({"criterion": criterion.key} | ({} if asked_flagged(request) else {"flagged": "out"})),
        "flagged_votes": counted().filter(in_flagged_pair(study), criterion=criterion).count(),
        "study": study,
        "criterion": criterion,
        "criteria": study.criteria.all(),
        "board": values,
        "table": table(values, sort=request.GET.get("sort", DEFAULT_SORT)),
        "plot": forest_plot(values),
    }
    return render(request, "leaderboards/board.html", context)


@results_data
def board_json(request: HttpRequest, study: Study) -> HttpResponse:
    return JsonResponse(
        get_board(study, asked_criterion(request, study), flagged=asked_flagged(request)),
        json_dumps_params={"ensure_ascii": False},
    )


@results_data
def board_table(request: HttpRequest, study: Study, ending: str) -> HttpResponse:
    """The board as a file for a spreadsheet or a paper."""
    if ending not in TABLES:
        return json_error(404, "unknown_format", f"There is no format {ending!r}. Expected: json, {', '.join(TABLES)}.")
    criterion = asked_criterion(request, study)
    write, content_type = TABLES[ending]
    return HttpResponse(
        write(get_board(study, criterion, flagged=asked_flagged(request))),
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{study.slug}-{criterion.key}.{ending}"'},
    )


@results_data
def board_ratings(request: HttpRequest, study: Study, file_format: str) -> HttpResponseBase:
    """The votes as a file, sent while it is read: on one criterion if ?criterion= names it, else on all."""
    if file_format not in FORMATS:
        known = ", ".join(FORMATS)
        return json_error(404, "unknown_format", f"There is no format {file_format!r}. Expected: {known}.")
    criterion = asked_criterion(request, study) if "criterion" in request.GET else None
    name = f"{study.slug}-{criterion.key}" if criterion else study.slug
    return StreamingHttpResponse(
        FORMATS[file_format](export_rows(study, criterion)),
        content_type=CONTENT_TYPES[file_format],
        headers={"Content-Disposition": f'attachment; filename="{name}-ratings.{file_format}"'},
    )
