"""What administrators do: list accounts, invite, change roles, deactivate, help with passwords."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from accounts import mail, roles
from accounts.invitations import invite, revoke
from accounts.models import AccountEvent, AccountInvitation, Role
from accounts.passwords import make_reset_link
from accounts.rights import rights_of, role_on_site
from accounts.roles import AccountError
from accounts.two_factor import changes
from accounts.two_factor.checking import factor_of
from annotations.people.new_members import INVITED_BEFORE, invite_member
from evalsite.accounts.forms import WHAT_ROLES_DO, InviteForm, RoleForm
from lib.choices import refuse_choice
from lib.serving.addresses import address_for
from lib.serving.login_gate import login_required
from lib.serving.once import SentBeforeError, sent_once

ACCOUNTS_A_PAGE = 50
EVENTS_A_PAGE = 50
EVENTS_SHOWN = 10
ACTIVITY = {"deactivate": roles.deactivate, "reactivate": roles.reactivate}
View = Callable[..., HttpResponseBase]


def administrators_only(view: View) -> View:
    """Open a page to who may manage accounts: visitors log in, other accounts get 403. Its answers are never kept."""

    @login_required
    @never_cache
    @wraps(view)
    def checked(request: HttpRequest, **more: Any) -> HttpResponseBase:
        if not rights_of(request.user).manage_accounts:
            raise PermissionDenied(_("Only administrators manage accounts."))
        return view(request, **more)

    return checked


def administrator_of(request: HttpRequest) -> User:
    return cast(User, request.user)


@administrators_only
@require_safe
def accounts(request: HttpRequest) -> HttpResponse:
    return _accounts_page(request, InviteForm())


def _accounts_page(request: HttpRequest, form: InviteForm, **more: object) -> HttpResponse:
    find = request.GET.get("find", "").strip()
    page = Paginator(_found(find), ACCOUNTS_A_PAGE).get_page(request.GET.get("page"))
    invitations = AccountInvitation.objects.unanswered().select_related("created_by", "invited_member__study")
    context = {
        "page": page,
        "rows": [(user, role_on_site(user), list(user.study_memberships.all())) for user in page],
        "find": find,
        "invitations": invitations,
        "now": timezone.now(),
        "form": form,
        "sends_mail": settings.MAIL_CONFIGURED,
    }
    return render(request, "accounts/accounts.html", context | more, status=400 if form.errors else 200)


def _found(find: str) -> QuerySet[User]:
    users = User.objects.select_related("account").prefetch_related("study_memberships__study")
    if find:
        names = ("username", "first_name", "last_name", "email")
        query = Q()
        for name in names:
            query |= Q(**{f"{name}__icontains": find})
        users = users.filter(query)
    return users.order_by("-is_active", "username")


@administrators_only
@require_POST
@sensitive_variables("token", "link")
def invite_account(request: HttpRequest) -> HttpResponse:
    """Make an invitation; its link goes by mail, or is in this answer and nowhere else."""
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _accounts_page(request, form)
    chosen, by = form.cleaned_data, administrator_of(request)
    terms = {"email": chosen["email"], "days": chosen["days"]}
    try:
        with sent_once(request):
            if chosen["study"]:
                invitation, token = invite_member(
                    chosen["study"], chosen["study_role"], by, site_role=chosen["role"], **terms
                )
            else:
                invitation, token = invite(by, chosen["role"], **terms)
    except SentBeforeError:
        messages.info(request, INVITED_BEFORE)
        return redirect("accounts")
    except AccountError as error:
        form.add_error(None, str(error))
        return _accounts_page(request, form)
    path = reverse("invited", args=[token])
    if mail.is_wanted(invitation.email) and _is_sent(request, invitation, path):
        return redirect("accounts")
    link = address_for(request, path)
    return _accounts_page(request, InviteForm(), link=link, invitation=invitation)


def _is_sent(request: HttpRequest, invitation: AccountInvitation, path: str) -> bool:
    try:
        mail.send_invitation(invitation, path)
    except mail.MailError as error:
        text = _("The mail to %(address)s could not be sent (%(reason)s). Pass the link on yourself.")
        messages.error(request, text % {"address": invitation.email, "reason": error})
        return False
    messages.success(request, _("The invitation was sent to %(address)s.") % {"address": invitation.email})
    return True


@administrators_only
@require_POST
def revoke_invitation(request: HttpRequest, pk: int) -> HttpResponse:
    invitation = get_object_or_404(AccountInvitation, pk=pk)
    if revoke(invitation, administrator_of(request)):
        messages.success(request, _("The invitation was revoked. Its link makes no account any more."))
    else:
        messages.info(request, _("This invitation was accepted or revoked before."))
    return redirect("accounts")


@administrators_only
@require_safe
def one_account(request: HttpRequest, pk: int) -> HttpResponse:
    return _account_page(request, _user(pk))


def _user(pk: int) -> User:
    return get_object_or_404(User.objects.select_related("account"), pk=pk)


def _account_page(request: HttpRequest, user: User, **more: Any) -> HttpResponse:
    name, role = user.get_username(), role_on_site(user)
    context: dict[str, Any] = {
        "person": user,
        "role": role,
        "what_role_does": WHAT_ROLES_DO[role],
        "memberships": user.study_memberships.select_related("study"),
        "form": RoleForm(initial={"role": role}),
        "what_roles_do": [(Role(named_role).label, text) for named_role, text in WHAT_ROLES_DO.items()],
        "is_self": user.pk == request.user.pk,
        "factor": factor_of(user),
        "events": AccountEvent.objects.filter(Q(actor=name) | Q(subject=name))[:EVENTS_SHOWN],
    }
    context |= more
    return render(request, "accounts/one_account.html", context, status=400 if context["form"].errors else 200)


@administrators_only
@require_POST
def change_role(request: HttpRequest, pk: int) -> HttpResponse:
    """Give an account another role; who takes away their own leads nobody here any more."""
    user, form = _user(pk), RoleForm(request.POST)
    if not form.is_valid():
        return _account_page(request, user, form=form)
    _try(request, lambda: roles.change_role(user, form.cleaned_data["role"], administrator_of(request)))
    stays = rights_of(_user(cast(int, request.user.pk))).manage_accounts
    return redirect("one-account", user.pk) if stays else redirect("account")


@administrators_only
@require_POST
def change_activity(request: HttpRequest, pk: int) -> HttpResponse:
    """POST change=deactivate or change=reactivate."""
    user, by, change = _user(pk), administrator_of(request), request.POST.get("change")
    if change not in ACTIVITY:
        return refuse_choice("change", change, ACTIVITY)
    _try(request, lambda: ACTIVITY[change](user, by))
    return redirect("one-account", user.pk)


def _try(request: HttpRequest, change: Callable[[], None]) -> None:
    try:
        change()
    except AccountError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The change is saved."))


@administrators_only
@require_POST
@sensitive_variables("link")
def reset_link(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a link for a new password; it is in this answer and nowhere else."""
    user = _user(pk)
    try:
        with sent_once(request):
            link = address_for(request, make_reset_link(user, administrator_of(request)))
    except SentBeforeError:
        text = _(
            "This form was sent before: the link was made then, and was shown once. Make another one if you need it."
        )
        messages.info(request, text)
        return redirect("one-account", user.pk)
    except AccountError as error:
        messages.error(request, str(error))
        return redirect("one-account", user.pk)
    return _account_page(request, user, link=link)


@administrators_only
@require_POST
def reset_two_factor(request: HttpRequest, pk: int) -> HttpResponse:
    """Take away the second factor of somebody who has lost it."""
    user = _user(pk)
    try:
        was_there = changes.reset(user, administrator_of(request))
    except AccountError as error:
        messages.error(request, str(error))
    else:
        done = _("Two-factor login was reset. The password alone is enough, and the account was logged out everywhere.")
        messages.success(request, done if was_there else _("This account has no two-factor login."))
    return redirect("one-account", user.pk)


@administrators_only
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """List what happened to accounts, newest first."""
    page = Paginator(AccountEvent.objects.all(), EVENTS_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "accounts/history.html", {"page": page})
