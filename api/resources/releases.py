"""Releases of a study: what there is, and their files."""

from typing import Any

from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router

from api.access import get_results_study
from api.auth import READ
from api.paging import PageQuery, page_of
from api.schemas import ERRORS
from api.schemas_releases import ReleaseOut, ReleasePage
from leaderboards.release_models import Release
from leaderboards.releases.build import zip_of

router = Router(tags=["releases"])

ZIP: dict[str, Any] = {
    "responses": {200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}}
}


@router.get("/studies/{slug:slug}/releases", auth=READ, response={200: ReleasePage, **ERRORS})
def list_releases(request: HttpRequest, slug: str, query: Query[PageQuery]) -> Any:
    """Published releases of a study, and drafts."""
    return page_of(get_results_study(request, slug).releases.all(), query, "releases", _release)


def _release(release: Release) -> ReleaseOut:
    same = ("name", "version", "status", "description", "licence", "doi", "sha256", "counts", "created_at")
    return ReleaseOut(
        bytes=release.file_bytes,
        published_at=release.published_at,
        **{name: getattr(release, name) for name in same},
    )


@router.get("/studies/{slug:slug}/releases/{version}/zip", auth=READ, response={200: None, **ERRORS}, openapi_extra=ZIP)
def download_release(request: HttpRequest, slug: str, version: str) -> FileResponse:
    """The files of a published release; docs/data-formats.md says what is in them."""
    study = get_results_study(request, slug)
    release = get_object_or_404(study.releases, version=version, status=Release.Status.PUBLISHED)
    try:
        file = zip_of(release).open("rb")
    except OSError as error:
        raise Http404 from error
    return FileResponse(file, as_attachment=True, filename=f"{release.folder_name}.zip", content_type="application/zip")
