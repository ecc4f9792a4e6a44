"""Parse requests for results: the study, after checking access, the criterion, and which votes count."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from annotations.models import Criterion, Study
from leaderboards.data.filters import PEOPLE, Filters, UnknownFilterError
from leaderboards.data.lookup import UnknownCriterionError, find_criterion
from leaderboards.presentation.flags import flag_note
from leaderboards.snapshots.query import RETRY_AFTER, BoardQuery, SnapshotPendingError
from leaderboards.web.access import StillRatingError, get_results_study
from leaderboards.web.filter_form import check_choice, left_out
from lib.json.errors import json_error
from lib.serving.login_gate import login_required
from stats.votes.least import LEAST


def page_context(query: BoardQuery) -> dict[str, Any]:
    """Return what every results page shows. "filter_query" is the query without the question."""
    return {
        "study": query.study,
        "criterion": query.criterion,
        "criteria": query.study.criteria.all(),
        "filters": query.filters,
        "left_out": left_out(query.filters),
        "query": urlencode(query.parameters),
        "people_query": urlencode({name: value for name, value in query.parameters.items() if name != "source"}),
        "filter_query": query.filters.key,
        "least": LEAST,
    }


def flag_context(query: BoardQuery) -> dict[str, Any]:
    """Return what a page says of flagged annotators, with the queries that count and leave out their votes."""
    counting = {name: value for name, value in query.parameters.items() if name != "raters"}
    return {
        "flag_note": flag_note(query.study, query.filters),
        "with_raters": urlencode(counting),
        "without_raters": urlencode(counting | {"raters": "unflagged"}),
    }


ResultsView = Callable[..., HttpResponseBase]
Refusal = StillRatingError | UnknownCriterionError | UnknownFilterError | SnapshotPendingError


def _checked(view: ResultsView, refuse: Callable[[HttpRequest, Refusal], HttpResponseBase]) -> ResultsView:
    """Pass the view the study instead of its slug, after checking access; pass refusals to `refuse`."""

    @wraps(view)
    def checked(request: HttpRequest, slug: str, **kwargs: str) -> HttpResponseBase:
        try:
            return view(request, get_results_study(request, slug), **kwargs)
        except (StillRatingError, UnknownCriterionError, UnknownFilterError, SnapshotPendingError) as refusal:
            return refuse(request, refusal)

    return login_required(never_cache(require_safe(checked)))


def results_page(view: ResultsView) -> ResultsView:
    """Decorate a view of a study's results that answers with a page."""
    return _checked(view, _refuse_as_page)


def results_data(view: ResultsView) -> ResultsView:
    """Decorate a view of a study's results that answers with data or a file."""
    return _checked(view, _refuse_as_json)


def _refuse_as_page(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    if isinstance(refusal, UnknownCriterionError):
        raise Http404(str(refusal)) from refusal
    if isinstance(refusal, UnknownFilterError):
        return render(request, "leaderboards/unknown_filter.html", {"refusal": refusal}, status=400)
    if isinstance(refusal, SnapshotPendingError):
        context = page_context(refusal.query) | {"job": refusal.served.job, "seconds": RETRY_AFTER}
        return render(request, "leaderboards/being_computed.html", context)
    raise refusal


def _refuse_as_json(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    if isinstance(refusal, UnknownCriterionError):
        return json_error(404, "unknown_criterion", str(refusal), field="criterion")
    if isinstance(refusal, UnknownFilterError):
        return json_error(400, "unknown_filter", str(refusal), field=refusal.parameter)
    if isinstance(refusal, SnapshotPendingError):
        answer = json_error(503, "not_ready", str(refusal))
        answer["Retry-After"] = str(RETRY_AFTER)
        return answer
    return json_error(403, "still_rating", str(refusal))


def asked_criterion(request: HttpRequest, study: Study) -> Criterion:
    """Return the criterion that ?criterion= names, or the study's first."""
    key = request.GET.get("criterion")
    first = study.criteria.first() if key is None else None
    return first or find_criterion(study, key or "")


def asked_filters(request: HttpRequest, study: Study, *, judges: bool = False) -> Filters:
    """Return which votes count, and how. Raises UnknownFilterError, also for a value that the study does not have.

    judges: Whether the page may be of a judge's verdicts in place of people's votes.
    """
    filters = check_choice(Filters.from_query(request.GET.dict()), study)
    if filters.source != PEOPLE and not judges:
        raise UnknownFilterError("source", filters.source, f"{PEOPLE}; only the board itself can be of a judge")
    return filters


def asked_for(request: HttpRequest, study: Study, *, judges: bool = False) -> BoardQuery:
    """Return the query of a results page; judges: as in asked_filters."""
    return BoardQuery(study, asked_criterion(request, study), asked_filters(request, study, judges=judges))
