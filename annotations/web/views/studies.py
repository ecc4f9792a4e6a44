"""Researchers' pages of studies: list, overview, settings, remarks and history."""

from collections.abc import Mapping
from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.rights import rights_of
from annotations.evidence.work import evidence_progress
from annotations.models import Criterion, Membership, Remark, Study
from annotations.people import links
from annotations.rating.remarks import newest_remarks, remark_lines
from annotations.review.history import shown_entries
from annotations.review.kept import figures_in, served_figures
from annotations.studies import audit
from annotations.studies import settings as study_settings
from annotations.studies.checks import StudySetupError
from annotations.studies.languages import readers_of
from annotations.studies.progress import counted_votes, coverage, progress_by_study, rated_counts, study_progress
from annotations.studies.work_forecast import study_work
from annotations.web.access import (
    LEAD,
    StillRatingError,
    login_required,
    members_only,
    not_while_rating,
    owners_only,
    refuse_while_rating,
    role_of,
    visible_studies,
)
from annotations.web.forms.lists import HistoryForm, RemarksForm
from annotations.web.forms.studies import SettingsForm
from lib.choices import refuse_choice
from lib.serving.addresses import address_for
from lib.serving.once import leads_on
from lib.text.translated import verbatim

STUDIES_A_PAGE = 50
SYSTEMS_A_PAGE = 50
ANNOTATORS_A_PAGE = 20
REMARKS_SHOWN = 20
REMARKS_A_PAGE = 50
ENTRIES_A_PAGE = 100


@login_required
@require_GET
def studies(request: HttpRequest) -> HttpResponse:
    """List the studies this user may open."""
    user = cast(User, request.user)
    page = Paginator(visible_studies(user), STUDIES_A_PAGE).get_page(request.GET.get("page"))
    progress = progress_by_study(page)
    rows = [(study, progress[study.pk]) for study in page]
    context = {"rows": rows, "page": page, "may_make": rights_of(user).create_studies}
    return render(request, "annotations/studies.html", context)


@members_only
@require_GET
def study(request: HttpRequest, study: Study) -> HttpResponse:
    annotators = Paginator(study.annotators.all(), ANNOTATORS_A_PAGE).get_page(request.GET.get("annotators"))
    rated = rated_counts(annotators)
    progress = study_progress(study)
    kept = served_figures(study)
    figures = figures_in(kept) if kept else None
    counted = (figures.votes if figures else None) if kept else counted_votes([study])
    context = {
        "study": study,
        "role": role_of(request.user, study),
        "ended": study.status == Study.Status.OPEN and study.is_over(timezone.now()),
        "progress": progress,
        "kept": kept,
        "votes": _votes(study, counted),
        "work": study_work(study, progress),
        "evidence": (figures and figures.evidence) if kept else evidence_progress(study),
        "coverage": Paginator(coverage(study), SYSTEMS_A_PAGE).get_page(request.GET.get("systems")),
        "readers": readers_of(study),
        "annotators": annotators,
        "annotator_rows": [(annotator, rated[annotator.pk]) for annotator in annotators],
        "remarks": _remarks(request, study),
        "invitation_link": address_for(request, links.invitation_path(study)),
    }
    return render(request, "annotations/study.html", context)


def _votes(study: Study, counted: Mapping[int, int] | None) -> list[tuple[Criterion, int | None]]:
    """Return the votes on each question that boards count. counted: None before they are counted."""
    return [(one, None if counted is None else counted.get(one.pk, 0)) for one in study.criteria.all()]


def _remarks(request: HttpRequest, study: Study) -> QuerySet[Remark] | None:
    """Return the newest remarks; None for somebody with pairs left to rate, whom they would sway."""
    try:
        refuse_while_rating(request, study)
    except StillRatingError:
        return None
    return newest_remarks(study)[:REMARKS_SHOWN]


@require_GET
@members_only
@not_while_rating
def remarks(request: HttpRequest, study: Study) -> HttpResponse:
    """List all remarks of annotators, newest first."""
    form = RemarksForm.of(request.GET)
    listed = newest_remarks(study, **form.asked())
    page = Paginator(listed, REMARKS_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "annotations/remarks.html", {"study": study, "form": form, "page": page})


@require_GET
@members_only
@not_while_rating
def remarks_csv(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Download the listed remarks; a wrong filter is refused, since a file cannot show the error."""
    form = RemarksForm.of(request.GET)
    if form.errors:
        return HttpResponseBadRequest(form.errors.as_text(), content_type="text/plain; charset=utf-8")
    listed = newest_remarks(study, **form.asked())
    return StreamingHttpResponse(
        remark_lines(listed.select_related(None)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{study.slug}-remarks.csv"'},
    )


@members_only
@require_POST
def change_status(request: HttpRequest, study: Study) -> HttpResponse:
    """POST change=open, pause or close."""
    change = request.POST.get("change")
    if change not in study_settings.STATUS_CHANGES:
        return refuse_choice("change", change, study_settings.STATUS_CHANGES)
    try:
        study_settings.change_status(study, change, cast(User, request.user))
    except StudySetupError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"The study is now: {study.get_status_display()}.")
    return redirect(study)


@members_only
@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest, study: Study) -> HttpResponse:
    """Change the settings that may still change."""
    rated = study_settings.is_rated(study)
    # The form writes onto its instance, so give it a copy; change_settings alone changes the study.
    form = SettingsForm(request.POST or None, instance=Study.objects.get(pk=study.pk), rated=rated)
    if request.method == "POST" and form.is_valid():
        try:
            changed = study_settings.change_settings(study, form.changes(), cast(User, request.user))
        except StudySetupError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "Saved." if changed else "Nothing changed.")
            return redirect(study)
    owns = role_of(request.user, study) in (LEAD, Membership.Role.OWNER)
    context = {"study": study, "form": form, "rated": rated, "owns": owns}
    context["kept"] = study_settings.why_kept(study) if owns else ""
    return render(request, "annotations/settings.html", context, status=400 if form.errors else 200)


@leads_on("studies")
@owners_only
@require_POST
def delete(request: HttpRequest, study: Study) -> HttpResponse:
    """Delete a study that holds no answers."""
    try:
        study_settings.delete_study(study, cast(User, request.user))
    except StudySetupError as error:
        messages.error(request, f"The study stays: {error}")
        return redirect("study-settings", study.slug)
    messages.success(request, f"The study {verbatim(study.slug)} is deleted.")
    return redirect("studies")


@require_GET
@members_only
@not_while_rating
def history(request: HttpRequest, study: Study) -> HttpResponse:
    """List the audit trail, newest first; ?action= and ?who= filter it. It shows gold pairs and exclusions."""
    form = HistoryForm.of(request.GET)
    asked = form.asked()
    entries = Paginator(audit.entries_of(study, **asked), ENTRIES_A_PAGE).get_page(request.GET.get("page"))
    shown = {"entries": entries, "shown_entries": shown_entries(entries)}
    context = {"study": study, "form": form, "chosen": any(asked.values())} | shown
    return render(request, "annotations/history.html", context)
