"""For own front ends: what the rating page does, with the same blindness and the same rules.

Everything shown goes through annotations.rating.page, and everything sent through the services that the page calls.
"""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Router

from annotations.gold.training_feedback import feedback, rated_practice
from annotations.models import Annotator, Assignment
from annotations.rating.assignment import has_work, next_assignment, prefetch
from annotations.rating.leases import renew
from annotations.rating.page import rating_page
from annotations.rating.remarks import NewRemark, record_remark
from annotations.rating.undo import undo
from annotations.rating.votes import Vote, record_vote
from annotations.studies import progress
from api.auth import ANNOTATE, annotator_of
from api.schemas import ERRORS
from api.schemas_rating import (
    AheadIn,
    AheadOut,
    FeedbackOut,
    HeldOut,
    NextOut,
    PairOut,
    RecordedOut,
    RemarkIn,
    UndoIn,
    UndoneOut,
    VoteIn,
)

router = Router(tags=["rating"])


@router.post("/rating/next", auth=ANNOTATE, response={200: NextOut, **ERRORS})
def next_pair(request: HttpRequest) -> Any:
    """The pair to rate now, held for you for a while. Asked again before it is rated, the same."""
    annotator = annotator_of(request)
    assignment = next_assignment(annotator)
    if assignment is None:
        return NextOut(pair=None, why=_why_nothing(annotator))
    return NextOut(pair=_pair(assignment), why="")


def _pair(assignment: Assignment, *, ahead: bool = False) -> PairOut:
    return PairOut.from_orm(rating_page(assignment, ahead=ahead))


def _why_nothing(annotator: Annotator) -> Any:
    if annotator.left_at is not None:
        return "left"
    if not annotator.study.takes_votes(timezone.now()):
        return "not_open"
    if has_work(annotator):
        return "waiting"
    return "preparing" if progress.more_is_coming(annotator.study) else "done"


@router.post("/rating/ahead", auth=ANNOTATE, response={200: AheadOut, **ERRORS})
def pair_ahead(request: HttpRequest, given: AheadIn) -> Any:
    """The pair that comes after the one shown, held ahead; null if none can be promised."""
    assignment = prefetch(annotator_of(request), given.after)
    return AheadOut(pair=None if assignment is None else _pair(assignment, ahead=True))


@router.post("/rating/hold", auth=ANNOTATE, response={200: HeldOut, **ERRORS})
def hold(request: HttpRequest) -> Any:
    """The pair is still being read: keep it."""
    return HeldOut(held=renew(annotator_of(request)))


@router.post("/rating/votes", auth=ANNOTATE, response={200: RecordedOut, **ERRORS})
def vote(request: HttpRequest, given: VoteIn) -> Any:
    """Save one answer; it is stored when this answers."""
    return RecordedOut.from_orm(record_vote(annotator_of(request), Vote(**given.dict())))


@router.post("/rating/remarks", auth=ANNOTATE, response={200: RecordedOut, **ERRORS})
def remark(request: HttpRequest, given: RemarkIn) -> Any:
    """Save a comment or a problem, or skip the pair: it goes to somebody else and never comes back."""
    values = given.dict()
    if given.kind == "comment":
        values["reason"] = ""
    return RecordedOut.from_orm(record_remark(annotator_of(request), NewRemark(**values)))


@router.post("/rating/undo", auth=ANNOTATE, response={200: UndoneOut, **ERRORS})
def undo_last(request: HttpRequest, given: UndoIn) -> Any:
    """Withdraw the last answer; its pair is the next one again."""
    return UndoneOut(token=undo(annotator_of(request), given.client_key))


@router.get("/rating/practice/{uuid:token}", auth=ANNOTATE, response={200: FeedbackOut, **ERRORS})
def practice(request: HttpRequest, token: UUID) -> Any:
    """After a training pair: whether the answers were the expected ones, and why."""
    assignment = rated_practice(annotator_of(request), token)
    if assignment is None:
        raise Http404
    return FeedbackOut.from_orm(feedback(assignment))
