"""What a results page is asked for: the study after its checks, the criterion, which votes."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from annotations.models import Criterion, Study
from leaderboards.access import StillRatingError, get_results_study, still_rating
from leaderboards.choices import check_choice
from leaderboards.filters import Filters, UnknownFilterError
from leaderboards.lookup import UnknownCriterionError, find_criterion
from models_runner.errors import json_error

ResultsView = Callable[..., HttpResponseBase]
Refusal = StillRatingError | UnknownCriterionError | UnknownFilterError


def _checked(view: ResultsView, refuse: Callable[[HttpRequest, Refusal], HttpResponseBase]) -> ResultsView:
    """Gives the view the study instead of its slug, after the checks."""

    @wraps(view)
    def checked(request: HttpRequest, slug: str, **kwargs: str) -> HttpResponseBase:
        try:
            return view(request, get_results_study(request, slug), **kwargs)
        except (StillRatingError, UnknownCriterionError, UnknownFilterError) as refusal:
            return refuse(request, refusal)

    return login_required(never_cache(require_safe(checked)))


def results_page(view: ResultsView) -> ResultsView:
    return _checked(view, _refuse_as_page)


def results_data(view: ResultsView) -> ResultsView:
    return _checked(view, _refuse_as_json)


def _refuse_as_page(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    if isinstance(refusal, UnknownCriterionError):
        raise Http404(str(refusal)) from refusal
    if isinstance(refusal, UnknownFilterError):
        return render(request, "leaderboards/unknown_filter.html", {"refusal": refusal}, status=400)
    return still_rating(request, refusal)


def _refuse_as_json(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    if isinstance(refusal, UnknownCriterionError):
        return json_error(404, "unknown_criterion", str(refusal), field="criterion")
    if isinstance(refusal, UnknownFilterError):
        return json_error(400, "unknown_filter", str(refusal), field=refusal.parameter)
    return json_error(403, "still_rating", str(refusal))


def asked_criterion(request: HttpRequest, study: Study) -> Criterion:
    """The one named by ?criterion=, or the study's first."""
    key = request.GET.get("criterion")
    first = study.criteria.first() if key is None else None
    return first or find_criterion(study, key or "")


def asked_filters(request: HttpRequest, study: Study) -> Filters:
    """Which votes, and how they count. Raises UnknownFilterError, also for what the study has none of."""
    filters = Filters.from_query(request.GET.dict())
    check_choice(filters, study)
    return filters


def asked_flagged(request: HttpRequest) -> bool:
    """?flagged=out leaves out votes on summaries that give their author away."""
    return Filters.from_query(request.GET.dict()).flagged == "in"
