"""Views of a study's exports, of its releases, and of the releases that everybody with an account sees."""

from collections.abc import Callable, Container
from functools import wraps
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from annotations.models import Membership, Study
from annotations.web.access import (
    LEAD,
    datasets_being_rated,
    get_managed_study,
    refuse_while_rating,
    results_are_shown,
    role_of,
)
from leaderboards.files import jobs
from leaderboards.models.releases import ExportJob, FileJob, Release
from leaderboards.releases import publishing
from leaderboards.releases.card import card_name
from leaderboards.releases.publishing import Draft, ReleaseError
from leaderboards.web.access import get_results_study, results_only
from leaderboards.web.forms import DoiForm, DraftForm, ExportForm
from leaderboards.web.requests import results_page
from lib.serving.download import download
from lib.serving.login_gate import login_required
from lib.text.translated import translated_markdown, verbatim

# Larger exports are written in the background.
STREAMED_AT_MOST = 20_000
View = Callable[..., HttpResponseBase]


def results_action(view: View) -> View:
    """Decorate a POST view for those who may see the study's results; it receives the study."""
    return results_only(never_cache(require_POST(view)))


def get_release(request: HttpRequest, slug: str, version: str, *, manage: bool = False) -> Release:
    """Return a draft to those who see the study's results, a published release to everybody with an account.

    A stranger to the study who has pairs of its dataset left to rate, in any study, gets 404: the release holds texts
    that they may rate.

    manage: Only for leads and owners.
    """
    release = get_object_or_404(Release.objects.select_related("study__dataset"), study__slug=slug, version=version)
    role = role_of(request.user, release.study)
    if role is None:
        if manage or not release.is_published or release.study.dataset_id in datasets_being_rated(request):
            raise Http404
        results_are_shown(request, {release.study.dataset_id})
    else:
        refuse_while_rating(request, release.study)
    if manage:
        get_managed_study(request, slug, owner=True)
    return release


def release_page(view: View) -> View:
    """Decorate a view for those who may read a release; it receives the release."""
    return login_required(never_cache(require_safe(_with_release(view, manage=False))))


def release_action(view: View) -> View:
    """Decorate a POST view for those who may change a release; it receives the release."""
    return login_required(never_cache(require_POST(_with_release(view, manage=True))))


def _with_release(view: View, *, manage: bool) -> View:
    @wraps(view)
    def checked(request: HttpRequest, slug: str, version: str, **more: Any) -> HttpResponseBase:
        return view(request, get_release(request, slug, version, manage=manage), **more)

    return checked


# ---- exports


@results_page
def exports(request: HttpRequest, study: Study) -> HttpResponse:
    """Show the form for an export, and the background exports."""
    return _exports_page(request, study, ExportForm(study))


def _exports_page(request: HttpRequest, study: Study, form: ExportForm) -> HttpResponse:
    context = {"study": study, "form": form, "jobs": jobs.exports_of(study), "most": STREAMED_AT_MOST}
    return render(request, "leaderboards/exports.html", context, status=400 if form.errors else 200)


