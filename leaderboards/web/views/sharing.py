"""Views for owners: make and revoke links to a study's results, and put the study among the public ones."""

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from annotations.models import Study
from leaderboards.models import PublicBoard, SharedLink
from leaderboards.sharing.links import make_link, revoke_link
from leaderboards.sharing.public import make_public, take_down
from leaderboards.sharing.rules import SharingError, rating_goes_on
from leaderboards.web.access import owners_of_results
from leaderboards.web.sharing.forms import LinkForm, ShownForm
from lib.choices import refuse_choice
from lib.serving.addresses import address_for
from lib.serving.once import SentBeforeError, sent_once

LINKS_A_PAGE = 25
SENT_BEFORE = gettext_lazy(
    "This form was sent before: the link was made then, and was shown once. Revoke it and make a new one if you do "
    "not have it."
)


@owners_of_results
@never_cache
@require_http_methods(["GET", "POST"])
@sensitive_variables("token")
def sharing(request: HttpRequest, study: Study) -> HttpResponse:
    """List the links, and make one, whose address is shown in the answer to the POST and never again."""
    form = LinkForm(request.POST or None, goes_on=rating_goes_on(study, timezone.now()))
    address = ""
    if request.method == "POST" and form.is_valid():
        try:
            with sent_once(request):
                token = _make_link(request, study, form)
        except SentBeforeError:
            messages.info(request, SENT_BEFORE)
            return redirect("sharing", study.slug)
        except SharingError as error:
            form.add_error(None, str(error))
        else:
            address = address_for(request, reverse("shared", args=[token]))
            form = LinkForm(goes_on=rating_goes_on(study, timezone.now()))
    return _page(request, study, form=form, address=address)


def _make_link(request: HttpRequest, study: Study, form: LinkForm) -> str:
    by, label = cast(User, request.user), form.cleaned_data["label"]
    return make_link(study, by, expires_at=form.expires_at(), label=label, **form.shown())[1]


def _page(
    request: HttpRequest,
    study: Study,
    *,
    form: LinkForm | None = None,
    public_form: ShownForm | None = None,
    address: str = "",
) -> HttpResponse:
    now = timezone.now()
    goes_on = rating_goes_on(study, now)
    links = Paginator(SharedLink.objects.filter(study=study), LINKS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "study": study,
        "goes_on": goes_on,
        "form": form or LinkForm(goes_on=goes_on),
        "public_form": public_form or ShownForm(goes_on=goes_on, prefix="public"),
        "address": address,
        "page": links,
        "rows": [(link, link.has_ended(now)) for link in links],
        "has_public": settings.PUBLIC_BOARDS,
        "public": PublicBoard.objects.filter(study=study).first(),
    }
    wrong = any(shown is not None and shown.errors for shown in (form, public_form))
    return render(request, "leaderboards/sharing.html", context, status=400 if wrong else 200)


@owners_of_results
@never_cache
@require_POST
def revoke_shared_link(request: HttpRequest, study: Study, pk: int) -> HttpResponse:
    """End a link at once."""
    if revoke_link(get_object_or_404(SharedLink, study=study, pk=pk), cast(User, request.user)):
        messages.success(request, "The link is revoked: it shows nothing any more.")
    return redirect("sharing", study.slug)


@owners_of_results
@never_cache
@require_POST
def change_public(request: HttpRequest, study: Study) -> HttpResponse:
    """POST change=down takes the study off the public page; without a change it is put there as the form says."""
    user, change = cast(User, request.user), request.POST.get("change")
    if change not in (None, "down"):
        return refuse_choice("change", change, ["down"])
    if change == "down":
        take_down(study, user)
        messages.success(request, "The study is not public any more.")
        return redirect("sharing", study.slug)
    form = ShownForm(request.POST, goes_on=rating_goes_on(study, timezone.now()), prefix="public")
    if not settings.PUBLIC_BOARDS:
        form.add_error(None, "This installation has no public page. Who runs it sets PUBLIC_BOARDS=1.")
    if form.is_valid():
        try:
            make_public(study, user, **form.shown())
        except SharingError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "The study is on the page of public boards.")
            return redirect("sharing", study.slug)
    return _page(request, study, public_form=form)
