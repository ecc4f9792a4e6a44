"""Takes an annotator's last act back, answer or skip: its pair is open again, and what was said stays on record."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.counts.pair_tallies import counting
from annotations.models import Annotator, Assignment, Judgement, JudgementRevision, Remark
from annotations.rating import assignment as assignments
from annotations.rating.votes import (
    AnswerRefusedError,
    check_may_answer,
    choice_of,
    is_adaptive,
    key_used,
    lock_assignment,
    reopen,
)

SKIP = "skip"


@dataclass(frozen=True)
class Undone:
    """What was taken back.

    Attributes:
        token: Of the pair, which is open again.
        what: SKIP, or the choice that was withdrawn, as annotations.web.forms.rating.VoteForm takes it.
    """

    token: UUID
    what: str


def undo(annotator: Annotator, client_key: UUID, *, now: datetime | None = None) -> Undone:
    """Withdraw the annotator's last answer or skip and open its pair again; or raise AnswerRefusedError.

    The answer or skip stays in the history. A repeated client_key changes nothing.
    """
    try:
        with transaction.atomic():
            return _undo(annotator, client_key, now or timezone.now())
    except IntegrityError as error:
        raise key_used() from error


def _undo(annotator: Annotator, client_key: UUID, now: datetime) -> Undone:
    if (repeated := _withdrawn_before(annotator, client_key)) is not None:
        return repeated
    check_may_answer(annotator)
    last = last_act(annotator)
    if last is None:
        raise AnswerRefusedError("nothing_to_undo", _("There is no answer to take back."))
    assignment = lock_assignment(annotator, last.assignment.token)
    if isinstance(last, Remark):
        _take_skip_back(assignment, last, client_key, now)
        return Undone(assignment.token, SKIP)
    with counting(assignment.pk, adaptive=is_adaptive(assignment)):
        _withdraw(assignment, last, client_key, now)
    return _undone(assignment, last)


def _undone(assignment: Assignment, answer: Judgement | JudgementRevision) -> Undone:
    choice = choice_of(answer.outcome, assignment.shown_left)
    return Undone(assignment.token, f"{choice}-{answer.strength}" if answer.strength else choice)


def _withdraw(assignment: Assignment, last: Judgement, client_key: UUID, now: datetime) -> None:
    # Only this annotator changes the answer, but they may have done so in another tab.
    if not Judgement.objects.filter(pk=last.pk, updated_at=last.updated_at).delete()[0]:
        raise AnswerRefusedError("changed_meanwhile", _("The answer was changed in another window. Reload the page."))
    JudgementRevision.objects.create(
        assignment=assignment, criterion=last.criterion, client_key=client_key, outcome="", strength=None
    )
    reopen(assignment, now)


def _take_skip_back(assignment: Assignment, skip: Remark, client_key: UUID, now: datetime) -> None:
    if assignment.state != Assignment.State.SKIPPED:
        raise AnswerRefusedError("changed_meanwhile", _("The answer was changed in another window. Reload the page."))
    if assignments.take_comparison(assignment.annotator, assignment.comparison_id, now) is None:
        raise AnswerRefusedError(
            "skip_final", _("Others have been given the pair that you skipped, so it cannot come back to you.")
        )
    Remark.objects.create(
        assignment=assignment, kind=Remark.Kind.UNSKIP, reason=skip.reason, text="", client_key=client_key
    )


def _withdrawn_before(annotator: Annotator, client_key: UUID) -> Undone | None:
    """Return what was taken back with this key, if anything was."""
    remark = Remark.objects.filter(client_key=client_key).select_related("assignment").first()
    if remark is not None:
        if remark.assignment.annotator_id != annotator.pk or remark.kind != Remark.Kind.UNSKIP:
            raise key_used()
        return Undone(remark.assignment.token, SKIP)
    revision = JudgementRevision.objects.filter(client_key=client_key).select_related("assignment").first()
    if revision is None:
        return None
    if revision.assignment.annotator_id != annotator.pk or revision.outcome:
        raise key_used()
    history = JudgementRevision.objects.filter(assignment=revision.assignment, criterion=revision.criterion_id)
    return _undone(revision.assignment, history.filter(pk__lt=revision.pk).exclude(outcome="").latest("pk"))


def has_acted(annotator: Annotator) -> bool:
    """Return True if there is something that undo would take back."""
    if annotator.saw_results_at is not None:
        return False
    acts = Q(judgements__isnull=False) | Q(state=Assignment.State.SKIPPED)
    return annotator.assignments.filter(acts).exists()


def last_act(annotator: Annotator) -> Judgement | Remark | None:
    """Return what the annotator did last: an answer, or the remark with which they skipped a pair."""
    # By the order of the history, not by time: a clock that was put back would lead to an answer of before.
    history = JudgementRevision.objects.filter(assignment=OuterRef("assignment"), criterion=OuterRef("criterion"))
    given = Judgement.objects.filter(assignment__annotator=annotator).select_related("assignment", "criterion")
    given = given.annotate(given_as=Subquery(history.order_by("-pk").values("pk")[:1]))
    answer = given.order_by(F("given_as").desc(nulls_last=True), "-pk").first()
    skips = Remark.objects.filter(
        kind=Remark.Kind.SKIP, assignment__annotator=annotator, assignment__state=Assignment.State.SKIPPED
    )
    skip = skips.select_related("assignment").order_by("-pk").first()
    if answer is None or (skip is not None and _came_later(skip, answer)):
        return skip
    return answer


def _came_later(skip: Remark, answer: Any) -> bool:
    if skip.after_revision is None or answer.given_as is None:  # of an earlier version
        return skip.created_at > answer.updated_at
    return skip.after_revision >= int(answer.given_as)
