"""Recording a vote: saved when given, once, with every earlier answer kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.counts.pair_tallies import counting
from annotations.models import (
    Annotator,
    Assignment,
    Criterion,
    Judgement,
    JudgementRevision,
    Outcome,
    Remark,
    Sampling,
    Study,
    Wanted,
)
from annotations.rating import assignment as assignments
from lib.sql import Columns, change, fetch, for_update, insert

SIDES = ("left", "right")
CHOICES = (*SIDES, "tie", "both_bad")
# Far beyond any change of mind; a script could otherwise fill the history without end.
MOST_REVISIONS = 50
ASSIGNMENT = Columns(Assignment, "assignment")

THEIRS = """SELECT comparison.id FROM annotations_comparison comparison WHERE comparison.id = (
    SELECT comparison_id FROM annotations_assignment WHERE token = %s AND annotator_id = %s
)"""
# The assignment; its study's sampling; the question, how often it was answered, whether another one is open; and what
# came with this key before.
ASKED = f"""SELECT {ASSIGNMENT.sql}, study.sampling, criterion.id, (
    SELECT COUNT(*) FROM annotations_judgementrevision given
    WHERE given.assignment_id = assignment.id AND given.criterion_id = criterion.id
), EXISTS (
    SELECT 1 FROM annotations_criterion other
    WHERE other.study_id = study.id AND other.id <> criterion.id AND NOT EXISTS (
        SELECT 1 FROM annotations_judgement answer
        WHERE answer.assignment_id = assignment.id AND answer.criterion_id = other.id
    )
), earlier.assignment_id, asked_earlier.key, earlier.outcome, earlier.strength
FROM annotations_assignment assignment
JOIN annotations_comparison comparison ON comparison.id = assignment.comparison_id
JOIN annotations_study study ON study.id = comparison.study_id
LEFT JOIN annotations_criterion criterion ON criterion.study_id = study.id AND criterion.key = %s
LEFT JOIN annotations_judgementrevision earlier ON earlier.client_key = %s
LEFT JOIN annotations_criterion asked_earlier ON asked_earlier.id = earlier.criterion_id
WHERE assignment.token = %s AND assignment.annotator_id = %s"""  # noqa: S608  (no values)
COMPLETE = """UPDATE annotations_assignment SET state = 'done', lease_until = NULL, completed_at = %s
WHERE id = %s AND state = 'leased'"""


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
    asked = _lock_for(annotator, vote)
    assignment = asked.assignment
    if asked.earlier is not None:
        return _repeated(asked.earlier, assignment, vote)
    check_open(annotator.study)
    if asked.criterion is None:
        raise RefusedError(
            "unknown_criterion",
            _("This study has no question named “%(name)s”. Reload the page.") % {"name": vote.criterion},
        )
    _check_offered(annotator.study, vote)
    if assignment.state in assignments.GIVEN_BACK:
        take_again(assignment, now)
    with counting(assignment.pk, adaptive=asked.adaptive):
        _save(assignment, asked, vote)
        complete = not asked.others_open and _complete(assignment, now)
    return Recorded(complete=complete, repeated=False)


def take_again(given_back: Assignment, now: datetime) -> None:
    if assignments.take(given_back.annotator, given_back.comparison_id, now) is None:
        raise RefusedError(
            "lease_lost",
            _("This pair was open for so long that others have rated it meanwhile. Please go on with the next one."),
        )


class Earlier(NamedTuple):
    """The answer that came with this key before."""

    assignment_id: int
    criterion: str
    outcome: str
    strength: int | None


class Asked(NamedTuple):
    """What a vote is about, as it is once its comparison is locked.

    criterion: None where the study has no such question. given: how often it was answered. others_open: whether another
    question of the pair has no answer.
    """

    assignment: Assignment
    adaptive: bool
    criterion: int | None
    given: int
    others_open: bool
    earlier: Earlier | None


def _lock_for(annotator: Annotator, vote: Vote) -> Asked:
    _lock_comparison(annotator, vote.token)
    for row in fetch(f"{ASKED} {for_update('assignment')}", vote.criterion, vote.client_key, vote.token, annotator.pk):
        assignment = ASSIGNMENT.instance(row)
        assignment.annotator = annotator
        sampling, criterion, given, others_open, *earlier = row[ASSIGNMENT.number :]
        known = None if earlier[0] is None else Earlier(*earlier)
        return Asked(assignment, sampling == Sampling.ADAPTIVE, criterion, given, bool(others_open), known)
    raise not_assigned()


def not_assigned() -> RefusedError:
    """Also where a gold or training pair was removed meanwhile."""
    return RefusedError("unknown_assignment", _("This pair is not assigned to you. Reload the page to go on."))


def _lock_comparison(annotator: Annotator, token: UUID) -> None:
    # Comparison first, as everywhere: taking and giving back lock in the same order.
    if not fetch(f"{THEIRS} {for_update('comparison')}", token, annotator.pk):
        raise not_assigned()


def lock(annotator: Annotator, token: UUID) -> Assignment:
    """The annotator's assignment with this token, nobody else's to change until the transaction ends."""
    _lock_comparison(annotator, token)
    # The study as well, in a query of its own: what it says once the comparison is locked.
    mine = annotator.assignments.select_for_update(of=("self",)).select_related("comparison__study")
    assignment = mine.filter(token=token).first()
    if assignment is None:
        raise not_assigned()
    return assignment


def is_adaptive(locked: Assignment) -> bool:
    return locked.comparison.study.sampling == Sampling.ADAPTIVE


def _repeated(earlier: Earlier, assignment: Assignment, vote: Vote) -> Recorded:
    """The same vote sent again; a key that belongs to another answer is refused."""
    outcome = outcome_of(vote.choice, assignment.shown_left)
    if earlier != (assignment.pk, vote.criterion, outcome, vote.strength):
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


def _check_offered(study: Study, vote: Vote) -> None:
    """The vote is one of the answers that the page offers."""
    asked = study.strength if vote.choice in SIDES else Wanted.OFF
    offered = {"tie": study.allow_tie, "both_bad": study.allow_both_bad}.get(vote.choice, True)
    if not offered or (vote.strength is not None and asked == Wanted.OFF):
        raise RefusedError("choice_not_offered", _("This study does not offer this answer. Reload the page."))
    if vote.strength is None and asked == Wanted.REQUIRED:
        raise RefusedError("strength_missing", _("Say whether it is slightly or much better. Reload the page."))


def _save(assignment: Assignment, asked: Asked, vote: Vote) -> None:
    if asked.given >= MOST_REVISIONS:
        raise RefusedError(
            "too_many_changes",
            _("This answer was changed %(n)s times; the last one counts. Please go on with the next pair.")
            % {"n": MOST_REVISIONS},
        )
    about: dict[str, Any] = {"assignment": assignment, "criterion_id": asked.criterion}
    answer: dict[str, Any] = {
        "outcome": outcome_of(vote.choice, assignment.shown_left),
        "strength": vote.strength,
        "lead_time_ms": vote.lead_time_ms,
        "active_ms": vote.active_ms,
    }
    # The assignment is locked: nobody else adds an answer between the two.
    changed = asked.given and Judgement.objects.filter(**about).update(**answer, updated_at=timezone.now())
    if not changed:
        insert(Judgement(**about, **answer))
    insert(JudgementRevision(**about, client_key=vote.client_key, **answer))


def complete_if_answered(assignment: Assignment, now: datetime) -> bool:
    """True once every question is answered, and commented on where the study requires it."""
    unanswered = ~Exists(assignment.judgements.filter(criterion=OuterRef("pk")))
    if Criterion.objects.filter(unanswered, study=assignment.annotator.study).exists():
        return False
    return _complete(assignment, now)


def _complete(assignment: Assignment, now: datetime) -> bool:
    """Of a pair whose questions are answered: False while a comment is missing."""
    required = assignment.annotator.study.comments == Wanted.REQUIRED
    if required and not assignment.remarks.filter(kind=Remark.Kind.COMMENT).exists():
        return False
    change(COMPLETE, now, assignment.pk)
    return True
