"""Join a study: a person becomes one of its annotators, and stays the same one."""

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Max

from annotations.models import Annotator, Invitation, Study
from annotations.rating.leases import come_back


def join(
    study: Study, *, user: User | None = None, invitation: Invitation | None = None, external_id: str = ""
) -> Annotator:
    """Return the annotator this user already is, or a new one."""
    if user is not None and (annotator := study.annotators.filter(user=user).first()):
        come_back(annotator)
        return annotator
    while True:
        number = (study.annotators.aggregate(last=Max("number"))["last"] or 0) + 1
        who = {"user": user, "invitation": invitation, "external_id": external_id}
        try:
            with transaction.atomic():
                return Annotator.objects.create(study=study, number=number, pseudonym=f"annotator-{number:03d}", **who)
        except IntegrityError:
            if annotator := _joined_meanwhile(study, user, external_id):
                return annotator


def _joined_meanwhile(study: Study, user: User | None, external_id: str) -> Annotator | None:
    themselves = study.annotators.none()
    if user is not None:
        themselves |= study.annotators.filter(user=user)
    if external_id:
        themselves |= study.annotators.filter(external_id=external_id)
    return themselves.first()
