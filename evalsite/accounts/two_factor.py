"""One's own second factor: set it up, make new recovery codes, switch it off; administrators reset other people's."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from accounts import throttle
from accounts.models import SecondFactor
from accounts.sessions import end_other_sessions
from accounts.two_factor import changes, codes
from accounts.two_factor.checking import TooManyGuessesError, is_right, recovery_codes_left
from accounts.two_factor.required import PASSED, must_have_one
from evalsite.accounts.forms import CodeForm, OwnCodeForm, OwnPasswordOnlyForm
from lib.choices import refuse_choice
from lib.serving.login_gate import login_required
from lib.serving.once import leads_on

CODES_BEFORE = gettext_lazy(
    "This form was sent before, and what it asks was done then. New recovery codes were shown once: make them again if "
    "you do not have them."
)


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


def _factor(user: User) -> SecondFactor | None:
    return SecondFactor.objects.filter(user=user).select_related("user").first()


@login_required
@never_cache
@require_safe
def two_factor(request: HttpRequest) -> HttpResponse:
    return _page(request)


@sensitive_variables("context")
def _page(request: HttpRequest, **more: object) -> HttpResponse:
    """Show what there is to do: switch it on, confirm the app that was begun, or what the account has."""
    user = _user(request)
    factor = _factor(user)
    is_on = factor is not None and factor.confirmed_at is not None
    context: dict[str, object] = {
        "factor": factor,
        "is_on": is_on,
        "is_required": must_have_one(request),
        "has_password": user.has_usable_password(),
        "left": recovery_codes_left(factor) if factor and is_on else 0,
        "form": OwnCodeForm(request) if is_on else CodeForm() if factor else OwnPasswordOnlyForm(request),
    }
    if factor and not is_on:
        context |= {"qr": qr_code(factor), "typed": codes.typed_secret(factor)}
    context |= more
    form = cast(CodeForm, context["form"])
    return render(request, "accounts/two_factor.html", context, status=400 if form.errors else 200)


def qr_code(factor: SecondFactor) -> SafeString:
    """Return the drawing that an app scans. It holds only paths that segno makes, no text of anybody."""
    import segno

    drawn = segno.make(codes.app_address(factor), error="m")
    return mark_safe(  # noqa: S308
        drawn.svg_inline(border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr-code", lineclass=None)
    )


@login_required
@never_cache
@sensitive_post_parameters("password")
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Begin with an app, after the password: whoever finds a browser open must not lock its owner out."""
    form = OwnPasswordOnlyForm(request, request.POST)
    if not form.is_valid():
        return _page(request, form=form)
    changes.begin(_user(request))
    return redirect("two-factor")


@login_required
@never_cache
@sensitive_post_parameters("code")
@sensitive_variables("made", "form")
@require_POST
def confirm(request: HttpRequest) -> HttpResponse:
    """Switch it on with the app's first code. The recovery codes are in this answer and nowhere else."""
    factor, form = _factor(_user(request)), CodeForm(request.POST)
    if factor is None or factor.confirmed_at is not None:
        return redirect("two-factor")
    try:
        made = changes.confirm(factor, form.cleaned_data["code"]) if form.is_valid() else []
    except TooManyGuessesError:
        return throttle.too_many(request)
    if not made:
        form.refuse()
        return _page(request, form=form)
    end_other_sessions(request, _user(request))
    request.session[PASSED] = True
    return _page(request, made=made)


@leads_on("two-factor", CODES_BEFORE)
@login_required
@never_cache
@sensitive_post_parameters("password", "code")
@sensitive_variables("form")
@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """POST change=codes makes new recovery codes, change=off switches it off; both need password and code."""
    user = _user(request)
    factor, wanted = _factor(user), request.POST.get("change")
    if wanted not in CHANGES:
        return refuse_choice("change", wanted, CHANGES)
    if factor is None or factor.confirmed_at is None:
        return redirect("two-factor")
    form = OwnCodeForm(request, request.POST)
    try:
        if not (form.is_valid() and is_right(factor, form.cleaned_data["code"])):
            form.refuse()
            return _page(request, form=form)
    except TooManyGuessesError:
        return throttle.too_many(request)
    return CHANGES[wanted](request, factor)


@sensitive_variables("made")
def _new_codes(request: HttpRequest, factor: SecondFactor) -> HttpResponse:
    made = changes.new_codes(factor)
    return _page(request, made=made)


def _off(request: HttpRequest, factor: SecondFactor) -> HttpResponse:
    if must_have_one(request):
        messages.error(request, _("Your role needs two-factor login, so it stays on."))
        return redirect("two-factor")
    changes.switch_off(factor)
    request.session.pop(PASSED, None)
    messages.success(request, _("Two-factor login is off. Your password is enough."))
    return redirect("account")


CHANGES = {"codes": _new_codes, "off": _off}
