"""Let annotators download their data and make their answers anonymous. Votes stay, without a person behind them."""

import uuid
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils import timezone

from annotations.models import Annotator, AuditEntry, Invitation, JudgementRevision, Purpose, Remark
from annotations.rating.leases import leave
from annotations.rating.votes import choice_of

ERASED = "the annotator"
_personal: dict[str, tuple[Callable[[Annotator], object], Callable[[Annotator], None]]] = {}


def register_personal(name: str, own: Callable[[Annotator], object], erase_own: Callable[[Annotator], None]) -> None:
    """Let an app above this one tell what it stores about annotators, and erase it with all else."""
    _personal[name] = (own, erase_own)


def own_data(annotator: Annotator) -> dict[str, Any]:
    """Collect everything stored about an annotator in terms they know: sides as shown, no systems."""
    seen = {"saw_results_at": annotator.saw_results_at} if annotator.saw_results_at else {}
    return seen | {
        "study": annotator.study.annotator_title,
        "pseudonym": annotator.pseudonym,
        "account": annotator.user.get_username() if annotator.user else None,
        "platform_id": annotator.external_id or None,
        "joined_at": annotator.joined_at,
        "languages": annotator.languages,
        "answers": _own_answers(annotator),
        "remarks": _own_remarks(annotator),
        "consents": _own_consents(annotator),
        "about_you": _own_statements(annotator),
        **{name: own(annotator) for name, (own, _) in _personal.items()},
    }


def _own_answers(annotator: Annotator) -> list[dict[str, Any]]:
    revisions = JudgementRevision.objects.filter(assignment__annotator=annotator).order_by("pk")
    return [
        {
            "pair": answer.assignment.token,
            # Nothing here tells gold pairs from rating pairs.
            "practice": answer.assignment.comparison.purpose == Purpose.TRAINING,
            "question": answer.criterion.question,
            "answer": choice_of(answer.outcome, answer.assignment.shown_left) if answer.outcome else "withdrawn",
            "strength": answer.get_strength_display() if answer.strength else None,
            "seconds": None if answer.lead_time_ms is None else answer.lead_time_ms / 1000,
            "seconds_active": None if answer.active_ms is None else answer.active_ms / 1000,
            "given_at": answer.created_at,
        }
        for answer in revisions.select_related("assignment__comparison", "criterion")
    ]


def _own_remarks(annotator: Annotator) -> list[dict[str, Any]]:
    remarks = Remark.objects.filter(assignment__annotator=annotator).order_by("pk")
    return [
        {
            "pair": remark.assignment.token,
            "kind": remark.kind,
            "reason": remark.reason or None,
            "text": remark.text,
            "given_at": remark.created_at,
        }
        for remark in remarks.select_related("assignment")
    ]


def _own_consents(annotator: Annotator) -> list[dict[str, Any]]:
    return [
        {"version": consent.text.version, "text": consent.text.text, "given_at": consent.given_at}
        for consent in annotator.consents.select_related("text")
    ]


def _own_statements(annotator: Annotator) -> list[dict[str, Any]]:
    return [
        {"question": answer.question.text, "answer": answer.text or None, "given_at": answer.given_at}
        for answer in annotator.personal_answers.select_related("question")
    ]


def erase(annotator: Annotator) -> None:
    """Make an annotator's answers anonymous: delete account, platform id, invitation, personal link, comments,
    consents, marks and what they said about themselves.

    The votes stay under the pseudonym, which nothing connects with the person any more.
    """
    # leave() returns each place in its own transaction: together they would be locked in another order than by votes.
    leave(annotator)
    _cut_ties(annotator)


@transaction.atomic
def _cut_ties(annotator: Annotator) -> None:
    if annotator.invitation is not None and annotator.invitation.kind == Invitation.Kind.EMAIL:
        Invitation.objects.filter(pk=annotator.invitation.pk).update(label="")
    Remark.objects.filter(assignment__annotator=annotator).exclude(text="").delete()
    annotator.personal_answers.all().delete()
    annotator.consents.all().delete()
    for _, erase_own in _personal.values():
        erase_own(annotator)
    now = timezone.now()
    Annotator.objects.filter(pk=annotator.pk).update(
        user=None,
        external_id="",
        join_key="",
        invitation=None,
        reads="",
        public_id=uuid.uuid4(),
        left_at=now,
        erased_at=now,
    )
    AuditEntry.objects.create(
        study=annotator.study,
        actor=ERASED,
        action=AuditEntry.Action.ANNOTATOR,
        subject=annotator.pseudonym,
        after="erased what leads to a person",
    )
