"""Write and read the file of a backup: rows, secret key, folders of files, and a manifest that says what is in it."""

import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.contrib.auth.models import User
from django.utils.crypto import salted_hmac

from annotations.models import Study
from evalsite.backup.rows import DamagedBackupError, newest_migrations, read_rows, write_rows
from evalsite.backup.shared_files import upload_all
from leaderboards.releases.build import one_snapshot
from leaderboards.snapshots.boards import CODE_VERSION
from lib.storage.shared import Shared, the_bucket, uses_bucket
from models_runner.models import Dataset

# Folders below DATA_DIR whose files rows name. What is not here can be made again, but for weights.
FOLDERS = ("releases", "uploads", "exports", "media")
WEIGHTS = "weights/finetuned"
MANIFEST, ROWS, KEY = "manifest.json", "rows.jsonl", "secret_key"


class RestoreError(ValueError):
    """The backup cannot be restored here; the message says why. Nothing has changed."""


@dataclass(frozen=True)
class BackupSummary:
    """What a backup holds, or what was restored."""

    rows: int
    files: int
    own_key: bool


def write_backup(path: Path, *, weights: bool = False) -> BackupSummary:
    """Write everything into a tar file, compressed if its name ends with .gz, that appears once it is complete.

    Rows are as of one moment. Files are read after them, so each file that a row names is there.
    """
    unfinished = path.with_name(path.name + ".part")
    with tempfile.TemporaryFile(dir=path.parent) as rows:
        with one_snapshot():
            counts = write_rows(rows)
        # Readable by its owner alone: it holds the secret key and what people wrote.
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with (
            os.fdopen(handle, "wb") as file,
            tarfile.open(fileobj=file, mode="w:gz" if path.name.endswith(".gz") else "w") as archive,
        ):
            own_key = (settings.DATA_DIR / KEY).is_file()
            _add_text(archive, MANIFEST, json.dumps(_manifest(counts), indent=2))
            _add(archive, ROWS, rows)
            if own_key:
                _add_text(archive, KEY, settings.SECRET_KEY)
            add = _add_shared if uses_bucket() else _add_folder
            files = sum(add(archive, name) for name in (*FOLDERS, *([WEIGHTS] if weights else ())))
    unfinished.replace(path)
    return BackupSummary(sum(counts.values()), files, own_key)


def _manifest(counts: dict[str, int]) -> dict[str, Any]:
    return {
        "punchweight_backup": 1,
        "code": CODE_VERSION,
        "made_at": datetime.now(UTC).isoformat(),
        "migrations": newest_migrations(),
        "rows": counts,
        "key": _key_digest(settings.SECRET_KEY),
    }


def _key_digest(key: str) -> str:
    """Tell whether two keys are the same, without telling the key."""
    return salted_hmac("evalsite.backup", "key", secret=key, algorithm="sha256").hexdigest()


def _add_text(archive: tarfile.TarFile, name: str, text: str) -> None:
    with tempfile.TemporaryFile() as file:
        file.write(text.encode())
        _add(archive, name, file)


def _add(archive: tarfile.TarFile, name: str, file: IO[bytes]) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = file.tell(), 0o600
    file.seek(0)
    archive.addfile(entry, file)


def _add_folder(archive: tarfile.TarFile, name: str) -> int:
    added = 0
    for path in sorted((settings.DATA_DIR / name).rglob("*")):
        relative = path.relative_to(settings.DATA_DIR)
        if path.is_file() and not path.is_symlink() and not any(part.startswith(".") for part in relative.parts):
            try:
                archive.add(path, arcname=relative.as_posix(), recursive=False)
            except FileNotFoundError:  # a draft that was deleted meanwhile
                continue
            added += 1
    return added


def _add_shared(archive: tarfile.TarFile, folder: str) -> int:
    """Add what object storage has below a folder's name, under the names that it has on a disk."""
    added = 0
    bucket = the_bucket()
    for shared in map(Shared, bucket.names(folder) if bucket else ()):
        sizes = shared.files()
        for file, place in shared.places().items():
            entry = tarfile.TarInfo(place)
            entry.size, entry.mode = sizes[file], 0o644
            with shared.open(file) as content:
                archive.addfile(entry, content)
            added += 1
    return added


def restore_backup(path: Path) -> BackupSummary:
    """Restore a backup into a site without accounts, datasets and studies, whose tables are there.

    Raises:
        RestoreError: The site is not empty, the backup is of another version, or its key is not the one here.
        DamagedBackupError: The file is no backup, or a damaged one.
        StorageError: Rows and files are restored, and object storage did not take the files.
    """
    if User.objects.exists() or Dataset.objects.exists() or Study.objects.exists():
        raise RestoreError("This site has accounts, datasets or studies. Restore into an empty database and DATA_DIR.")
    try:
        with tarfile.open(path) as archive:
            manifest = json.loads(_member(archive, MANIFEST).read())
            own_key = KEY in archive.getnames()
            _check(manifest, own_key)
            counts = read_rows(_member(archive, ROWS))
            if counts != manifest["rows"]:
                raise DamagedBackupError(f"{path} says that it has other rows than it has.")
            summary = BackupSummary(sum(counts.values()), extract(archive), own_key)
    except (tarfile.TarError, EOFError, KeyError, ValueError, OSError) as error:
        if isinstance(error, RestoreError | DamagedBackupError):
            raise
        raise DamagedBackupError(f"{path} is no backup, or it is damaged: {error}") from error
    if bucket := the_bucket():
        list(upload_all(bucket))
    return summary


def _check(manifest: dict[str, Any], own_key: bool) -> None:
    if manifest["migrations"] != newest_migrations():
        raise RestoreError(
            f"The backup is of version {manifest['code']}, whose tables differ from those of {CODE_VERSION}. Install "
            "that version, restore, and upgrade then."
        )
    if not own_key and manifest["key"] != _key_digest(settings.SECRET_KEY):
        raise RestoreError(
            "The site of the backup had its key in SECRET_KEY, and here it is another one, so that no personal link "
            "and no join link would work. Set SECRET_KEY as it was there, then restore."
        )
    if own_key and "SECRET_KEY" in os.environ and manifest["key"] != _key_digest(settings.SECRET_KEY):
        raise RestoreError(
            "The backup holds the key of its site, and SECRET_KEY is set to another one here. Unset it, then restore."
        )


def _member(archive: tarfile.TarFile, name: str | tarfile.TarInfo) -> IO[bytes]:
    member = archive.extractfile(name)
    if member is None:
        raise KeyError(name)
    return member


def extract(archive: tarfile.TarFile) -> int:
    """Extract key and files, and nothing else that a file may hold."""
    extracted = 0
    for member in _wanted(archive):
        _write(archive, member)
        extracted += member.name != KEY
    return extracted


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
    """Write a file at its place, for its owner to change. By hand, because Python 3.11.2 has no filter of names."""
    path = Path(settings.DATA_DIR, member.name)
    if not path.resolve().is_relative_to(Path(settings.DATA_DIR).resolve()):
        raise DamagedBackupError(f"A file in the backup would be written outside DATA_DIR: {member.name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with _member(archive, member) as source, path.open("wb") as target:
        path.chmod(member.mode & 0o644 | 0o600)
        shutil.copyfileobj(source, target)


def _wanted(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for member in archive:
        if member.isfile() and (
            member.name == KEY or member.name.startswith(tuple(f"{f}/" for f in (*FOLDERS, WEIGHTS)))
        ):
            yield member
