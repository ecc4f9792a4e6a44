"""Invite people and let them in; each invitation holds within its time and its number of uses."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, validate_email
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.models import Annotator, AuditEntry, Invitation, Study
from annotations.people.joining import joined, resent
from annotations.studies import audit
from lib.names import normal_form, spellings

MOST_ADDRESSES = 500
LONGEST_EXTERNAL_ID = 100
LONGEST_ADDRESS = 200
MOST_PEOPLE = 1_000_000
PARAMETER = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,49}")
# A placeholder that no platform filled in: everybody who opens such a link would be the same annotator. Also NUL, which
# PostgreSQL refuses.
PLACEHOLDER = re.compile(r"\x00|…|\{\{|\$\{")


class InvitationError(ValueError):
    """The settings make no invitation; the message names what is wrong."""


class NotInvitedError(Exception):
    """The link lets nobody in; the message is for the person who opened it."""


@transaction.atomic
def invite(
    study: Study,
    kind: str,
    by: User | None,
    *,
    label: str = "",
    addresses: Sequence[str] = (),
    id_parameter: str = "",
    expires_at: datetime | None = None,
    max_uses: int | None = None,
) -> list[Invitation]:
    """Create one link, or one for each address.

    Raises:
        InvitationError: The settings make no invitation.
    """
    _check_limits(expires_at, max_uses)
    _check_kind(kind, addresses, id_parameter, label)
    if kind == Invitation.Kind.EMAIL:
        valid = _valid_addresses(addresses)
        _refuse_invited(study, valid)
        made = [Invitation(label=address, max_uses=1) for address in valid]
    else:
        made = [Invitation(label=label, max_uses=max_uses, id_parameter=id_parameter)]
    for invitation in made:
        invitation.study, invitation.kind, invitation.expires_at = study, kind, expires_at
    Invitation.objects.bulk_create(made)
    what = Invitation.Kind(kind).label
    said = f"1 invitation made: {what}" if len(made) == 1 else f"{len(made)} invitations made: {what}"
    audit.record(study, by, AuditEntry.Action.INVITATION, said)
    return made


def _check_limits(expires_at: datetime | None, max_uses: int | None) -> None:
    """Refuse an end in the past, and a link for more people than a study can have."""
    if expires_at is not None and expires_at <= timezone.now():
        raise InvitationError("The end of the invitation is in the past. Choose a later one.")
    if max_uses is not None and max_uses > MOST_PEOPLE:
        raise InvitationError(
            f"A link for {max_uses:,} people cannot be made; at most {MOST_PEOPLE:,}, or leave it empty for any number."
        )


def _check_kind(kind: str, addresses: Sequence[str], id_parameter: str, label: str) -> None:
    """Refuse input meant for another kind of invitation: ignoring it would let in other people than was meant."""
    kinds = Invitation.Kind
    if kind != kinds.EMAIL and any(address.strip() for address in addresses):
        raise InvitationError(f"Addresses are given: choose “{kinds.EMAIL.label}”, or remove them.")
    if kind == kinds.EMAIL and label.strip():
        raise InvitationError("A label is given: links for one person each are named by their addresses. Remove it.")
    if kind != kinds.EXTERNAL and id_parameter:
        raise InvitationError(f"A platform's parameter is given: choose “{kinds.EXTERNAL.label}”, or remove it.")
    if kind == kinds.EXTERNAL and not PARAMETER.fullmatch(id_parameter):
        raise InvitationError(f"{id_parameter!r} is not the name of an address parameter. Prolific's is PROLIFIC_PID.")


def _valid_addresses(addresses: Sequence[str]) -> list[str]:
    """Return each address once. Raises InvitationError where one is not valid."""
    by_person: dict[str, str] = {}
    for address in filter(None, map(str.strip, addresses)):
        # Case does not matter in addresses: one person must not become two annotators.
        by_person.setdefault(address.casefold(), address)
    unique = list(by_person.values())
    if not unique:
        raise InvitationError("No address is given. Write one address a line.")
    if len(unique) > MOST_ADDRESSES:
        raise InvitationError(f"{len(unique)} addresses are given; at most {MOST_ADDRESSES} at once.")
    for address in unique:
        try:
            MaxLengthValidator(LONGEST_ADDRESS)(address)
            validate_email(address)
        except ValidationError as error:
            raise InvitationError(f"{address[:100]!r} is not an e-mail address. Nobody was invited.") from error
    return unique


def _refuse_invited(study: Study, addresses: Sequence[str]) -> None:
    """Refuse addresses that have a link: a second one would make two annotators of one person."""
    valid = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    invited = study.invitations.filter(valid | Q(uses__gt=0), kind=Invitation.Kind.EMAIL, revoked_at=None)
    labels = {label.casefold() for label in invited.values_list("label", flat=True)}
    if again := [address for address in addresses if address.casefold() in labels]:
        named = ", ".join(again[:3]) + (f" and {len(again) - 3:,} more" if len(again) > 3 else "")
        raise InvitationError(
            f"Already invited: {named}. Leave them out, or revoke their link first. Nobody was invited."
        )


@transaction.atomic
def revoke(invitation: Invitation, by: User | None) -> None:
    """Revoke an invitation: nobody can join by it any more; those who have joined stay."""
    open_ = Invitation.objects.filter(pk=invitation.pk, revoked_at=None)
    if open_.update(revoked_at=timezone.now()):
        # Keep a person's address out of the history: researchers read it, and it cannot be erased.
        named = "" if invitation.kind == Invitation.Kind.EMAIL else invitation.label
        subject = f"revoked: {named or invitation.get_kind_display()}"
        audit.record(invitation.study, by, AuditEntry.Action.INVITATION, subject)


def check_invitation(invitation: Invitation | None, study: Study, external_id: str = "") -> None:
    """Raise NotInvitedError if nobody new can join by this invitation; None stands for the study's open link."""
    if study.status == Study.Status.CLOSED:
        raise NotInvitedError(_("Rating is closed: the researchers ended this study."))
    if invitation is None:
        if not study.open_link:
            raise NotInvitedError(_("This link is closed. Ask the researchers for an invitation of your own."))
        return
    if invitation.revoked_at is not None:
        raise NotInvitedError(_("The researchers revoked this invitation. Ask them for a new one."))
    if invitation.expires_at is not None and invitation.expires_at <= timezone.now():
        raise NotInvitedError(_("This invitation has expired. Ask the researchers for a new one."))
    if invitation.max_uses is not None and invitation.uses >= invitation.max_uses:
        raise NotInvitedError(
            _("This invitation has been used. If it was you, open your personal link, or the first browser again.")
        )
    if invitation.kind == Invitation.Kind.EXTERNAL and not 0 < len(external_id) <= LONGEST_EXTERNAL_ID:
        raise NotInvitedError(
            _(
                "The address does not say who you are (%(name)s is missing). Open the study from the platform that "
                "recruited you."
            )
            % {"name": invitation.id_parameter}
        )


