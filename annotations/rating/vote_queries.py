"""Statements written by hand: what every vote that is saved waits for. As queries.py, which says why."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid4

from django.utils import timezone

from annotations.models import Annotator, Assignment, Sampling
from lib.sql import Columns, Statement, change, change_and_fetch, fetch, for_update

_ASSIGNMENT = Columns(Assignment, "assignment")
_COMPARISON_OF = """SELECT comparison.id FROM annotations_comparison comparison WHERE comparison.id = (
    SELECT comparison_id FROM annotations_assignment WHERE token = %s AND annotator_id = %s
)"""
_VOTE_TARGET = f"""SELECT {_ASSIGNMENT.sql}, study.sampling, criterion.id, (
    SELECT COUNT(*) FROM annotations_judgementrevision given
    WHERE given.assignment_id = assignment.id AND given.criterion_id = criterion.id
), EXISTS (
    SELECT 1 FROM annotations_criterion other
    WHERE other.study_id = study.id AND other.id <> criterion.id AND NOT EXISTS (
        SELECT 1 FROM annotations_judgement answer
        WHERE answer.assignment_id = assignment.id AND answer.criterion_id = other.id
    )
), stored.assignment_id, stored_criterion.key, stored.outcome, stored.strength
FROM annotations_assignment assignment
JOIN annotations_comparison comparison ON comparison.id = assignment.comparison_id
JOIN annotations_study study ON study.id = comparison.study_id
LEFT JOIN annotations_criterion criterion ON criterion.study_id = study.id AND criterion.key = %s
LEFT JOIN annotations_judgementrevision stored ON stored.client_key = %s
LEFT JOIN annotations_criterion stored_criterion ON stored_criterion.id = stored.criterion_id
WHERE assignment.token = %s AND assignment.annotator_id = %s"""  # noqa: S608  (no values)
_ADD_ANSWER = """INSERT INTO annotations_judgement (
    assignment_id, criterion_id, outcome, strength, lead_time_ms, active_ms, public_id, created_at, updated_at
) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"""
_CHANGE_ANSWER = """UPDATE annotations_judgement SET outcome = %s, strength = %s, lead_time_ms = %s, active_ms = %s,
updated_at = %s WHERE assignment_id = %s AND criterion_id = %s"""
_ADD_REVISION = """INSERT INTO annotations_judgementrevision (
    assignment_id, criterion_id, outcome, strength, lead_time_ms, active_ms, client_key, created_at
) VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING id"""
_COMPLETE = """UPDATE annotations_assignment SET state = 'done', lease_until = NULL, completed_at = %s
WHERE id = %s AND state = 'leased'"""


class StoredAnswer(NamedTuple):
    """The answer that is stored under a client key."""

    assignment_id: int
    criterion: str
    outcome: str
    strength: int | None


class VoteTarget(NamedTuple):
    """What a vote is about, read once its comparison is locked.

    Attributes:
        adaptive: Whether the study draws its pairs by the votes so far.
        criterion_id: None if the study has no such question.
        times_answered: How often the question was answered for this pair, corrections included.
        others_open: Whether another question of the pair has no answer.
        stored: What came with the vote's client key before, if anything did.
    """

    assignment: Assignment
    adaptive: bool
    criterion_id: int | None
    times_answered: int
    others_open: bool
    stored: StoredAnswer | None


def lock_comparison_of(annotator: Annotator, token: UUID) -> bool:
    """Lock the comparison of the annotator's assignment with this token; False if there is none."""
    return bool(fetch(f"{_COMPARISON_OF} {for_update('comparison')}", token, annotator.pk))


def lock_vote_target(annotator: Annotator, token: UUID, criterion: str, client_key: UUID) -> VoteTarget | None:
    """Lock the annotator's assignment with this token; return what a vote on this question needs, or None."""
    for row in fetch(f"{_VOTE_TARGET} {for_update('assignment')}", criterion, client_key, token, annotator.pk):
        assignment = _ASSIGNMENT.instance(row)
        assignment.annotator = annotator
        sampling, criterion_id, times_answered, others_open, *answer = row[_ASSIGNMENT.number :]
        stored = None if answer[0] is None else StoredAnswer(*answer)
        return VoteTarget(
            assignment, sampling == Sampling.ADAPTIVE, criterion_id, times_answered, bool(others_open), stored
        )
    return None


class Answer(NamedTuple):
    """What a vote says."""

    outcome: str
    strength: int | None
    lead_time_ms: int | None
    active_ms: int | None


def change_answer(assignment_id: int, criterion_id: int, answer: Answer) -> bool:
    """Change the answer to this question; False if there is none, as after undo. Its place in the history is apart."""
    return bool(change(_CHANGE_ANSWER, *answer, timezone.now(), assignment_id, criterion_id))


def add_answer(assignment_id: int, criterion_id: int, answer: Answer, client_key: UUID, *, changed: bool) -> None:
    """Store an answer and its place in the history; changed: the answer is stored already."""
    about, now = (assignment_id, criterion_id, *answer), timezone.now()
    revision = Statement(_ADD_REVISION, (*about, client_key, now))
    if changed:
        fetch(revision.sql, *revision.values)
    else:
        change_and_fetch(Statement(_ADD_ANSWER, (*about, uuid4(), now, now)), revision)


def complete(assignment_id: int, now: datetime) -> None:
    """Mark a held assignment as rated."""
    change(_COMPLETE, now, assignment_id)
