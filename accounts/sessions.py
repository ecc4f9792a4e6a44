"""Know whose session it is, and end sessions in other browsers."""

from typing import Any

from django.contrib.auth import middleware
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accounts import audit
from accounts.models import Account, AccountEvent

SESSION_KEY = "account_session"


def mark_session(sender: object, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Write the account's session number into a new session; sent by Django when somebody logs in."""
    number = Account.objects.filter(user=user.pk).values_list("session_number", flat=True).first() or 0
    if number or SESSION_KEY in request.session:
        request.session[SESSION_KEY] = number


def user_of(request: HttpRequest) -> AbstractBaseUser | AnonymousUser:
    """Return who is logged in; nobody if all sessions of the account have been ended since."""
    user = middleware.get_user(request)
    account = getattr(user, "account", None)
    if account is not None and request.session.get(SESSION_KEY, 0) != account.session_number:
        request.session.flush()
        request._cached_user = AnonymousUser()  # type: ignore[attr-defined]  # where Django keeps it
        return AnonymousUser()
    return user


class AuthenticationMiddleware(middleware.AuthenticationMiddleware):
    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: user_of(request))  # type: ignore[assignment]


@transaction.atomic
def end_other_sessions(request: HttpRequest, user: User) -> None:
    """Log this account out in every browser but this one."""
    Account.objects.filter(user=user.pk).update(session_number=F("session_number") + 1)
    request.session.cycle_key()
    mark_session(None, request, user)
    audit.record(user, AccountEvent.Action.SESSIONS, user.get_username())


def forget_expired_sessions(*, starting: bool = False) -> None:
    """Delete sessions that have expired, a part of each sweep."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
