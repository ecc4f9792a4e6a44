"""Create drafts of releases, publish them, and set their DOI."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from annotations.models import Study
from annotations.studies.audit import COMMAND_LINE
from leaderboards.models.releases import Release
from leaderboards.releases.build import build, build_again, folder_of, shared_files, zip_of
from lib.storage.bucket import DamagedFileError
from lib.storage.shared import uses_bucket
from protocol.study.possible import NoProtocolError, check_possible


class ReleaseError(ValueError):
    """The release cannot be created or changed this way; the message says why."""


class VersionTakenError(ReleaseError):
    """The study already has a release of this version."""


@dataclass(frozen=True)
class Draft:
    """The fields of a new release. version: The next whole number if left out."""

    name: str = ""
    version: str = ""
    description: str = ""
    licence: str = "CC-BY-4.0"
    include_comments: bool = False
    include_excluded: bool = False


def next_version(study: Study) -> str:
    """Return the first whole version that the study has no release of."""
    taken = set(study.releases.values_list("version", flat=True))
    number = 1
    while f"{number}.0" in taken:
        number += 1
    return f"{number}.0"


def create_draft(study: Study, draft: Draft, by: User | None) -> Release:
    """Create a release without files; a worker (files.jobs) or write_files writes them. Raises ReleaseError."""
    if study.simulated:
        raise ReleaseError(f"The votes of study {study.slug} are simulated. A release holds votes that people gave.")
    try:
        check_possible(study)
    except NoProtocolError as error:
        raise ReleaseError(f"A release holds the study's protocol. {error}") from error
    release = Release(
        study=study,
        name=draft.name.strip() or study.title,
        version=draft.version.strip() or next_version(study),
        description=draft.description.strip(),
        licence=draft.licence.strip(),
        include_comments=draft.include_comments,
        include_excluded=draft.include_excluded,
        created_by=by.get_username() if by else COMMAND_LINE,
    )
    try:
        release.full_clean(validate_unique=False, validate_constraints=False)
        with transaction.atomic():
            release.save()
    except ValidationError as error:
        raise ReleaseError(_in_words(error)) from error
    except IntegrityError as error:
        raise VersionTakenError(
            f"Study {study.slug} has a release {release.version} already. Choose another version."
        ) from error
    return release


def write_files(release: Release, progress: Callable[[int], object] = lambda rows: None) -> Release:
    """Write the draft's files now, which makes it ready."""
    built = build(release, progress)
    drafts = Release.objects.filter(pk=release.pk, publication=Release.Publication.DRAFT)
    drafts.finish(sha256=built.sha256, file_bytes=built.bytes, counts=built.counts)
    release.refresh_from_db()
    return release


def publish(release: Release) -> None:
    """Publish a draft permanently: files and record never change again, except for the DOI. Raises ReleaseError."""
    if release.is_published:
        raise ReleaseError(f"{release} is published already.")
    if release.status != Release.Status.DONE:
        raise ReleaseError(f"The files of {release} are not ready. Wait for them, or create the draft again.")
    if release.is_without_answers:
        raise ReleaseError(
            f"{release} holds no vote, no verdict of a judge and no mark. What is published never changes: create a "
            "draft once there are some."
        )
    if shared_files(release).checksum(zip_of(release).name) != release.sha256:
        raise ReleaseError(f"The files of {release} are not what was written. Delete the draft and create it again.")
    drafts = Release.objects.filter(pk=release.pk, publication=Release.Publication.DRAFT, status=Release.Status.DONE)
    drafts.update(publication=Release.Publication.PUBLISHED, published_at=timezone.now())
    release.refresh_from_db()


def write_again(release: Release) -> None:
    """Write the files of a release that lost them, byte for byte as they were. Raises ReleaseError."""
    if release.status != Release.Status.DONE:
        raise ReleaseError(f"The files of {release} were never written.")
    if not build_again(release):
        raise ReleaseError(
            f"The files of {release} cannot be written again: from the votes and texts of now, or by this version, "
            "they would differ from what was released. Restore them from a backup."
        )


def set_doi(release: Release, doi: str) -> None:
    """Set the DOI of a release. Raises ReleaseError."""
    release.doi = doi.strip().removeprefix("https://doi.org/")
    try:
        release.clean_fields(exclude={field.name for field in Release._meta.fields} - {"doi"})
    except ValidationError as error:
        raise ReleaseError(_in_words(error)) from error
    Release.objects.filter(pk=release.pk).update(doi=release.doi)


def delete_draft(release: Release) -> None:
    """Delete a draft and its files. Raises ReleaseError."""
    with transaction.atomic():
        deleted, _ = Release.objects.filter(pk=release.pk, publication=Release.Publication.DRAFT).delete()
        if not deleted:
            raise ReleaseError(f"{release} is published: it stays.")
        shared_files(release).delete()


def files(release: Release) -> dict[Path, int]:
    """Return the names of the folder's files, in order, and their bytes; none before they are written."""
    paths = {PurePosixPath(name): size for name, size in shared_files(release).files().items()}
    inside = {path: size for path, size in paths.items() if path.is_relative_to(release.folder_name)}
    return {Path(path.relative_to(release.folder_name)): inside[path] for path in sorted(inside)}


def place_of(release: Release) -> str:
    """Return the folder, or the address in object storage, below which the files are."""
    return str(shared_files(release) if uses_bucket() else folder_of(release))


def open_file(release: Release, name: str) -> BinaryIO:
    """Open a file of the folder. Raises FileNotFoundError, StorageError."""
    return shared_files(release).open(f"{release.folder_name}/{name}")


def open_zip(release: Release) -> tuple[BinaryIO, int]:
    """Open the zip file, and return its bytes as well. Raises FileNotFoundError, StorageError."""
    name, shared = zip_of(release).name, shared_files(release)
    return shared.open(name, sha256=release.sha256), shared.files()[name]


def changed_files(release: Release) -> list[str]:
    """Return the files that are missing or differ from CHECKSUMS."""
    try:
        with open_file(release, "CHECKSUMS") as file:
            lines = file.read().decode().splitlines()
    except (FileNotFoundError, DamagedFileError):
        return ["CHECKSUMS"]
    wanted = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    shared, folder = shared_files(release), release.folder_name
    return [name for name, digest in wanted.items() if shared.checksum(f"{folder}/{name}") != digest]


def _in_words(error: ValidationError) -> str:
    return " ".join(
        f"{name}: {' '.join(messages)}" if name != "__all__" else " ".join(messages)
        for name, messages in error.message_dict.items()
    )
