"""Log in, and come back after a forgotten password. Django's own views, with the login's limits around them."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import AuthenticationForm, SetPasswordForm
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _
from django.views.csrf import csrf_failure
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import audit, backends, throttle
from accounts.models import AccountEvent
from accounts.passwords import tokens
from accounts.two_factor.checking import factor_of
from evalsite.accounts import failures, second_step, sent_twice
from evalsite.accounts.forms import ForgottenForm, NewPasswordForm
from evalsite.accounts.language import use_language

# Tries of links that nobody has, from one address.
LINK = "link"


class Login(auth_views.LoginView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        provider = settings.OIDC_NAME if settings.OIDC_ISSUER else ""
        return super().get_context_data(provider=provider, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if failures.is_locked(request):
            return throttle.too_many(request)
        return super().post(request, *args, **kwargs)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        failures.count(self.request)
        return super().form_invalid(form)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        if factor_of(form.get_user()):
            return second_step.begin(self.request, form.get_user(), self.get_success_url())
        response = super().form_valid(form)
        use_language(response, form.get_user())
        return response


def logged_in_already(request: HttpRequest) -> HttpResponse | None:
    """Lead on whoever sent what logs in twice: by the first, the second's form was out of date, or its session gone."""
    if request.method != "POST" or not _logs_in(request):
        return None
    login = Login()
    login.setup(request)
    return redirect(login.get_success_url())


def _logs_in(request: HttpRequest) -> bool:
    """True for a form by which somebody logs in: whoever it was, or by a link as the account that is logged in now."""
    match, user = request.resolver_match, request.user
    name = match.url_name if match is not None else None
    if name == "accept-invitation":
        return user.get_username() != "" and user.get_username() == request.POST.get("username")
    if match is not None and name == "new-password":
        return user.is_authenticated and match.kwargs["uidb64"] == urlsafe_base64_encode(force_bytes(user.pk))
    return name in ("login", "login-code")


def form_refused(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """Answer a form without a fresh token."""
    led_on = logged_in_already(request) if request.user.is_authenticated else None
    return led_on or csrf_failure(request, reason)


class ForgottenPassword(auth_views.PasswordResetView):
    """Ask for a link by mail; where the site sends none, say whom to ask."""

    form_class = ForgottenForm
    template_name = "accounts/forgotten.html"
    success_url = reverse_lazy("password-link-sent")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.MAIL_CONFIGURED:
            return render(request, "accounts/whom_to_ask.html", {"contact": settings.CONTACT})
        if request.method == "POST" and not throttle.count_attempt("reset", throttle.address_of(request)):
            return throttle.too_many(request)
        return super().dispatch(request, *args, **kwargs)


@require_safe
def link_sent(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/link_sent.html")


class NewPassword(auth_views.PasswordResetConfirmView):
    """Set a new password by a link, and log in with it, or go on to the code. Django first hides the link's token."""

    form_class = NewPasswordForm
    template_name = "accounts/new_password.html"
    token_generator = tokens
    post_reset_login = True
    post_reset_login_backend = backends.PATH
    success_url = reverse_lazy("home")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if throttle.is_locked(LINK, throttle.address_of(request)):
            return throttle.too_many(request)
        response = super().dispatch(request, *args, **kwargs)
        if not self.validlink and (user := sent_twice.set_password(request, self.user)):
            return sent_twice.lead_on(request, user)
        if self.user is None or (not self.validlink and response.status_code == 200):
            throttle.count_attempt(LINK, throttle.address_of(request))
            response.status_code = 410
        return response

    def get_user(self, uidb64: str) -> User | None:
        user = super().get_user(uidb64)
        return user if user is not None and user.is_active else None

    def form_valid(self, form: SetPasswordForm) -> HttpResponse:
        user = form.user
        # Who reads somebody's mail does not have their app.
        self.post_reset_login = factor_of(user) is None
        response = super().form_valid(form)
        if not self.post_reset_login:
            response = second_step.begin(self.request, user)
        audit.record(user, AccountEvent.Action.PASSWORD, user.get_username())
        messages.success(
            self.request,
            _("Your new password is set. All other browsers were logged out, and your API tokens have ended."),
        )
        use_language(response, user)
        return response


login = never_cache(Login.as_view())
forgotten_password = never_cache(ForgottenPassword.as_view())
new_password = never_cache(NewPassword.as_view())
