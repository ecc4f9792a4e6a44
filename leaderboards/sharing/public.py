"""Studies that everybody may see, on an installation that has a page of public boards."""

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from annotations.models import AuditEntry, Study
from annotations.studies import audit
from leaderboards.models import PublicBoard
from leaderboards.models.sharing import PAGES
from leaderboards.sharing.rules import NOTHING, SharingError, reason_to_keep


@transaction.atomic
def make_public(
    study: Study,
    by: User,
    pages: Collection[str],
    *,
    texts: bool = False,
    comments: bool = False,
    insist: bool = False,
    reason: str = "",
) -> PublicBoard:
    """Put a study on the page of public boards, in place of what stood there of it. Raises SharingError."""
    now = timezone.now()
    study = Study.objects.select_for_update().get(pk=study.pk)
    if not set(pages) & PAGES.keys():
        raise SharingError(NOTHING)
    insisted = reason_to_keep(study, now, insist=insist, reason=reason)
    PublicBoard.objects.filter(study=study).delete()
    board = PublicBoard.objects.create(
        study=study,
        made_by=by.get_username(),
        created_at=now,
        texts=texts,
        comments=comments,
        insisted=insisted,
        **{page: page in pages for page in PAGES},
    )
    although = f"; although rating went on: {insisted}" if insisted else ""
    audit.record(study, by, AuditEntry.Action.SHARING, f"made public: {', '.join(board.page_labels)}{although}")
    return board


@transaction.atomic
def take_down(study: Study, by: User) -> bool:
    """Take a study off the page of public boards; False if it was not there."""
    there, _ = PublicBoard.objects.filter(study=study).delete()
    if there:
        audit.record(study, by, AuditEntry.Action.SHARING, "public no longer")
    return bool(there)


def visible_boards(now: datetime) -> QuerySet[PublicBoard]:
    """Select those that may be seen now: rating is over, or their maker insisted. A reopened study hides."""
    over = Q(study__status=Study.Status.CLOSED) | Q(study__closes_at__lte=now)
    return PublicBoard.objects.select_related("study__dataset").filter(over | ~Q(insisted=""))
