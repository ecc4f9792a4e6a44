"""Links to chosen pages of a study: make, find and revoke them. Every change stands in the study's history."""

from collections.abc import Collection
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from annotations.models import AuditEntry, Study
from annotations.studies import audit
from leaderboards.models import SharedLink
from leaderboards.models.sharing import PAGES
from leaderboards.sharing.rules import NOTHING, SharingError, reason_to_keep
from lib.rate_limit import count_request
from lib.tokens import is_token, new_token, prefix_of

KIND = "share"


@transaction.atomic
def make_link(
    study: Study,
    by: User,
    pages: Collection[str],
    expires_at: datetime,
    *,
    texts: bool = False,
    comments: bool = False,
    label: str = "",
    insist: bool = False,
    reason: str = "",
) -> tuple[SharedLink, str]:
    """Make a link; returns it and its token, which is shown once and stored nowhere. Raises SharingError."""
    now = timezone.now()
    study = Study.objects.select_for_update().get(pk=study.pk)
    if not set(pages) & PAGES.keys():
        raise SharingError(NOTHING)
    if expires_at <= now:
        raise SharingError("The end of the link is in the past. Choose a later one.")
    insisted = reason_to_keep(study, now, insist=insist, reason=reason)
    token = new_token(KIND)
    link = SharedLink.objects.create(
        study=study,
        made_by=by.get_username(),
        created_at=now,
        expires_at=expires_at,
        label=label.strip(),
        prefix=token.prefix,
        digest=token.digest,
        texts=texts,
        comments=comments,
        insisted=insisted,
        **{page: page in pages for page in PAGES},
    )
    audit.record(study, by, AuditEntry.Action.SHARING, _subject("link made", link.page_labels, insisted))
    return link, token.text


def _subject(what: str, labels: list[str], insisted: str) -> str:
    although = f"; although rating went on: {insisted}" if insisted else ""
    return f"{what}: {', '.join(labels)}{although}"


@transaction.atomic
def revoke_link(link: SharedLink, by: User) -> bool:
    """End a link at once; False if it was revoked before."""
    ended = SharedLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=timezone.now())
    if ended:
        audit.record(link.study, by, AuditEntry.Action.SHARING, f"link revoked: {', '.join(link.page_labels)}")
    return bool(ended)


def find_link(text: str) -> SharedLink | None:
    """Return the link with this token, ended or not; None for any other text."""
    prefix = prefix_of(KIND, text)
    link = SharedLink.objects.select_related("study__dataset").filter(prefix=prefix).first() if prefix else None
    return link if link is not None and is_token(text, link.digest) else None


def count_opening(link: SharedLink, now: datetime) -> bool:
    """Count one opened page; False if this minute has had as many as a link may open."""
    row = SharedLink.objects.filter(pk=link.pk)
    return count_request(row, now, settings.SHARED_REQUESTS_PER_MINUTE, opened=F("opened") + 1, last_opened_at=now)
