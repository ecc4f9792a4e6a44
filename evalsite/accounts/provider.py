"""Log in with the organisation's login provider, and out again."""

from typing import Any

from django.conf import settings
from django.contrib.auth import login, views
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import backends
from accounts.identities import LoginRefusedError, account_for, claims_of
from accounts.two_factor.required import CAME_BY
from evalsite.accounts.language import use_language
from lib.serving.addresses import site_address

NEXT = "provider_next"


def _check_configured() -> None:
    if not settings.OIDC_ISSUER:
        raise Http404


def _here(name: str) -> str:
    """Return the address of a page as the provider knows it."""
    return site_address(reverse(name))


@never_cache
@require_safe
def provider_login(request: HttpRequest) -> HttpResponseBase:
    """Send the person to the provider, and remember where they wanted to go."""
    _check_configured()
    from evalsite.accounts import oidc

    wanted = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    request.session[NEXT] = wanted if is_ours else ""
    try:
        return oidc.to_login(request, _here("provider-callback"))
    except oidc.NoAnswerError:
        return _no_answer(request)


@never_cache
@require_safe
def provider_callback(request: HttpRequest) -> HttpResponseBase:
    """Take the person back with the provider's answer, and log them in."""
    _check_configured()
    from evalsite.accounts import oidc

    try:
        user = account_for(claims_of(oidc.claims_in(request)))
    except LoginRefusedError as error:
        return _refused(request, str(error), 403)
    except oidc.InvalidAnswerError:
        text = _("The login was cancelled, took too long, or its answer is not valid. Try again.")
        return _refused(request, text, 403)
    except oidc.NoAnswerError:
        return _no_answer(request)
    wanted = request.session.pop(NEXT, "")
    login(request, user, backends.PATH)
    request.session[CAME_BY] = True
    response = redirect(wanted or resolve_url(settings.LOGIN_REDIRECT_URL))
    use_language(response, user)
    return response


def _refused(request: HttpRequest, reason: str, status: int) -> HttpResponse:
    return render(request, "accounts/provider_refused.html", {"reason": reason}, status=status)


def _no_answer(request: HttpRequest) -> HttpResponse:
    return _refused(request, _("The login provider does not answer. Try again later."), 503)


class Logout(views.LogoutView):
    """Log out here; whoever came by the provider is then offered to log out there, too."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        came_by = bool(request.session.get(CAME_BY))
        response = super().post(request, *args, **kwargs)
        return redirect("logged-out") if came_by and settings.OIDC_ISSUER else response


@never_cache
@require_safe
def logged_out(request: HttpRequest) -> HttpResponse:
    """Say that one is logged out here, with a link that ends the session at the provider."""
    _check_configured()
    return render(request, "accounts/logged_out.html", {"provider": settings.OIDC_NAME})


@never_cache
@require_safe
def provider_logout(request: HttpRequest) -> HttpResponseBase:
    """Send the person to the provider's own page for logging out."""
    _check_configured()
    from evalsite.accounts import oidc

    try:
        return redirect(oidc.logout_address(_here("home")))
    except oidc.NoAnswerError:
        return _no_answer(request)
