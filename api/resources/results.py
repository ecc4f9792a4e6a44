"""Boards, and the votes behind them."""

from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Query, Router

from annotations.ratings_import import import_ratings
from api.access import get_managed_study, get_results_study
from api.auth import READ, WRITE, user_of
from api.schemas import ERRORS
from api.schemas_studies import BoardQuery, VotesOut, VotesQuery
from api.streams import LINES_ANSWER, lines
from api.uploads import BODY, uploaded
from leaderboards.boards import get_board
from leaderboards.lookup import find_criterion
from leaderboards.votes import export_rows

router = Router(tags=["results"])


@router.get("/studies/{slug:slug}/boards/{slug:criterion}", auth=READ, response={200: dict[str, Any], **ERRORS})
def read_board(request: HttpRequest, slug: str, criterion: str, query: Query[BoardQuery]) -> Any:
    """The leaderboard of a study on one criterion; docs/statistics.md says what the figures mean."""
    study = get_results_study(request, slug)
    return get_board(study, find_criterion(study, criterion), flagged=query.flagged != "out")


@router.get("/studies/{slug:slug}/votes", auth=READ, response={200: None, **ERRORS}, openapi_extra=LINES_ANSWER)
def export_votes(request: HttpRequest, slug: str, query: Query[VotesQuery]) -> StreamingHttpResponse:
    """The votes of a study as JSON Lines, on one criterion or on all, oldest first; sent while they are read."""
    study = get_results_study(request, slug)
    criterion = find_criterion(study, query.criterion) if query.criterion else None
    return lines(export_rows(study, criterion))


@router.post("/studies/{slug:slug}/votes", auth=WRITE, response={200: VotesOut, **ERRORS}, openapi_extra=BODY)
def upload_votes(request: HttpRequest, slug: str) -> Any:
    """Add votes that were given elsewhere, as JSON Lines with the fields of an export. For owners."""
    study = get_managed_study(request, slug, owner=True)
    with uploaded(request) as path:
        done = import_ratings(path, study, user_of(request))
    return VotesOut(added=done.added, unchanged=done.unchanged, judges=done.judges)
