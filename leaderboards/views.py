"""The leaderboard, its JSON and the download of the votes behind it."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from annotations.giveaways import in_flagged_pair
from annotations.models import Criterion, Study
from leaderboards.access import StillRatingError, get_results_study, still_rating
from leaderboards.boards import get_board
from leaderboards.exports import CONTENT_TYPES, FORMATS
from leaderboards.figures import DEFAULT_SORT, forest_plot, table
from leaderboards.lookup import UnknownCriterionError, find_criterion
from leaderboards.tables import TABLES
from leaderboards.votes import counted, export_rows
from models_runner.errors import json_error

ResultsView = Callable[..., HttpResponseBase]
Refusal = StillRatingError | UnknownCriterionError


def _checked(view: ResultsView, refuse: Callable[[HttpRequest, Refusal], HttpResponseBase]) -> ResultsView:
    """Gives the view the study instead of its slug, after the checks."""

    @wraps(view)
    def checked(request: HttpRequest, slug: str, **kwargs: str) -> HttpResponseBase:
        try:
            return view(request, get_results_study(request, slug), **kwargs)
        except (StillRatingError, UnknownCriterionError) as refusal:
            return refuse(request, refusal)

    return login_required(never_cache(require_safe(checked)))


def results_page(view: ResultsView) -> ResultsView:
    return _checked(view, _refuse_as_page)


def results_data(view: ResultsView) -> ResultsView:
    return _checked(view, _refuse_as_json)


def _refuse_as_page(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    if isinstance(refusal, UnknownCriterionError):
        raise Http404(str(refusal)) from refusal
    return still_rating(request, refusal)


def _refuse_as_json(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    if isinstance(refusal, UnknownCriterionError):
        return json_error(404, "unknown_criterion", str(refusal), field="criterion")
    return json_error(403, "still_rating", str(refusal))


def _asked_criterion(request: HttpRequest, study: Study) -> Criterion:
    """The one named by ?criterion=, or the study's first."""
    key = request.GET.get("criterion")
    first = study.criteria.first() if key is None else None
    return first or find_criterion(study, key or "")


def _flagged(request: HttpRequest) -> bool:
    """?flagged=out leaves out votes on summaries that give their author away."""
    return request.GET.get("flagged") != "out"


@results_page
def board(request: HttpRequest, study: Study) -> HttpResponse:
    criterion = _asked_criterion(request, study)
    values = get_board(study, criterion, flagged=_flagged(request))
    context = {
        "flagged": _flagged(request),
        "query": urlencode({"criterion": criterion.key} | ({} if _flagged(request) else {"flagged": "out"})),
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
        get_board(study, _asked_criterion(request, study), flagged=_flagged(request)),
        json_dumps_params={"ensure_ascii": False},
    )


@results_data
def board_table(request: HttpRequest, study: Study, ending: str) -> HttpResponse:
    """The board as a file for a spreadsheet or a paper."""
    if ending not in TABLES:
        return json_error(404, "unknown_format", f"There is no format {ending!r}. Expected: json, {', '.join(TABLES)}.")
    criterion = _asked_criterion(request, study)
    write, content_type = TABLES[ending]
    return HttpResponse(
        write(get_board(study, criterion, flagged=_flagged(request))),
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{study.slug}-{criterion.key}.{ending}"'},
    )


@results_data
def board_ratings(request: HttpRequest, study: Study, file_format: str) -> HttpResponseBase:
    """The votes as a file, sent while it is read: on one criterion if ?criterion= names it, else on all."""
    if file_format not in FORMATS:
        known = ", ".join(FORMATS)
        return json_error(404, "unknown_format", f"There is no format {file_format!r}. Expected: {known}.")
    criterion = _asked_criterion(request, study) if "criterion" in request.GET else None
    name = f"{study.slug}-{criterion.key}" if criterion else study.slug
    return StreamingHttpResponse(
        FORMATS[file_format](export_rows(study, criterion)),
        content_type=CONTENT_TYPES[file_format],
        headers={"Content-Disposition": f'attachment; filename="{name}-ratings.{file_format}"'},
    )
