"""Rating in a front end of one's own, with the blindness and the rules of the rating page.

Answers are built by annotations.rating.page, and votes and remarks go to the services that the page calls.
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
from annotations.rating.votes import AnswerRefusedError, Vote, record_vote
from annotations.studies import progress
from annotations.studies.consent import lacks_consent
from api.gate.auth import ANNOTATE, annotator_of
from api.schemas.rating import (
    AheadIn,
    AheadOut,
    FeedbackOut,
    HeldOut,
    MarksOut,
    NextOut,
    PairOut,
    RecordedOut,
    RemarkIn,
    UndoIn,
    UndoneOut,
    VoteIn,
)
from marks.marking.described import marks_of_pair

router = Router(tags=["rating"])

CONSENT_MISSING = (
    "This study asks people for their consent, which they give on its own pages: let them join by an invitation. "
    "Or take the consent text out of the study and ask for consent in your front end."
)


@router.post("/rating/next", auth=ANNOTATE, response={200: NextOut})
def next_pair(request: HttpRequest) -> Any:
    """Get the pair to rate now, held for a while. Until it is rated, the answer is the same pair."""
    annotator = annotator_of(request)
    if lacks_consent(annotator):
        raise AnswerRefusedError("consent_missing", CONSENT_MISSING)
    assignment = next_assignment(annotator)
    if assignment is None:
        return NextOut(pair=None, why=_why_nothing(annotator))
    return NextOut(pair=_pair(assignment), why="")


def _pair(assignment: Assignment, *, ahead: bool = False) -> PairOut:
    pair = PairOut.from_orm(rating_page(assignment, ahead=ahead))
    marks = marks_of_pair(assignment)
    pair.marks = None if marks is None else MarksOut.from_orm(marks)
    return pair


def _why_nothing(annotator: Annotator) -> Any:
    if annotator.left_at is not None:
        return "left"
    if annotator.saw_results_at is not None:
        return "done"
    if not annotator.study.takes_votes(timezone.now()):
        return "not_open"
    if has_work(annotator):
        return "waiting"
    return "preparing" if progress.more_is_coming(annotator.study) else "done"


@router.post("/rating/ahead", auth=ANNOTATE, response={200: AheadOut})
def pair_ahead(request: HttpRequest, body: AheadIn) -> Any:
    """Get the pair after the one shown, held ahead; null if none can be promised."""
    assignment = prefetch(annotator_of(request), body.after)
    return AheadOut(pair=None if assignment is None else _pair(assignment, ahead=True))


@router.post("/rating/hold", auth=ANNOTATE, response={200: HeldOut})
def hold(request: HttpRequest) -> Any:
    """Keep the pair that is still being read."""
    return HeldOut(held=renew(annotator_of(request)))


@router.post("/rating/votes", auth=ANNOTATE, response={200: RecordedOut})
def vote(request: HttpRequest, body: VoteIn) -> Any:
    """Save one answer. It is stored once this operation answers."""
    return RecordedOut.from_orm(record_vote(annotator_of(request), Vote(**body.dict())))


@router.post("/rating/remarks", auth=ANNOTATE, response={200: RecordedOut})
def remark(request: HttpRequest, body: RemarkIn) -> Any:
    """Save a comment or a problem, or skip the pair: it goes to another annotator and does not come back."""
    values = body.dict()
    if body.kind == "comment":
        values["reason"] = ""
    return RecordedOut.from_orm(record_remark(annotator_of(request), NewRemark(**values)))


@router.post("/rating/undo", auth=ANNOTATE, response={200: UndoneOut})
def undo_last(request: HttpRequest, body: UndoIn) -> Any:
    """Withdraw the last answer or skip; its pair comes next again."""
    return UndoneOut(token=undo(annotator_of(request), body.client_key).token)


@router.get("/rating/practice/{uuid:token}", auth=ANNOTATE, response={200: FeedbackOut})
def practice(request: HttpRequest, token: UUID) -> Any:
    """Get feedback on a rated training pair: whether the answers were the expected ones, and why."""
    assignment = rated_practice(annotator_of(request), token)
    if assignment is None:
        raise Http404
    return FeedbackOut.from_orm(feedback(assignment))
