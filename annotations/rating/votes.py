"""Records votes: each is saved when given, once, and every earlier answer is kept."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.counts.pair_tallies import counting
from annotations.models import (
    Annotator,
    AskMarks,
    Assignment,
    Criterion,
    Outcome,
    Remark,
    Sampling,
    Study,
    Wanted,
)
from annotations.rating import assignment as assignments
from annotations.rating import vote_queries
from annotations.rating.leases import lease_end
from annotations.rating.marking import lacks_marks
from annotations.rating.vote_queries import Answer, StoredAnswer, VoteTarget
from lib.serving.traces import span

SIDES = ("left", "right")
CHOICES = (*SIDES, "tie", "both_bad")
# Far beyond any change of mind; a script could otherwise fill the history without end.
MOST_REVISIONS = 50


class AnswerRefusedError(Exception):
    """What the annotator sent is refused.

    Attributes:
        code: The reason, for programs; the message is for the annotator.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Vote:
    """An answer as the annotator gave it.

    Attributes:
        choice: One of CHOICES; sides as shown.
        client_key: Chosen by the browser for this answer: the same key again is the same answer.
        strength: 1 slightly, 2 much; None where it was not said.
        lead_time_ms: Since the pair was shown.
        active_ms: The same, without times of no activity.
    """

    token: UUID
    criterion: str
    choice: str
    client_key: UUID
    strength: int | None = None
    lead_time_ms: int | None = None
    active_ms: int | None = None


@dataclass(frozen=True)
class Receipt:
    """What the browser is told about an answer or a remark that is stored.

    Attributes:
        complete: The pair is rated.
        repeated: The same was stored before.
    """

    complete: bool
    repeated: bool


def record_vote(annotator: Annotator, vote: Vote, *, now: datetime | None = None) -> Receipt:
    """Save the vote or raise AnswerRefusedError; the vote is stored when this returns."""
    try:
        with span("vote", study=annotator.study_id), transaction.atomic():
            return _record(annotator, vote, now or timezone.now())
    except IntegrityError as error:
        # The assignment is locked, so only a client key that was used meanwhile can clash.
        raise key_used() from error


def key_used() -> AnswerRefusedError:
    return AnswerRefusedError("key_used", _("This answer's key was used for another answer. Reload the page."))


def check_may_answer(annotator: Annotator) -> None:
    """Raise AnswerRefusedError if the study takes no votes now, or none of somebody who has seen its results."""
    if annotator.saw_results_at is not None:
        raise AnswerRefusedError(
            "results_seen",
            _("You have seen results of these meetings, so you rate them no more. Your earlier votes are saved."),
        )
    if not annotator.study.takes_votes(timezone.now()):
        raise AnswerRefusedError(
            "study_not_open", _("This study is not open for rating at the moment. Your earlier votes are saved.")
        )


def _record(annotator: Annotator, vote: Vote, now: datetime) -> Receipt:
    target = _lock_target(annotator, vote)
    assignment = target.assignment
    if target.stored is not None:
        return _repeated(target.stored, assignment, vote)
    check_may_answer(annotator)
    if target.criterion_id is None:
        raise AnswerRefusedError(
            "unknown_criterion",
            _("This study has no question named “%(name)s”. Reload the page.") % {"name": vote.criterion},
        )
    _check_offered(annotator.study, vote)
    if assignment.state in assignments.GIVEN_BACK:
        take_again(assignment, now)
    with counting(assignment.pk, adaptive=target.adaptive):
        if annotator.study.ask_marks == AskMarks.REQUIRED:
            reopen(assignment, now)  # another summary may lose now, without a mark
        _save(target, target.criterion_id, vote)
        complete = not target.others_open and _complete(assignment, now)
    return Receipt(complete=complete, repeated=False)


def take_again(given_back: Assignment, now: datetime) -> None:
    if assignments.take_comparison(given_back.annotator, given_back.comparison_id, now) is None:
        raise AnswerRefusedError(
            "lease_lost",
            _("This pair was open for so long that others have rated it meanwhile. Please go on with the next one."),
        )


def _lock_target(annotator: Annotator, vote: Vote) -> VoteTarget:
    _lock_comparison(annotator, vote.token)
    target = vote_queries.lock_vote_target(annotator, vote.token, vote.criterion, vote.client_key)
    if target is None:
        raise not_assigned()
    return target


def not_assigned() -> AnswerRefusedError:
    """The error for a token that is not the annotator's, or whose control item was removed meanwhile."""
    return AnswerRefusedError("unknown_assignment", _("This pair is not assigned to you. Reload the page to go on."))


