"""Takes an annotator's last answer back: its pair is open again, and the answer stays in the history."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.counts.pair_tallies import counting
from annotations.models import Annotator, Assignment, Judgement, JudgementRevision
from annotations.rating.leases import lease_end
from annotations.rating.votes import RefusedError, check_open, is_adaptive, key_used, lock_assignment


def undo(annotator: Annotator, client_key: UUID, *, now: datetime | None = None) -> UUID:
    """Withdraw the annotator's last answer, open its pair again, and return the pair's token; or raise RefusedError.

    The answer stays in the history. A repeated client_key changes nothing.
    """
    try:
        with transaction.atomic():
            return _undo(annotator, client_key, now or timezone.now())
    except IntegrityError as error:
        raise key_used() from error


def _undo(annotator: Annotator, client_key: UUID, now: datetime) -> UUID:
    if (repeated := _withdrawn_before(annotator, client_key)) is not None:
        return repeated
    check_open(annotator.study)
    last = last_answer(annotator)
    if last is None:
        raise RefusedError("nothing_to_undo", _("There is no answer to take back."))
    assignment = lock_assignment(annotator, last.assignment.token)
    with counting(assignment.pk, adaptive=is_adaptive(assignment)):
        _withdraw(assignment, last, client_key, now)
    return assignment.token


def _withdraw(assignment: Assignment, last: Judgement, client_key: UUID, now: datetime) -> None:
    # Only this annotator changes the answer, but they may have done so in another tab.
    if not Judgement.objects.filter(pk=last.pk, updated_at=last.updated_at).delete()[0]:
        raise RefusedError("changed_meanwhile", _("The answer was changed in another window. Reload the page."))
    JudgementRevision.objects.create(
        assignment=assignment, criterion=last.criterion, client_key=client_key, outcome="", strength=None
    )
    Assignment.objects.filter(pk=assignment.pk, state=Assignment.State.DONE).update(
        state=Assignment.State.LEASED, lease_until=lease_end(now), completed_at=None
    )


def _withdrawn_before(annotator: Annotator, client_key: UUID) -> UUID | None:
    revision = JudgementRevision.objects.filter(client_key=client_key).select_related("assignment").first()
    if revision is None:
        return None
    if revision.assignment.annotator_id != annotator.pk or revision.outcome:
        raise key_used()
    return revision.assignment.token


def has_answered(annotator: Annotator) -> bool:
    return Judgement.objects.filter(assignment__annotator=annotator).exists()


def last_answer(annotator: Annotator) -> Judgement | None:
    given = Judgement.objects.filter(assignment__annotator=annotator).select_related("assignment", "criterion")
    return given.order_by("-updated_at", "-pk").first()
