"""Recording a vote: saved when given, once, with every earlier answer kept."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from annotations import assignment as assignments
from annotations.models import Annotator, Assignment, Comparison, Judgement, JudgementRevision, Outcome, Study

CHOICES = ("left", "right", "tie", "both_bad")


class VoteRefusedError(Exception):
    """The vote cannot be taken; code names the reason, the message is for the annotator."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Vote:
    """An answer as the annotator gave it: sides as shown, client_key chosen by the browser for this answer."""

    token: UUID
    criterion: str
    choice: str
    client_key: UUID
    lead_time_ms: int | None = None


@dataclass(frozen=True)
class Recorded:
    """complete: every criterion of the assignment is answered. repeated: the same vote had been saved before."""

    complete: bool
    repeated: bool


def record_vote(annotator: Annotator, vote: Vote, *, now: datetime | None = None) -> Recorded:
    """Save the vote or raise VoteRefusedError; it is stored when this returns."""
    try:
        with transaction.atomic():
            return _record(annotator, vote, now or timezone.now())
    except IntegrityError as error:
        # Everything of our own is locked, so only a key that somebody else used meanwhile can clash.
        raise VoteRefusedError("key_used", "This answer's key was used for another answer. Reload the page.") from error


def _record(annotator: Annotator, vote: Vote, now: datetime) -> Recorded:
    assignment = _lock(annotator, vote)
    if (earlier := _earlier(assignment, vote)) is not None:
        return earlier
    if annotator.study.status != Study.Status.OPEN:
        raise VoteRefusedError(
            "study_not_open", "This study is not open for rating at the moment. Your earlier votes are saved."
        )
    if (
        assignment.state == Assignment.State.EXPIRED
        and assignments.take(annotator, assignment.comparison_id, now) is None
    ):
        raise VoteRefusedError(
            "lease_lost",
            "This pair was open for so long that others have rated it meanwhile. Please go on with the next one.",
        )
    _save(assignment, vote)
    return Recorded(complete=_complete_if_answered(assignment, now), repeated=False)


def _lock(annotator: Annotator, vote: Vote) -> Assignment:
    known = annotator.assignments.filter(token=vote.token).values_list("comparison_id", flat=True).first()
    if known is None:
        raise VoteRefusedError("unknown_assignment", "This pair is not assigned to you. Reload the page to go on.")
    # Comparison first, as everywhere: taking and giving back lock in the same order.
    Comparison.objects.select_for_update().get(pk=known)
    return annotator.assignments.select_for_update().get(token=vote.token)


def _earlier(assignment: Assignment, vote: Vote) -> Recorded | None:
    """The same vote sent again; a key that belongs to another answer is refused."""
    earlier = (
        JudgementRevision.objects.filter(client_key=vote.client_key).select_related("judgement__criterion").first()
    )
    if earlier is None:
        return None
    same = (
        earlier.judgement.assignment_id == assignment.pk
        and earlier.judgement.criterion.key == vote.criterion
        and earlier.outcome == outcome_of(vote.choice, assignment.shown_left)
    )
    if not same:
        raise VoteRefusedError("key_used", "This answer's key was used for another answer. Reload the page.")
    return Recorded(complete=assignment.state == Assignment.State.DONE, repeated=True)


def outcome_of(choice: str, shown_left: str) -> str:
    """The canonical outcome of a choice made between shown sides."""
    if choice == "left":
        return shown_left
    if choice == "right":
        return Outcome.B if shown_left == Outcome.A else Outcome.A
    return Outcome(choice)


def choice_of(outcome: str, shown_left: str) -> str:
    """The inverse of outcome_of."""
    if outcome in (Outcome.TIE, Outcome.BOTH_BAD):
        return outcome
    return "left" if outcome == shown_left else "right"


def _save(assignment: Assignment, vote: Vote) -> None:
    criterion = assignment.annotator.study.criteria.filter(key=vote.criterion).first()
    if criterion is None:
        raise VoteRefusedError(
            "unknown_criterion", f"This study has no question named {vote.criterion!r}. Reload the page."
        )
    answer = {"outcome": outcome_of(vote.choice, assignment.shown_left), "lead_time_ms": vote.lead_time_ms}
    judgement, _ = Judgement.objects.update_or_create(assignment=assignment, criterion=criterion, defaults=answer)
    JudgementRevision.objects.create(judgement=judgement, client_key=vote.client_key, **answer)


def _complete_if_answered(assignment: Assignment, now: datetime) -> bool:
    if assignment.judgements.count() < assignment.annotator.study.criteria.count():
        return False
    Assignment.objects.filter(pk=assignment.pk, state=Assignment.State.LEASED).update(
        state=Assignment.State.DONE, lease_until=None, completed_at=now
    )
    return True
