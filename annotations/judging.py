"""Recording a vote: saved when given, once, with every earlier answer kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations import assignment as assignments
from annotations.models import (
    Annotator,
    Assignment,
    Comparison,
    Criterion,
    Judgement,
    JudgementRevision,
    Outcome,
    Remark,
    Sampling,
    Study,
    Wanted,
)
from annotations.pair_counts import counting

SIDES = ("left", "right")
CHOICES = (*SIDES, "tie", "both_bad")
# Far beyond any change of mind; a script could otherwise fill the history without end.
MOST_REVISIONS = 50


class RefusedError(Exception):
    """What the annotator sent cannot be taken; code names the reason, the message is for the annotator."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Vote:
    """An answer as the annotator gave it: sides as shown, client_key chosen by the browser for this answer.

    strength: 1 slightly, 2 much; None where it was not said. lead_time_ms, active_ms: since the pair was shown,
    with and without times of no activity.
    """

    token: UUID
    criterion: str
    choice: str
    client_key: UUID
    strength: int | None = None
    lead_time_ms: int | None = None
    active_ms: int | None = None


@dataclass(frozen=True)
class Recorded:
    """complete: the pair is rated. repeated: the same was saved before."""

    complete: bool
    repeated: bool


def record_vote(annotator: Annotator, vote: Vote, *, now: datetime | None = None) -> Recorded:
    """Save the vote or raise RefusedError; it is stored when this returns."""
    try:
        with transaction.atomic():
            return _record(annotator, vote, now or timezone.now())
    except IntegrityError as error:
        # Everything of our own is locked, so only a key that somebody else used meanwhile can clash.
        raise key_used() from error


def key_used() -> RefusedError:
    return RefusedError("key_used", _("This answer's key was used for another answer. Reload the page."))


def check_open(study: Study) -> None:
    if not study.takes_votes(timezone.now()):
        raise RefusedError(
            "study_not_open", _("This study is not open for rating at the moment. Your earlier votes are saved.")
        )


def _record(annotator: Annotator, vote: Vote, now: datetime) -> Recorded:
    assignment = lock(annotator, vote.token)
    if (earlier := _earlier(assignment, vote)) is not None:
        return earlier
    check_open(annotator.study)
    criterion = _criterion(annotator.study, vote)
    _check_offered(annotator.study, vote)
    if (
        assignment.state in assignments.GIVEN_BACK
        and assignments.take(annotator, assignment.comparison_id, now) is None
    ):
        raise RefusedError(
            "lease_lost",
            _("This pair was open for so long that others have rated it meanwhile. Please go on with the next one."),
        )
    with counting(assignment.pk, adaptive=is_adaptive(assignment)):
        _save(assignment, criterion, vote)
        complete = complete_if_answered(assignment, now)
    return Recorded(complete=complete, repeated=False)


def lock(annotator: Annotator, token: UUID) -> Assignment:
    """The annotator's assignment with this token, nobody else's to change until the transaction ends."""
    # Comparison first, as everywhere: taking and giving back lock in the same order.
    theirs = Comparison.objects.filter(assignments__token=token, assignments__annotator=annotator).order_by()
    locked = theirs.select_for_update(of=("self",)).values_list("pk")
    # The study as well, in a query of its own: what it says once the comparison is locked.
    mine = annotator.assignments.select_for_update(of=("self",)).select_related("comparison__study")
    assignment = mine.filter(token=token).first() if locked else None
    if assignment is None:  # also where a gold or training pair was removed meanwhile
        raise RefusedError("unknown_assignment", _("This pair is not assigned to you. Reload the page to go on."))
    return assignment


def is_adaptive(locked: Assignment) -> bool:
    return locked.comparison.study.sampling == Sampling.ADAPTIVE


def _earlier(assignment: Assignment, vote: Vote) -> Recorded | None:
    """The same vote sent again; a key that belongs to another answer is refused."""
    earlier = JudgementRevision.objects.filter(client_key=vote.client_key).select_related("criterion").first()
    if earlier is None:
        return None
    same = (
        earlier.assignment_id == assignment.pk
        and earlier.criterion.key == vote.criterion
        and earlier.outcome == outcome_of(vote.choice, assignment.shown_left)
        and earlier.strength == vote.strength
    )
    if not same:
        raise key_used()
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


def _criterion(study: Study, vote: Vote) -> Criterion:
    criterion = Criterion.objects.filter(study=study, key=vote.criterion).order_by().first()
    if criterion is None:
        raise RefusedError(
            "unknown_criterion",
            _("This study has no question named “%(name)s”. Reload the page.") % {"name": vote.criterion},
        )
    return criterion


def _check_offered(study: Study, vote: Vote) -> None:
    """The vote is one of the answers that the page offers."""
    asked = study.strength if vote.choice in SIDES else Wanted.OFF
    offered = {"tie": study.allow_tie, "both_bad": study.allow_both_bad}.get(vote.choice, True)
    if not offered or (vote.strength is not None and asked == Wanted.OFF):
        raise RefusedError("choice_not_offered", _("This study does not offer this answer. Reload the page."))
    if vote.strength is None and asked == Wanted.REQUIRED:
        raise RefusedError("strength_missing", _("Say whether it is slightly or much better. Reload the page."))


def _save(assignment: Assignment, criterion: Criterion, vote: Vote) -> None:
    about = {"assignment": assignment, "criterion": criterion}
    revisions = JudgementRevision.objects.filter(**about).count()
    if revisions >= MOST_REVISIONS:
        raise RefusedError(
            "too_many_changes",
            _("This answer was changed %(n)s times; the last one counts. Please go on with the next pair.")
            % {"n": MOST_REVISIONS},
        )
    answer: dict[str, Any] = {
        "outcome": outcome_of(vote.choice, assignment.shown_left),
        "strength": vote.strength,
        "lead_time_ms": vote.lead_time_ms,
        "active_ms": vote.active_ms,
    }
    # The assignment is locked: nobody else adds an answer between the two.
    changed = revisions and Judgement.objects.filter(**about).update(**answer, updated_at=timezone.now())
    if not changed:
        Judgement.objects.create(**about, **answer)
    JudgementRevision.objects.create(**about, client_key=vote.client_key, **answer)


def complete_if_answered(assignment: Assignment, now: datetime) -> bool:
    """True once every question is answered, and commented on where the study requires it."""
    study = assignment.annotator.study
    unanswered = ~Exists(assignment.judgements.filter(criterion=OuterRef("pk")))
    if Criterion.objects.filter(unanswered, study=study).exists():
        return False
    if study.comments == Wanted.REQUIRED and not assignment.remarks.filter(kind=Remark.Kind.COMMENT).exists():
        return False
    Assignment.objects.filter(pk=assignment.pk, state=Assignment.State.LEASED).update(
        state=Assignment.State.DONE, lease_until=None, completed_at=now
    )
    return True
