"""Pages for people about the API: its description, and their own tokens."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from api.models import ApiToken
from api.site import api
from api.tokens import make_token, revoke_token
from api.web.describing import operations_by_subject
from api.web.forms import TokenForm
from lib.serving.addresses import address_for
from lib.serving.login_gate import login_required
from lib.serving.once import SentBeforeError, sent_once
from lib.text.translated import verbatim

# Among them are the tokens of annotators of one's own front end, one each.
TOKENS_A_PAGE = 50
SENT_BEFORE = gettext_lazy(
    "This form was sent before: the token was made then, and was shown once. Revoke it and make a new one if you do "
    "not have it."
)


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """Describe the API to programs, in OpenAPI 3.1."""
    return JsonResponse(api.get_openapi_schema(), json_dumps_params={"ensure_ascii": False})


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Show the same to people; docs/decisions/api-page.md says why the page is our own."""
    schema = cast(dict[str, Any], api.get_openapi_schema())
    context = {"groups": operations_by_subject(schema), "site": address_for(request, reverse("home"))}
    return render(request, "api/docs.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
@sensitive_variables("text")
def tokens(request: HttpRequest) -> HttpResponse:
    """List one's own tokens and create one, which is shown in the answer to the POST and never again."""
    user = cast(User, request.user)
    form = TokenForm(request.POST or None)
    text = ""
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        try:
            with sent_once(request):
                _, text = make_token(user, chosen["name"], chosen["scope"], expires_at=form.expires_at())
        except SentBeforeError:
            messages.info(request, SENT_BEFORE)
            return redirect("api-tokens")
        form = TokenForm()
    page = Paginator(user.api_tokens.all(), TOKENS_A_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "text": text, "page": page, "now": timezone.now()}
    return render(request, "api/tokens.html", context, status=400 if form.errors else 200)


@login_required
@require_POST
def revoke_own_token(request: HttpRequest, pk: int) -> HttpResponse:
    """Revoke one of one's own tokens, at once."""
    token = get_object_or_404(ApiToken, pk=pk, owner=cast(User, request.user))
    revoke_token(token)
    messages.success(request, f"The token “{verbatim(token.name)}” was revoked.")
    return redirect("api-tokens")
