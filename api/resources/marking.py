"""Marking errors in a front end of one's own: what the rating page sends of marks, with its checks."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from annotations.rating.votes import Receipt
from api.gate.auth import ANNOTATE, annotator_of
from api.schemas.rating import MarkIn, OfPairIn, RecordedOut, TakeBackIn
from marks.marking.recording import NewMark, record_mark, record_no_error, record_reading, take_back

router = Router(tags=["rating"])


@router.post("/rating/marks", auth=ANNOTATE, response={200: RecordedOut})
def mark(request: HttpRequest, body: MarkIn) -> Any:
    """Mark an error in one of the two summaries: at its words, or as a whole."""
    return RecordedOut.from_orm(record_mark(annotator_of(request), NewMark(**body.dict(), in_given=True)))


@router.post("/rating/marks/take-back", auth=ANNOTATE, response={200: RecordedOut})
def take_mark_back(request: HttpRequest, body: TakeBackIn) -> Any:
    """Take a mark back; it stays on record. A rated pair that lacks it is open again."""
    return RecordedOut.from_orm(take_back(annotator_of(request), body.token, body.mark, body.client_key))


@router.post("/rating/marks/read", auth=ANNOTATE, response={200: RecordedOut})
def read_for_errors(request: HttpRequest, body: OfPairIn) -> Any:
    """Say that both summaries were read for errors."""
    record_reading(annotator_of(request), body.token)
    return RecordedOut.from_orm(Receipt(complete=False, repeated=False))


@router.post("/rating/marks/none", auth=ANNOTATE, response={200: RecordedOut})
def no_error_to_mark(request: HttpRequest, body: OfPairIn) -> Any:
    """Say, where marks are required, that there is no error to mark in what loses."""
    return RecordedOut.from_orm(record_no_error(annotator_of(request), body.token))