def named_by_platform(invitation: Invitation | None, query: Mapping[str, str]) -> str:
    """Return the platform's id of the person from the address; "" where it has none."""
    given = query.get(invitation.id_parameter, "") if invitation and invitation.id_parameter else ""
    return "" if PLACEHOLDER.search(given) else normal_form(given)


def is_known(study: Study, external_id: str) -> bool:
    return bool(external_id) and study.annotators.filter(external_id__in=spellings(external_id)).exists()


def has_joined(study: Study, user: User | None) -> bool:
    return user is not None and study.annotators.filter(user=user).exists()


@transaction.atomic
def accept(
    invitation: Invitation | None, study: Study, user: User | None, external_id: str = "", join_key: str = ""
) -> Annotator:
    """Return the annotator this person already is, or a new one. Raises NotInvitedError."""
    if external_id and (annotator := study.annotators.filter(external_id__in=spellings(external_id)).first()):
        return annotator
    if user is not None and (annotator := study.annotators.filter(user=user).first()):
        return annotator
    if annotator := resent(study, join_key):
        return annotator
    check_invitation(invitation, study, external_id)
    annotator, is_new = joined(study, user=user, invitation=invitation, external_id=external_id, join_key=join_key)
    if is_new and invitation is not None:
        _use(invitation)
    return annotator


def _use(invitation: Invitation) -> None:
    unused = Invitation.objects.filter(Q(max_uses=None) | Q(uses__lt=F("max_uses")), pk=invitation.pk, revoked_at=None)
    if not unused.update(uses=F("uses") + 1):
        raise NotInvitedError(_("Somebody else used this invitation a moment ago. Ask the researchers for a new one."))
