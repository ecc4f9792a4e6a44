"""Boards, analyses, and the votes behind them."""

from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Query, Router

from annotations.imports.ratings_import import import_ratings
from annotations.models import Study
from api.gate.access import get_managed_study, get_results_study, refuse_while_rating
from api.gate.auth import READ, WRITE, user_of
from api.gate.errors import ApiError
from api.gate.streams import JSON_LINES_RESPONSE, json_lines_response
from api.gate.uploads import UPLOAD_BODY, uploaded_file
from api.schemas.common import ErrorOut
from api.schemas.results import FilterQuery, LooksOut, MarksOut, VotesOut, VotesQuery
from leaderboards.boards.stopping.planned import standing_of_looks
from leaderboards.data.filters import Filters
from leaderboards.data.lookup import find_criterion
from leaderboards.exports.looks import look_rows
from leaderboards.exports.rows import export_rows
from leaderboards.snapshots.registry import KINDS
from leaderboards.snapshots.serve import get_snapshot
from leaderboards.web.filter_form import check_choice
from marks.exports.rows import mark_rows
from marks.imports.storing import import_marks

router = Router(tags=["results"])

RETRY_AFTER = "5"
UPLOADED = "uploaded through the API"  # the source of marks that came so
ANALYSES = [kind for kind in KINDS if kind != "board"]


@router.get("/studies/{slug:slug}/boards/{slug:criterion}", auth=READ, response={200: dict[str, Any], 503: ErrorOut})
def read_board(request: HttpRequest, slug: str, criterion: str, query: Query[FilterQuery]) -> Any:
    """Read the leaderboard of a study on one criterion; docs/statistics.md says what the figures mean.

    In a study of many votes it is computed in the background: 503 with Retry-After at first, then the newest.
    """
    study = get_results_study(request, slug)
    snapshot = get_snapshot("board", study, find_criterion(study, criterion), _filters(study, query))
    return _ready_values(snapshot.values)


def _filters(study: Study, query: FilterQuery) -> Filters:
    return check_choice(Filters.from_query(query.dict()), study)


def _ready_values(values: dict[str, Any] | None) -> dict[str, Any]:
    if values is None:
        message = f"This is being computed for the first time. Ask again in {RETRY_AFTER} seconds."
        raise ApiError(503, "not_ready", message, headers={"Retry-After": RETRY_AFTER})
    return values


@router.get(
    "/studies/{slug:slug}/analyses/{slug:criterion}/{slug:kind}",
    auth=READ,
    response={200: dict[str, Any], 503: ErrorOut},
)
def read_analysis(request: HttpRequest, slug: str, criterion: str, kind: str) -> Any:
    """Read an analysis of a board; `kind` is one of the names below.

    trust: how far people and metrics agree, and how certain the ranks are. combined: votes and metrics together.
    small-large: whether small systems can replace large ones, and costs. planning: votes still needed. marks-seen:
    whether the metrics see the errors that people marked.
    """
    study = get_results_study(request, slug)
    criterion_row = find_criterion(study, criterion)
    if kind not in ANALYSES:
        message = f"There is no analysis {kind!r}. Known: {', '.join(ANALYSES)}."
        raise ApiError(404, "unknown_analysis", message, field="kind")
    return _ready_values(get_snapshot(kind, study, criterion_row).values)


@router.get("/studies/{slug:slug}/looks", auth=READ, response={200: LooksOut})
def list_looks(request: HttpRequest, slug: str) -> Any:
    """List the planned looks of a study, and what those that were taken found; docs/data-formats.md has the columns."""
    study = get_results_study(request, slug)
    standing_of_looks(study)  # takes those that are due
    return list(look_rows(study))


@router.get("/studies/{slug:slug}/votes", auth=READ, response={200: None}, openapi_extra=JSON_LINES_RESPONSE)
def export_votes(request: HttpRequest, slug: str, query: Query[VotesQuery]) -> StreamingHttpResponse:
    """Export the votes of a study as JSON Lines, on one criterion or on all, oldest first."""
    study = get_results_study(request, slug)
    criterion = find_criterion(study, query.criterion) if query.criterion else None
    return json_lines_response(export_rows(study, criterion, _filters(study, query)))


@router.get("/studies/{slug:slug}/marks", auth=READ, response={200: None}, openapi_extra=JSON_LINES_RESPONSE)
def export_marks(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """Export what people say is wrong with the summaries of a study as JSON Lines, in the order it was said.

    A mark is about characters of the stored summary, from `start` up to `end`; without them it is about the whole.
    """
    study = get_results_study(request, slug)
    return json_lines_response(mark_rows(study))


@router.post("/studies/{slug:slug}/marks", auth=WRITE, response={200: MarksOut}, openapi_extra=UPLOAD_BODY)
def upload_marks(request: HttpRequest, slug: str) -> Any:
    """Add marks made elsewhere, as JSON Lines with the fields of an export, or factgenie's. Only owners may.

    Refused with `still_rating` to whoever rates summaries of the dataset: what is wrong with a line names its text.
    """
    study = get_managed_study(request, slug, owner=True)
    refuse_while_rating(request, study)
    with uploaded_file(request) as path:
        imported = import_marks(path, study, by=user_of(request), name=UPLOADED)
    return MarksOut(
        added=imported.added,
        unchanged=imported.unchanged,
        annotators=imported.annotators,
        readings=imported.readings,
        new_kinds=list(imported.new_kinds),
    )


@router.post("/studies/{slug:slug}/votes", auth=WRITE, response={200: VotesOut}, openapi_extra=UPLOAD_BODY)
def upload_votes(request: HttpRequest, slug: str) -> Any:
    """Add votes given elsewhere, as JSON Lines with the fields of an export. Only owners may.

    Refused with `still_rating` to whoever rates summaries of the dataset: votes with texts are taken or refused by who
    wrote these.
    """
    study = get_managed_study(request, slug, owner=True)
    refuse_while_rating(request, study)
    with uploaded_file(request) as path:
        imported = import_ratings(path, study, user_of(request))
    return VotesOut(added=imported.added, unchanged=imported.unchanged, judges=imported.judges)
