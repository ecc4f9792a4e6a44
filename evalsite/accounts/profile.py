"""One's own account: name, mail, language, password, sessions."""

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import forms as auth_forms
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import audit
from accounts.models import Account, AccountEvent
from accounts.rights import role_on_site
from accounts.sessions import end_other_sessions
from evalsite.accounts.forms import WHAT_ROLES_DO, OwnPasswordForm, ProfileForm
from evalsite.accounts.language import use_language


@login_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Show one's own account; POST changes name, mail address and language."""
    user = cast(User, request.user)
    form = ProfileForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _saved(request, user, form)
    role = role_on_site(user)
    context = {
        "form": form,
        "role": role,
        "what_role_does": WHAT_ROLES_DO[role],
        "memberships": user.study_memberships.select_related("study"),
        "tokens": user.api_tokens.valid(timezone.now()).count(),
    }
    return render(request, "accounts/account.html", context, status=400 if form.errors else 200)


def _saved(request: HttpRequest, user: User, form: ProfileForm) -> HttpResponse:
    chosen = form.cleaned_data
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(first_name=chosen["name"], last_name="", email=chosen["email"])
        stored, _created = Account.objects.update_or_create(user=user, defaults={"language": chosen["language"]})
        if chosen["email"] != user.email:
            audit.record(user, AccountEvent.Action.EMAIL, user.get_username())
    messages.success(request, _("Your changes are saved."))
    response = redirect("account")
    if stored.language:
        use_language(response, stored.user)
    else:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
    return response


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
        messages.success(self.request, _("Your new password is set. All other browsers were logged out."))
        return response


change_password = never_cache(ChangePassword.as_view())


@login_required
@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """Log out in every other browser."""
    end_other_sessions(request, cast(User, request.user))
    messages.success(request, _("All other browsers were logged out."))
    return redirect("account")
