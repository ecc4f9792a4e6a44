"""Releases of a study: creating, publishing, listing and downloading them."""

from typing import Any

from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router
from ninja.responses import Status

from api.gate.access import get_managed_study, get_results_study
from api.gate.auth import READ, WRITE, user_of
from api.gate.errors import ApiError
from api.gate.paging import PageQuery, page_of_rows
from api.resources.links import MADE_RELEASE_LINKS
from api.schemas.releases import ReleaseIn, ReleaseOut, ReleasePage
from leaderboards.files import jobs
from leaderboards.models.releases import Release
from leaderboards.releases import publishing
from leaderboards.releases.publishing import open_zip
from leaderboards.web import converters  # noqa: F401  (registers {version:…})
from lib.serving.download import download

router = Router(tags=["releases"])

ZIP: dict[str, Any] = {
    "responses": {200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}}
}


@router.get("/studies/{slug:slug}/releases", auth=READ, response={200: ReleasePage})
def list_releases(request: HttpRequest, slug: str, query: Query[PageQuery]) -> Any:
    """List the releases of a study, published ones and drafts."""
    releases = get_results_study(request, slug).releases.select_related("study")
    return page_of_rows(releases, query, "releases", _release)


def _release(release: Release) -> ReleaseOut:
    columns = ("name", "version", "description", "licence", "doi", "sha256", "counts", "created_at")
    progress = ("rows_done", "published_at")
    values: dict[str, Any] = {name: getattr(release, name) for name in (*columns, *progress)}
    values |= {"status": release.publication, "state": release.status, "reason": release.failure_reason}
    return ReleaseOut(study=release.study.slug, bytes=release.file_bytes, **values)


@router.post("/studies/{slug:slug}/releases", auth=WRITE, response={201: ReleaseOut}, openapi_extra=MADE_RELEASE_LINKS)
def create_release(request: HttpRequest, slug: str, body: ReleaseIn) -> Any:
    """Create a draft of a release. A worker writes its files: read the release until its state is done."""
    study = get_results_study(request, slug)
    with transaction.atomic():
        release = publishing.create_draft(study, publishing.Draft(**body.dict()), user_of(request))
        release.announce()
    return Status(201, _release(release))


def _get_release(request: HttpRequest, slug: str, version: str) -> Release:
    releases = get_results_study(request, slug).releases.select_related("study")
    return get_object_or_404(releases, version=version)


@router.get("/studies/{slug:slug}/releases/{version:version}", auth=READ, response={200: ReleaseOut})
def read_release(request: HttpRequest, slug: str, version: str) -> Any:
    """Read a release, and how far its files are written."""
    return _release(_get_release(request, slug, version))


@router.post("/studies/{slug:slug}/releases/{version:version}/retry", auth=WRITE, response={200: ReleaseOut})
def retry_release(request: HttpRequest, slug: str, version: str) -> Any:
    """Write the files of a draft again after they failed."""
    release = _get_release(request, slug, version)
    if not jobs.retry(release):
        raise ApiError(
            409, "not_failed", f"The files of {release} have not failed, or no longer. Ask how far they are."
        )
    release.refresh_from_db()
    return _release(release)


@router.post("/studies/{slug:slug}/releases/{version:version}/publish", auth=WRITE, response={200: ReleaseOut})
def publish_release(request: HttpRequest, slug: str, version: str) -> Any:
    """Publish a draft whose files are written. This is final: afterwards only the DOI can change."""
    release = _get_release(request, slug, version)
    get_managed_study(request, slug, owner=True)
    try:
        publishing.publish(release)
    except publishing.ReleaseError as error:
        raise ApiError(409, "not_publishable", str(error)) from error
    return _release(release)


@router.get("/studies/{slug:slug}/releases/{version:version}/zip", auth=READ, response={200: None}, openapi_extra=ZIP)
def download_release(request: HttpRequest, slug: str, version: str) -> FileResponse:
    """Download the files of a published release; docs/data-formats.md says what is in them."""
    study = get_results_study(request, slug)
    release = get_object_or_404(study.releases, version=version, publication=Release.Publication.PUBLISHED)
    try:
        file, size = open_zip(release)
    except FileNotFoundError as error:
        raise Http404 from error
    return download(file, size, f"{release.folder_name}.zip")
