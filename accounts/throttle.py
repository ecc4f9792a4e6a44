"""Count what may not be tried too often, by the limit and the time of the login's lock."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_address

from axes.models import AccessAttempt
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.models import AttemptCount

logger = logging.getLogger(__name__)
KEPT = timedelta(days=1)
LONGEST_NAME = 255  # of a name in the rows of the lock; names of accounts are shorter


def address_of(request: HttpRequest) -> str:
    """Return the address that a request comes from; the login's lock asks here, too.

    Behind a proxy it is the last one in X-Forwarded-For, which the proxy adds, or behind several the one that the first
    of them added; anybody can write those before it.
    """
    here: str = request.META.get("REMOTE_ADDR", "")
    if not settings.BEHIND_PROXY:
        return here
    told = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    return told[-settings.PROXY_COUNT] if len(told) >= settings.PROXY_COUNT and told[-settings.PROXY_COUNT] else here


def has_own_address(request: HttpRequest) -> bool:
    """Tell whether an address is a client's: that of a proxy on this machine, without BEHIND_PROXY, is everybody's."""
    if settings.BEHIND_PROXY or "X-Forwarded-For" not in request.headers:
        return True
    try:
        is_here = ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        is_here = False
    if is_here:
        logger.warning("a proxy sends X-Forwarded-For, but BEHIND_PROXY is off: all clients have one address")
    return not is_here


def name_tried(request: HttpRequest, credentials: Mapping[str, str] | None = None) -> str | None:
    """Return the name that somebody tries to log in with, as far as the login's lock can store it."""
    name = (credentials or request.POST).get("username")
    return None if name is None else name[:LONGEST_NAME]


def count_attempt(kind: str, source: object, limit: int | None = None) -> bool:
    """Count an attempt; return False if there were too many within the time of the lock. Safe with many processes.

    Args:
        source: Whose attempts are counted together.
        limit: Attempts allowed; None for as many as wrong passwords.
    """
    now = timezone.now()
    since = now - timedelta(hours=settings.AXES_COOLOFF_TIME)
    digest = _digest(kind, source)
    row = AttemptCount.objects.filter(kind=kind, source=digest)
    if row.filter(since__gt=since).update(number=F("number") + 1):
        return row.filter(number__lte=settings.AXES_FAILURE_LIMIT if limit is None else limit).exists()
    if not row.filter(since__lte=since).update(since=now, number=1):
        _begin(kind, digest)
    return True


def uncount_attempt(kind: str, source: object) -> None:
    """Take an attempt back that was counted before it was known to be right."""
    digest = _digest(kind, source)
    AttemptCount.objects.filter(kind=kind, source=digest, number__gt=0).update(number=F("number") - 1)


def _digest(kind: str, source: object) -> str:
    return salted_hmac("accounts.throttle", f"{kind} {source}", algorithm="sha256").hexdigest()


def _begin(kind: str, digest: str) -> None:
    now = timezone.now()
    AttemptCount.objects.filter(since__lte=now - KEPT).delete()
    try:
        with transaction.atomic():
            AttemptCount.objects.create(kind=kind, source=digest, since=now)
    except IntegrityError:  # another process began at the same moment
        AttemptCount.objects.filter(kind=kind, source=digest).update(number=F("number") + 1)


def forget_old_attempts(*, starting: bool = False) -> None:
    """Delete counts and failed logins that lock nobody any more, a part of each sweep."""
    before = timezone.now() - KEPT
    AttemptCount.objects.filter(since__lte=before).delete()
    AccessAttempt.objects.filter(attempt_time__lte=before).delete()


def is_locked(kind: str, source: object, limit: int | None = None) -> bool:
    """Return whether the limit was reached; counts nothing. Arguments as of count_attempt."""
    since = timezone.now() - timedelta(hours=settings.AXES_COOLOFF_TIME)
    digest = _digest(kind, source)
    tried = AttemptCount.objects.filter(kind=kind, source=digest, since__gt=since)
    return tried.filter(number__gte=settings.AXES_FAILURE_LIMIT if limit is None else limit).exists()


def too_many(request: HttpRequest) -> HttpResponse:
    """Answer as the login does once it is locked."""
    return render(request, settings.AXES_LOCKOUT_TEMPLATE, status=settings.AXES_HTTP_RESPONSE_CODE)