def _lock_comparison(annotator: Annotator, token: UUID) -> None:
    # The comparison is locked first, as in taking and giving back a place.
    if not vote_queries.lock_comparison_of(annotator, token):
        raise not_assigned()


def lock_assignment(annotator: Annotator, token: UUID) -> Assignment:
    """Lock the annotator's assignment with this token until the transaction ends, and return it."""
    _lock_comparison(annotator, token)
    # The study is read in a query of its own, after the comparison is locked.
    mine = annotator.assignments.select_for_update(of=("self",)).select_related("comparison__study")
    assignment = mine.filter(token=token).first()
    if assignment is None:
        raise not_assigned()
    return assignment


def is_adaptive(locked: Assignment) -> bool:
    return locked.comparison.study.sampling == Sampling.ADAPTIVE


def _repeated(stored: StoredAnswer, assignment: Assignment, vote: Vote) -> Receipt:
    """Acknowledge a vote that was sent again; refuse a key that belongs to another answer."""
    outcome = outcome_of(vote.choice, assignment.shown_left)
    if stored != (assignment.pk, vote.criterion, outcome, vote.strength):
        raise key_used()
    return Receipt(complete=assignment.state == Assignment.State.DONE, repeated=True)


def outcome_of(choice: str, shown_left: str) -> str:
    """Return the canonical outcome of a choice between the shown sides."""
    if choice == "left":
        return shown_left
    if choice == "right":
        return Outcome.B if shown_left == Outcome.A else Outcome.A
    return Outcome(choice)


def choice_of(outcome: str, shown_left: str) -> str:
    """Return the choice between the shown sides that means this canonical outcome."""
    if outcome in (Outcome.TIE, Outcome.BOTH_BAD):
        return outcome
    return "left" if outcome == shown_left else "right"


def _check_offered(study: Study, vote: Vote) -> None:
    """Raise AnswerRefusedError unless the page offers this answer."""
    asked = study.strength if vote.choice in SIDES else Wanted.OFF
    offered = {"tie": study.allow_tie, "both_bad": study.allow_both_bad}.get(vote.choice, True)
    if not offered or (vote.strength is not None and asked == Wanted.OFF):
        raise AnswerRefusedError("choice_not_offered", _("This study does not offer this answer. Reload the page."))
    if vote.strength is None and asked == Wanted.REQUIRED:
        raise AnswerRefusedError("strength_missing", _("Say whether it is slightly or much better. Reload the page."))


def _save(target: VoteTarget, question: int, vote: Vote) -> None:
    pair = target.assignment
    if target.times_answered >= MOST_REVISIONS:
        raise AnswerRefusedError(
            "too_many_changes",
            _("This answer was changed %(n)s times; the last one counts. Please go on with the next pair.")
            % {"n": MOST_REVISIONS},
        )
    answer = Answer(outcome_of(vote.choice, pair.shown_left), vote.strength, vote.lead_time_ms, vote.active_ms)
    # The assignment is locked: nobody else adds an answer between the two.
    changed = target.times_answered > 0 and vote_queries.change_answer(pair.pk, question, answer)
    vote_queries.add_answer(pair.pk, question, answer, vote.client_key, changed=changed)


def reopen(rated: Assignment, now: datetime) -> None:
    """Take up a pair again that was rated; it keeps its place, and here the time when it was rated."""
    if rated.state == Assignment.State.DONE:
        Assignment.objects.filter(pk=rated.pk, state=Assignment.State.DONE).update(
            state=Assignment.State.LEASED, lease_until=lease_end(now), completed_at=None
        )
        rated.state = Assignment.State.LEASED


def complete_if_answered(assignment: Assignment, now: datetime) -> bool:
    """Mark the pair as rated if every question is answered and what is required is there; return whether it is."""
    unanswered = ~Exists(assignment.judgements.filter(criterion=OuterRef("pk")))
    if Criterion.objects.filter(unanswered, study=assignment.annotator.study).exists():
        return False
    return _complete(assignment, now)


def _complete(assignment: Assignment, now: datetime) -> bool:
    """Mark a pair whose questions are answered as rated; False while a required comment or mark is missing."""
    required = assignment.annotator.study.comments == Wanted.REQUIRED
    if required and not assignment.remarks.filter(kind=Remark.Kind.COMMENT).exists():
        return False
    if lacks_marks(assignment):
        return False
    # One that was reopened in this transaction was rated then.
    vote_queries.complete(assignment.pk, assignment.completed_at or now)
    return True
