"""One's own account: name, mail, language, password, sessions."""

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import forms as auth_forms
from django.contrib.auth import views as auth_views
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import addresses, audit, throttle
from accounts.invitations import digest_of
from accounts.models import Account, AccountEvent
from accounts.rights import role_on_site
from accounts.sessions import end_other_sessions
from accounts.two_factor.checking import factor_of
from evalsite.accounts.forms import WHAT_ROLES_DO, OwnPasswordForm, ProfileForm
from evalsite.accounts.language import use_language
from evalsite.accounts.logging_in import LINK
from lib.serving.login_gate import login_required
from lib.serving.once import SentBeforeError, sent_once

ADDRESS_KEY = "new_address"


@login_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Show one's own account; POST changes name, mail address and language."""
    user = cast(User, request.user)
    form = ProfileForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return _saved(request, user, form)
        except addresses.AddressError as error:
            form.add_error("email", str(error))
    role = role_on_site(user)
    context = {
        "form": form,
        "role": role,
        "what_role_does": WHAT_ROLES_DO[role],
        "memberships": user.study_memberships.select_related("study"),
        "waiting": addresses.waiting_change(user),
        "factor": factor_of(user),
        "tokens": user.api_tokens.valid(timezone.now()).count(),
    }
    return render(request, "accounts/account.html", context, status=400 if form.errors else 200)


def _saved(request: HttpRequest, user: User, form: ProfileForm) -> HttpResponse:
    chosen = form.cleaned_data
    _change_address(request, user, chosen["email"])
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(first_name=chosen["name"], last_name="")
        stored, _created = Account.objects.update_or_create(user=user, defaults={"language": chosen["language"]})
    response = redirect("account")
    if stored.language:
        use_language(response, stored.user)
    else:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
    return response


def _change_address(request: HttpRequest, user: User, address: str) -> None:
    if address == user.email or addresses.change_address(user, address):
        messages.success(request, _("Your changes are saved."))
        return
    text = _("A link was sent to %(address)s. Open it within a day: until then the address stays as it is.")
    messages.success(request, text % {"address": address})


@login_required
@never_cache
@require_safe
def new_address(request: HttpRequest, token: str) -> HttpResponse:
    """Take the token out of the address, so that it is in no log and no history of what follows."""
    request.session[ADDRESS_KEY] = digest_of(token)
    return redirect("confirm-address")


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def confirm_address(request: HttpRequest) -> HttpResponse:
    """Show which address waits; POST makes it the account's."""
    source = throttle.address_of(request)
    if throttle.is_locked(LINK, source):
        return throttle.too_many(request)
    digest, user = request.session.get(ADDRESS_KEY, ""), cast(User, request.user)
    try:
        if request.method == "GET":
            change = addresses.find_change(digest, user)
            return render(request, "accounts/confirm_address.html", {"change": change})
        with sent_once(request):
            addresses.confirm_change(addresses.find_change(digest, user))
    except SentBeforeError:
        return redirect("account")
    except addresses.AddressError as refusal:
        throttle.count_attempt(LINK, source)
        return render(request, "accounts/address_refused.html", {"refusal": refusal}, status=410)
    messages.success(request, _("This is your mail address now."))
    return redirect("account")


@login_required
@require_POST
def cancel_address(request: HttpRequest) -> HttpResponse:
    """Let the address stay as it is; the link works no more."""
    if addresses.cancel_change(cast(User, request.user)):
        messages.success(request, _("The address stays as it is. The link does not work any more."))
    else:
        messages.info(request, _("No new address is waiting."))
    return redirect("account")


class ChangePassword(auth_views.PasswordChangeView):
    form_class = OwnPasswordForm
    template_name = "accounts/change_password.html"
    success_url = reverse_lazy("account")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"request": self.request}

    def form_valid(self, form: auth_forms.PasswordChangeForm) -> HttpResponse:
        response = super().form_valid(form)
        user = form.user
        audit.record(user, AccountEvent.Action.PASSWORD, user.get_username())
        messages.success(
            self.request,
            _("Your new password is set. All other browsers were logged out, and your API tokens have ended."),
        )
        return response


change_password = never_cache(ChangePassword.as_view())


@login_required
@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """Log out in every other browser."""
    end_other_sessions(request, cast(User, request.user))
    messages.success(request, _("All other browsers were logged out."))
    return redirect("account")
