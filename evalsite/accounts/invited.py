"""Who was invited makes an account, or adds the invitation to the one they have."""

from collections.abc import Callable
from typing import cast

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import backends, throttle
from accounts.invitations import InvitationRefusedError, accept, check_open, digest_of, find_invitation
from accounts.models import AccountInvitation
from accounts.models.triggers import ADDRESS_ONCE
from annotations.models import InvitedMember
from evalsite.accounts import sent_twice
from evalsite.accounts.forms import InvitedForm
from evalsite.accounts.logging_in import LINK

SESSION_KEY = "invited"


@never_cache
@require_safe
def invited(request: HttpRequest, token: str) -> HttpResponse:
    """Take the token out of the address, so that it is in no log and no history of what follows."""
    source = throttle.address_of(request)
    if throttle.is_locked(LINK, source):
        return throttle.too_many(request)
    digest = digest_of(token)
    if find_invitation(digest) is None:
        throttle.count_attempt(LINK, source)
    request.session[SESSION_KEY] = digest
    return redirect("accept-invitation")


@never_cache
@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "POST"])
def accept_invitation(request: HttpRequest) -> HttpResponse:
    """Show what the invitation is to; POST accepts it, with a new account or with the one that is logged in."""
    invitation = find_invitation(request.session.get(SESSION_KEY, ""))
    try:
        check_open(invitation)
        invitation = cast(AccountInvitation, invitation)
        if request.method == "POST" and request.user.is_authenticated:
            return _welcome(request, _accepted(invitation, request.user), invitation)
        form = InvitedForm(request.POST or None, instance=User(email=invitation.email), initial=_suggested(invitation))
        if request.method == "POST" and form.is_valid() and (user := _new_account(invitation, form)):
            login(request, user, backend=backends.PATH)
            return _welcome(request, user, invitation)
    except InvitationRefusedError as refusal:
        refused = render(request, "accounts/invitation_refused.html", {"refusal": refusal}, status=410)
        return _led_on(request) or refused
    if form.errors and (led_on := _led_on(request)):
        return led_on  # the name was taken by the same form, a moment ago
    context = {"invitation": invitation, "invited": _invited_member(invitation), "form": form}
    return render(request, "accounts/invited.html", context, status=400 if form.errors else 200)


def _led_on(request: HttpRequest) -> HttpResponse | None:
    """Lead on whoever sent this form twice; None for anybody else."""
    invitation = find_invitation(request.session.get(SESSION_KEY, ""))
    user = sent_twice.made_account(request, invitation)
    invitation = invitation or (sent_twice.accepted_by(user) if user else None)
    if user is None or invitation is None:
        return None
    request.session.pop(SESSION_KEY, None)
    return sent_twice.lead_on(request, user, _place(invitation))


def _suggested(invitation: AccountInvitation) -> dict[str, str]:
    name = invitation.email.partition("@")[0]
    return {} if User.objects.filter(username__iexact=name).exists() else {"username": name}


def _accepted(invitation: AccountInvitation, user: User) -> User:
    return accept(invitation, lambda: user)


def _new_account(invitation: AccountInvitation, form: InvitedForm) -> User | None:
    make = cast(Callable[[], User], form.save)
    try:
        return accept(invitation, make)
    except IntegrityError as error:
        if ADDRESS_ONCE in str(error):
            text = _("An account has this mail address already. Log in with it, then open the link again.")
            form.add_error(None, text)
            return None
        form.add_error("username", _("Somebody else took this name a moment ago. Choose another one."))
        return None


def _invited_member(invitation: AccountInvitation) -> InvitedMember | None:
    return InvitedMember.objects.select_related("study").filter(invitation=invitation).first()


def _welcome(request: HttpRequest, user: User, invitation: AccountInvitation) -> HttpResponse:
    request.session.pop(SESSION_KEY, None)
    messages.success(request, _("Welcome, %(name)s.") % {"name": user.get_full_name() or user.get_username()})
    return redirect(_place(invitation))


def _place(invitation: AccountInvitation) -> str:
    member = _invited_member(invitation)
    return member.study.get_absolute_url() if member else reverse("home")
