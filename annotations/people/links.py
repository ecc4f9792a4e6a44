"""Make and read personal links and invitation links: signed ids, so that no secret is stored."""

from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.urls import reverse

from annotations.models import Annotator, Invitation, Study

_invitation = Signer(salt="annotations.invitation", sep=".")
_single = Signer(salt="annotations.single-invitation", sep=".")
_personal = Signer(salt="annotations.personal", sep=".")


def invitation_path(study: Study) -> str:
    """Return the study's open link, by which anyone can join while it is switched on."""
    return reverse("join", args=[_invitation.sign(study.public_id.hex)])


def single_path(invitation: Invitation) -> str:
    """Return the link of one invitation; a recruiting platform fills in its own parameter."""
    return reverse("join", args=[_single.sign(invitation.public_id.hex)])


def personal_path(annotator: Annotator) -> str:
    """Return the link by which this annotator continues on any device."""
    return reverse("resume", args=[_personal.sign(annotator.public_id.hex)])


def invited_to(token: str) -> tuple[Study | None, Invitation | None]:
    """Return the study and the invitation of a link (None for the open link); (None, None) if the link is not valid."""
    if public_id := _unsign(_invitation, token):
        return Study.objects.filter(public_id=public_id).first(), None
    if public_id := _unsign(_single, token):
        invitation = Invitation.objects.select_related("study").filter(public_id=public_id).first()
        return (invitation.study, invitation) if invitation else (None, None)
    return None, None


def annotator_of(token: str) -> Annotator | None:
    public_id = _unsign(_personal, token)
    return Annotator.objects.select_related("study").filter(public_id=public_id).first() if public_id else None


def _unsign(signer: Signer, token: str) -> UUID | None:
    try:
        return UUID(hex=signer.unsign(token))
    except (BadSignature, ValueError):
        return None
