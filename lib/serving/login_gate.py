"""Ask visitors to log in, and lead them back to the page they came from, also where they sent a form."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django_htmx.http import HttpResponseClientRefresh

from lib.serving.addresses import page_before

View = Callable[..., HttpResponseBase]


def login_required(view: View) -> View:
    """Open a view to accounts; visitors are asked to log in."""

    @wraps(view)
    def checked(request: HttpRequest, /, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs) if request.user.is_authenticated else ask_to_log_in(request)

    return checked


def ask_to_log_in(request: HttpRequest) -> HttpResponseBase:
    """Answer a visitor with the login; what they sent is not stored, and they are told."""
    if request.headers.get("HX-Request"):
        # Reload the whole page: one that polls must not show the login form inside itself.
        return HttpResponseClientRefresh()
    if request.method in ("GET", "HEAD"):
        return redirect_to_login(request.get_full_path())
    messages.warning(request, "You were logged out meanwhile, so nothing was saved. Log in, and send it again.")
    # The page of the form: the address of a button answers no GET.
    return redirect_to_login(page_before(request) or reverse("home"))
