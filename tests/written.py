"""A release and an export whose files are no more than there."""

from django.utils import timezone

from leaderboards.files.jobs import path_of
from leaderboards.models.releases import ExportJob, Release
from leaderboards.releases.build import folder_of, zip_of


def published_release(study):
    """One whose files are no more than there."""
    return Release.objects.create(
        study=study,
        name="ratings",
        version="1.0",
        created_by="owner",
        status="done",
        publication="published",
        published_at=timezone.now(),
        file_bytes=3,
        sha256="0" * 64,
    )


def release_files(release):
    """Their contents by their paths."""
    return {folder_of(release) / "README.md": b"---\n---\n# Ratings", zip_of(release): b"zip"}


def written_export(study):
    chosen = {"criterion": None, "since": None, "include_flagged": False, "include_excluded": False, "votes": "each"}
    return ExportJob.objects.create(
        study=study,
        format="jsonl",
        created_by="owner",
        options=chosen,
        status="done",
        file_bytes=0,
        expires_at=timezone.now() + timezone.timedelta(days=1),
    )


def export_file(export):
    """Its content by its path."""
    return {path_of(export): b""}


def write(files):
    """Two thousand tests ask for these files; few change them."""
    for path, content in files.items():
        if not (path.is_file() and path.read_bytes() == content):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
