"""Researchers' pages about studies."""

from typing import cast

from django.contrib import messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations import links, services
from annotations.access import get_managed_study, login_required
from annotations.evidence.work import evidence_progress
from annotations.forms import StudyForm
from annotations.models import Study

STATUS_CHANGES = {
    "open": (Study.Status.OPEN, (Study.Status.DRAFT, Study.Status.PAUSED, Study.Status.CLOSED)),
    "pause": (Study.Status.PAUSED, (Study.Status.OPEN,)),
    "close": (Study.Status.CLOSED, (Study.Status.OPEN, Study.Status.PAUSED)),
}


@staff_member_required(login_url="login")
@require_GET
def studies(request: HttpRequest) -> HttpResponse:
    rows = [(study, services.progress(study)) for study in Study.objects.select_related("dataset")]
    return render(request, "annotations/studies.html", {"rows": rows})


@staff_member_required(login_url="login")
@require_http_methods(["GET", "POST"])
def new_study(request: HttpRequest) -> HttpResponse:
    form = StudyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        settings = dict(form.cleaned_data)
        systems = list(settings.pop("systems"))
        try:
            study = services.create_study(
                settings.pop("slug"), settings.pop("dataset"), systems, created_by=cast(User, request.user), **settings
            )
        except services.StudySetupError as error:
            form.add_error(None, str(error))
        else:
            return redirect(study)
    return render(request, "annotations/new_study.html", {"form": form}, status=400 if form.errors else 200)


@login_required
@require_GET
def study(request: HttpRequest, slug: str) -> HttpResponse:
    managed = get_managed_study(request, slug)
    context = {
        "study": managed,
        "progress": services.progress(managed),
        "evidence": evidence_progress(managed),
        "coverage": services.coverage(managed),
        "annotators": services.annotators_with_counts(managed),
        "invitation_link": request.build_absolute_uri(links.invitation_path(managed)),
    }
    return render(request, "annotations/study.html", context)


@login_required
@require_POST
def change_status(request: HttpRequest, slug: str) -> HttpResponse:
    """POST change=open, pause or close."""
    managed = get_managed_study(request, slug)
    change = request.POST.get("change", "")
    if change not in STATUS_CHANGES:
        return HttpResponseBadRequest(f"change is {change!r}; expected one of {', '.join(STATUS_CHANGES)}.")
    status, allowed_from = STATUS_CHANGES[change]
    if Study.objects.filter(pk=managed.pk, status__in=allowed_from).update(status=status):
        messages.success(request, f"The study is now: {status.label}.")
    else:
        messages.error(
            request, f"A study that is “{managed.get_status_display()}” cannot be changed to “{status.label}”."
        )
    return redirect(managed)