@results_action
def start_export(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Stream an export, or have a large one written in the background."""
    form = ExportForm(study, request.POST)
    if not form.is_valid():
        return _exports_page(request, study, form)
    export = form.export()
    if export.total() <= STREAMED_AT_MOST:
        return StreamingHttpResponse(
            export.parts(),
            content_type=export.format.content_type,
            headers={"Content-Disposition": f'attachment; filename="{export.name}"'},
        )
    with transaction.atomic():
        jobs.start_export(export, cast(User, request.user))
    messages.success(request, "The export is being written. Come back to this page for the file.")
    return redirect("exports", study.slug)


@login_required
@never_cache
@require_safe
def export_file(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """Download the file of a background export, until it expires."""
    job = get_object_or_404(ExportJob.objects.select_related("study"), public_id=public_id)
    get_results_study(request, job.study.slug)
    if job.status != ExportJob.Status.DONE or job.expires_at is None or job.expires_at <= timezone.now():
        raise Http404
    shared = jobs.shared_file(job)
    return _file(lambda: (shared.open(shared.path.name), job.file_bytes), jobs.export_of(job).name)


@login_required
@never_cache
@require_POST
def retry_export(request: HttpRequest, public_id: str) -> HttpResponse:
    """Have a failed background export written again."""
    job = get_object_or_404(ExportJob.objects.select_related("study"), public_id=public_id)
    get_results_study(request, job.study.slug)
    _retry(request, job)
    return redirect("exports", job.study.slug)


def _retry(request: HttpRequest, job: FileJob) -> None:
    if jobs.retry(job):
        messages.success(request, "It is being written again.")
    else:
        messages.error(request, "Only a failed file can be written again, and this one has not failed.")


def _file(opened: Callable[[], tuple[BinaryIO, int | None]], name: str) -> FileResponse:
    """Send a file, from object storage as it comes: who may have it is decided here, and no address of it leaks."""
    try:
        file, size = opened()
    except FileNotFoundError as error:
        raise Http404 from error
    return download(file, size, name)


# ---- releases


@results_page
def study_releases(request: HttpRequest, study: Study) -> HttpResponse:
    """Show the releases of a study, and the form for a draft."""
    initial = {"name": study.title, "version": publishing.next_version(study)}
    return _releases_page(request, study, DraftForm(initial=initial))


def _releases_page(request: HttpRequest, study: Study, form: DraftForm) -> HttpResponse:
    context = {
        "study": study,
        "form": form,
        "releases": study.releases.all(),
        "withheld": study.dataset.documents.filter(redistributable=False).count(),
    }
    return render(request, "leaderboards/study_releases.html", context, status=400 if form.errors else 200)


@results_action
def make_release(request: HttpRequest, study: Study) -> HttpResponse:
    """Create a draft, and have its files written."""
    form = DraftForm(request.POST)
    if form.is_valid():
        try:
            with transaction.atomic():
                release = publishing.create_draft(study, Draft(**form.cleaned_data), cast(User, request.user))
                release.announce()
        except ReleaseError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"The draft {release.version} is being written.")
            return redirect(release)
    return _releases_page(request, study, form)


@login_required
@never_cache
@require_safe
def releases(request: HttpRequest) -> HttpResponse:
    """Show published releases, without those of datasets that the person still rates."""
    visible = Release.objects.published().exclude(study__dataset__in=datasets_being_rated(request))
    return render(request, "leaderboards/releases.html", {"releases": visible})


@release_page
def release(request: HttpRequest, release: Release) -> HttpResponse:
    """Show a release with its card and files."""
    role = role_of(request.user, release.study)
    files = publishing.files(release)
    context = {
        "release": release,
        "study": release.study,
        "member": role is not None,
        "manages": role in (LEAD, Membership.Role.OWNER),
        "card": _card_in_readers_language(release, files),
        "files": [(name.as_posix(), size) for name, size in files.items()],
        "form": DoiForm(instance=release),
    }
    return render(request, "leaderboards/release.html", context)


def _card_in_readers_language(release: Release, files: Container[Path]) -> str:
    """Return the card that is kept in this language; else the English one, translated. Empty before it is written."""
    kept, english = card_name(get_language() or settings.LANGUAGE_CODE), card_name(settings.LANGUAGE_CODE)
    if kept != english and Path(kept) in files:
        return _text(release, kept)
    if Path(english) not in files:
        return ""
    # The header is for programs.
    return translated_markdown(_text(release, english).split("---\n", 2)[-1])


def _text(release: Release, name: str) -> str:
    with publishing.open_file(release, name) as file:
        return file.read().decode()


@release_page
def release_zip(request: HttpRequest, release: Release) -> HttpResponseBase:
    """Download a release as one file."""
    return _file(lambda: publishing.open_zip(release), f"{release.folder_name}.zip")


@release_page
def release_file(request: HttpRequest, release: Release, name: str) -> HttpResponseBase:
    """Download one file of the folder. A name that is not in the list of files gets 404, wherever it points."""
    size = publishing.files(release).get(Path(name))
    if size is None:
        raise Http404
    return _file(lambda: (publishing.open_file(release, name), size), Path(name).name)


@results_action
def retry_release(request: HttpRequest, study: Study, version: str) -> HttpResponse:
    """Have the files of a failed draft written again."""
    release = get_object_or_404(study.releases, version=version)
    _retry(request, release)
    return redirect(release)


@release_action
def publish_release(request: HttpRequest, release: Release) -> HttpResponse:
    """Publish a draft permanently."""
    return _change(request, release, lambda: publishing.publish(release), f"{verbatim(str(release))} is published.")


@release_action
def set_doi(request: HttpRequest, release: Release) -> HttpResponse:
    """Set the DOI of a release."""
    return _change(request, release, lambda: publishing.set_doi(release, request.POST.get("doi", "")), "DOI saved.")


@release_action
def delete_release(request: HttpRequest, release: Release) -> HttpResponse:
    """Delete a draft."""
    try:
        publishing.delete_draft(release)
    except ReleaseError as error:
        messages.error(request, str(error))
        return redirect("release", release.study.slug, release.version)
    messages.success(request, f"The draft {release.version} is deleted.")
    return redirect("study-releases", release.study.slug)


def _change(request: HttpRequest, release: Release, change: Callable[[], None], said: str) -> HttpResponse:
    try:
        change()
    except ReleaseError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said)
    return redirect("release", release.study.slug, release.version)
