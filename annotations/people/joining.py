"""Join a study: a person becomes one of its annotators, and stays the same one."""

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Max

from annotations.models import Annotator, Invitation, Study
from annotations.rating.leases import come_back


def join(
    study: Study,
    *,
    user: User | None = None,
    invitation: Invitation | None = None,
    external_id: str = "",
    join_key: str = "",
) -> Annotator:
    """Return the annotator this user already is, or a new one."""
    annotator, is_new = joined(study, user=user, invitation=invitation, external_id=external_id, join_key=join_key)
    if not is_new and user is not None:
        come_back(annotator)
    return annotator


def joined(
    study: Study, *, user: User | None, invitation: Invitation | None, external_id: str, join_key: str
) -> tuple[Annotator, bool]:
    """Return the annotator that somebody is, and whether they are one only now.

    A user is one annotator, and so is what one page with the invitation sent, however often.
    """
    if user is not None and (annotator := study.annotators.filter(user=user).first()):
        return annotator, False
    while True:
        number = (study.annotators.aggregate(last=Max("number"))["last"] or 0) + 1
        who = {"user": user, "invitation": invitation, "external_id": external_id, "join_key": join_key}
        try:
            with transaction.atomic():
                named = f"annotator-{number:03d}"
                return Annotator.objects.create(study=study, number=number, pseudonym=named, **who), True
        except IntegrityError:
            if annotator := _joined_meanwhile(study, user, external_id, join_key):
                return annotator, False


def resent(study: Study, join_key: str) -> Annotator | None:
    """Return who joined by this very page before; None also where it has no key."""
    return study.annotators.filter(join_key=join_key).first() if join_key else None


def _joined_meanwhile(study: Study, user: User | None, external_id: str, join_key: str) -> Annotator | None:
    themselves = study.annotators.none()
    if user is not None:
        themselves |= study.annotators.filter(user=user)
    if external_id:
        themselves |= study.annotators.filter(external_id=external_id)
    if join_key:
        themselves |= study.annotators.filter(join_key=join_key)
    return themselves.first()
