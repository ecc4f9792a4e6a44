"""Views of charts: files in any look, and a page of a study's charts with the methods text for a paper."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from annotations.models import Study
from leaderboards.presentation.charts.chart import in_readers_language
from leaderboards.presentation.charts.drawing.rendering import FILES
from leaderboards.presentation.charts.look import look_of
from leaderboards.presentation.charts.shown import show_chart
from leaderboards.presentation.methods import as_latex, as_text, judging_of
from leaderboards.presentation.study_charts import CHARTS, OPTIONS, study_chart
from leaderboards.snapshots.cache import cached_value
from leaderboards.web.requests import asked_for, page_context, results_data, results_page
from lib.json.errors import json_error

ON_THE_PAGE = ("forest", "win-matrix", "progress")


@results_data
def figure(request: HttpRequest, study: Study, name: str, ending: str) -> HttpResponse:
    """Draw a chart as a file.

    ?theme=dark and ?width=narrow draw it for such a screen; ?metric=, ?quality= and ?cost= choose what it shows.
    """
    if name not in CHARTS:
        return json_error(404, "unknown_figure", f"There is no figure {name!r}. Expected: {', '.join(CHARTS)}.")
    if ending not in FILES:
        return json_error(404, "unknown_format", f"There is no format {ending!r}. Expected: {', '.join(FILES)}.")
    query = asked_for(request, study)
    board = query.values("board")
    drawn = study_chart(name, query, board, request.GET)
    if ending != "csv":  # which programs read
        drawn = in_readers_language(drawn)
    look = look_of(request.GET.get("theme", ""), request.GET.get("width", ""))
    write, content_type = FILES[ending]
    what = ":".join([drawn.name, drawn.title, ending, look.name, get_language() or ""])
    content = cached_value(query, board["fingerprint"], what, lambda: write(drawn, look))
    return HttpResponse(
        content, content_type=content_type, headers=_headers(request, study, query.criterion.key, name, ending)
    )


def _headers(request: HttpRequest, study: Study, criterion: str, name: str, ending: str) -> dict[str, str]:
    what = [study.slug, criterion, name, *(request.GET[option] for option in OPTIONS if option in request.GET)]
    safe = "-".join(part for part in what if part.replace("-", "").replace("_", "").isalnum())
    return {"Content-Disposition": f'inline; filename="{safe}.{ending}"'}


@results_page
def figures(request: HttpRequest, study: Study) -> HttpResponse:
    """Show the charts of a study, and the methods text."""
    query = asked_for(request, study)
    board = query.values("board")
    charts = [study_chart(name, query, board, request.GET) for name in ON_THE_PAGE]
    judging = judging_of(study)
    context = page_context(query) | {
        "board": board,
        "charts": [show_chart(chart, study.slug, query.parameters) for chart in charts],
        "methods_text": as_text(board, judging),
        "methods_latex": as_latex(board, judging),
    }
    return render(request, "leaderboards/figures.html", context)
