"""What an annotator may take away, and have erased. Votes stay, without a person behind them."""

import uuid
from typing import Any

from django.db import transaction
from django.utils import timezone

from annotations.models import Annotator, AuditEntry, Invitation, JudgementRevision, Purpose, Remark
from annotations.rating.leases import leave
from annotations.rating.votes import choice_of

ERASED = "the annotator"


def own_data(annotator: Annotator) -> dict[str, Any]:
    """Everything stored about this annotator, in the terms they know: sides as shown, no system."""
    revisions = JudgementRevision.objects.filter(assignment__annotator=annotator).order_by("pk")
    remarks = Remark.objects.filter(assignment__annotator=annotator).order_by("pk")
    return {
        "study": annotator.study.annotator_title,
        "pseudonym": annotator.pseudonym,
        "account": annotator.user.get_username() if annotator.user else None,
        "platform_id": annotator.external_id or None,
        "joined_at": annotator.joined_at,
        "answers": [
            {
                "pair": one.assignment.token,
                # Nothing else tells one pair from another: which ones were gold stays unsaid.
                "practice": one.assignment.comparison.purpose == Purpose.TRAINING,
                "question": one.criterion.question,
                "answer": choice_of(one.outcome, one.assignment.shown_left) if one.outcome else "withdrawn",
                "strength": one.get_strength_display() if one.strength else None,
                "seconds": None if one.lead_time_ms is None else one.lead_time_ms / 1000,
                "seconds_active": None if one.active_ms is None else one.active_ms / 1000,
                "given_at": one.created_at,
            }
            for one in revisions.select_related("assignment__comparison", "criterion")
        ],
        "remarks": [
            {
                "pair": one.assignment.token,
                "kind": one.kind,
                "reason": one.reason or None,
                "text": one.text,
                "given_at": one.created_at,
            }
            for one in remarks.select_related("assignment")
        ],
    }


def erase(annotator: Annotator) -> None:
    """Cut every tie to the person: account, platform's id, invitation, personal link, words of their own.

    Answers stay under the pseudonym, which nothing leads to any more.
    """
    # Each place in a transaction of its own: two at once would be locks in another order than a vote takes them.
    leave(annotator)
    _cut_ties(annotator)


@transaction.atomic
def _cut_ties(annotator: Annotator) -> None:
    if annotator.invitation is not None and annotator.invitation.kind == Invitation.Kind.EMAIL:
        Invitation.objects.filter(pk=annotator.invitation.pk).update(label="")
    Remark.objects.filter(assignment__annotator=annotator).exclude(text="").delete()
    now = timezone.now()
    Annotator.objects.filter(pk=annotator.pk).update(
        user=None, external_id="", invitation=None, public_id=uuid.uuid4(), left_at=now, erased_at=now
    )
    AuditEntry.objects.create(
        study=annotator.study,
        actor=ERASED,
        action=AuditEntry.Action.ANNOTATOR,
        subject=annotator.pseudonym,
        after="erased what leads to a person",
    )
