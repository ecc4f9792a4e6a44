"""The second step of a login by password: a code of one's app, or a recovery code.

Between the steps nobody is logged in: the session says only whose password was right, and when.
"""

import time
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts import backends, throttle
from accounts.models import SecondFactor
from accounts.two_factor.checking import TooManyGuessesError, factor_of, is_right, recovery_codes_left
from accounts.two_factor.required import PASSED
from evalsite.accounts import failures
from evalsite.accounts.forms import CodeForm
from evalsite.accounts.language import use_language

WAITING = "second_step"
# From the password to the code.
SECONDS = 10 * 60


def begin(request: HttpRequest, user: User, wanted: str = "") -> HttpResponse:
    """Lead somebody whose password was right to the code."""
    request.session[WAITING] = {
        "user": user.pk,
        "password": user.get_session_auth_hash(),
        "until": time.time() + SECONDS,
        "next": wanted,
    }
    return redirect("login-code")


def _factor_waiting(request: HttpRequest) -> SecondFactor | None:
    """Return whose code is waited for; None if nobody's, too long, or the account was changed meanwhile."""
    waiting: dict[str, Any] = request.session.get(WAITING) or {}
    if waiting.get("until", 0) < time.time():
        return None
    user = User.objects.select_related("account").filter(pk=waiting["user"], is_active=True).first()
    if user is None or not constant_time_compare(user.get_session_auth_hash(), waiting["password"]):
        return None
    factor = factor_of(user)
    if factor is not None:
        factor.user = user
    return factor


@never_cache
@sensitive_post_parameters("code")
@sensitive_variables("form")
@require_http_methods(["GET", "POST"])
def login_code(request: HttpRequest) -> HttpResponse:
    """Ask for a code; the right one logs in."""
    factor = _factor_waiting(request)
    if factor is None:
        request.session.pop(WAITING, None)
        messages.info(request, _("Log in with your name and password first."))
        return redirect("login")
    form = CodeForm(request.POST or None)
    if request.method == "POST":
        if failures.is_address_locked(request):
            return throttle.too_many(request)
        try:
            if form.is_valid() and is_right(factor, form.cleaned_data["code"]):
                return _logged_in(request, factor)
        except TooManyGuessesError:
            failures.log_locked_codes(request, factor.user)
            return throttle.too_many(request)
        failures.count_code(request, factor.user)
        form.refuse()
    return render(request, "accounts/login_code.html", {"form": form})


def _logged_in(request: HttpRequest, factor: SecondFactor) -> HttpResponse:
    wanted = request.session.pop(WAITING)["next"]
    login(request, factor.user, backends.PATH)
    request.session[PASSED] = True
    left = recovery_codes_left(factor)
    if left < 3:
        text = ngettext(
            "You have {n} recovery code left. Make new ones on your page.",
            "You have {n} recovery codes left. Make new ones on your page.",
            left,
        )
        messages.warning(request, text.format(n=left))
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    response = redirect(wanted if is_ours else resolve_url(settings.LOGIN_REDIRECT_URL))
    use_language(response, factor.user)
    return response
