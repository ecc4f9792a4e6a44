"""Forms that log in, sent twice by a double click: the second leads on where the first has done what it asks.

The first has used the link up, and ended the session in which the second comes. So the second says who it is by its
name and its new password, which count as a login does.
"""

from datetime import timedelta

from django.contrib.auth import authenticate, login
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from accounts import backends
from accounts.models import AccountEvent, AccountInvitation
from accounts.two_factor.checking import factor_of
from evalsite.accounts import failures, second_step
from evalsite.accounts.language import use_language

# How long after the first: later, the page that says that the link was used tells more.
RECENT = timedelta(hours=1)


def made_account(request: HttpRequest, invitation: AccountInvitation | None) -> User | None:
    """Return who made the account of a used invitation by this form, or added the invitation to the one they have.

    Args:
        invitation: None where the session that knew it has ended, so that the account's latest one counts.
    """
    if request.method != "POST" or (invitation is not None and invitation.accepted_at is None):
        return None
    if request.user.is_authenticated and _accepted(request.user, invitation):
        return request.user
    user = _right(request, request.POST.get("username", ""), request.POST.get("password1", ""))
    return user if user is not None and _accepted(user, invitation) else None


def accepted_by(user: User) -> AccountInvitation | None:
    """Return the invitation that the account accepted a moment ago."""
    since = timezone.now() - RECENT
    return AccountInvitation.objects.filter(accepted_by=user, accepted_at__gte=since).order_by("accepted_at").last()


def _accepted(user: User, invitation: AccountInvitation | None) -> bool:
    latest = accepted_by(user)
    return latest is not None and (invitation is None or invitation.accepted_by_id == user.pk)


def set_password(request: HttpRequest, user: User | None) -> User | None:
    """Return whose new password was set by this form a moment ago."""
    if request.method != "POST" or user is None:
        return None
    name, since = user.get_username(), timezone.now() - RECENT
    changes = AccountEvent.objects.filter(action=AccountEvent.Action.PASSWORD, subject=name, at__gte=since)
    return _right(request, name, request.POST.get("new_password1", "")) if changes.exists() else None


@sensitive_variables("password")
def _right(request: HttpRequest, name: str, password: str) -> User | None:
    """Check a password under the login's locks."""
    if not name or "\0" in name or failures.is_locked(request, name):
        return None
    user = authenticate(request, username=name, password=password)
    if user is None:
        failures.count(request, name)
    return user if isinstance(user, User) else None


def lead_on(request: HttpRequest, user: User, wanted: str = "") -> HttpResponse:
    """Log somebody in whose password was right, or ask for the code, and lead them on."""
    if request.user.is_authenticated and request.user.pk == user.pk:
        return redirect(wanted or reverse("home"))
    if factor_of(user):
        return second_step.begin(request, user, wanted)
    login(request, user, backends.PATH)
    response = redirect(wanted or reverse("home"))
    use_language(response, user)
    return response
