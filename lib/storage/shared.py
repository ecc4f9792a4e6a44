"""The one place where files are handed from a process to others, which may run on other machines.

Without object storage they lie below DATA_DIR and nowhere else. With it, they are in the bucket once `keep` has
returned, and what lies below DATA_DIR is at most a copy.
"""

import fcntl
import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings

from lib.files import replace_bytes_when_complete
from lib.storage.bucket import Bucket, CheckedReader, DamagedFileError, StorageError

# The alias in STORAGES; evalsite.settings has it where STORAGE_URL is set.
ALIAS = "shared"
BLOCK = 1 << 20


@dataclass(frozen=True)
class Entry:
    """One of the files, as the manifest names it."""

    bytes: int
    sha256: str


def uses_bucket() -> bool:
    """Tell whether files are shared by object storage."""
    return ALIAS in settings.STORAGES


def the_bucket() -> Bucket | None:
    if not uses_bucket():
        return None
    from django.core.files.storage import storages

    storage: Any = storages[ALIAS]
    return Bucket(storage, storage.location)


@dataclass(frozen=True)
class Shared:
    """A folder, or a single file, by its name below DATA_DIR, such as "releases/1f0c…" or "exports/77ab….jsonl"."""

    name: str

    def __str__(self) -> str:
        bucket = the_bucket()
        return bucket.address(self.name) if bucket else str(self.path)

    @property
    def path(self) -> Path:
        """Where it is written before `keep`, and where `fetch` puts it."""
        return Path(settings.DATA_DIR) / self.name

    def keep(self, *, last_look: Callable[[], object] = lambda: None, with_copy: bool = False) -> None:
        """Hand what was written to all processes. An upload that is interrupted leaves what others see as it was.

        last_look: Called before the bucket shows it; raises if it shall not.
        with_copy: This process will read it again: the files below DATA_DIR stay.
        Raises:
            StorageError: The object storage did not take it.
        """
        bucket = the_bucket()
        if bucket is None:
            return
        files = _files_at(self.path)
        manifest = {name: Entry(path.stat().st_size, file_sha256(path)) for name, path in files.items()}
        for name, path in files.items():
            bucket.put_file(self._key(name, manifest[name]), path)
        last_look()
        whole = _as_json(manifest)
        bucket.put_manifest(self.name, whole)
        if with_copy:
            self._note_copy(whole)
        else:
            self._delete_copy()

    def files(self) -> dict[str, int]:
        """Return the bytes of each file by its name in the folder; {} if nothing is there."""
        if the_bucket() is None:
            return {name: path.stat().st_size for name, path in _files_at(self.path).items()}
        return {name: entry.bytes for name, entry in self.manifest().items()}

    def manifest(self) -> dict[str, Entry]:
        """Return the files with their checksums; {} if nothing is there. On a disk it reads all of them."""
        bucket = the_bucket()
        if bucket is None:
            files = _files_at(self.path).items()
            return {name: Entry(path.stat().st_size, file_sha256(path)) for name, path in files}
        whole = bucket.manifest(self.name)
        return _entries(whole) if whole else {}

    def open(self, file: str, *, sha256: str = "") -> BinaryIO:
        """Open one of the files. From object storage, what differs from its checksum never arrives whole.

        sha256: What the file must be, where somebody knows it; "" for what the manifest says.
        Raises:
            FileNotFoundError: There is no such file.
            DamagedFileError: It is another one than was kept.
            StorageError: The object storage does not answer.
        """
        bucket = the_bucket()
        if bucket is None:
            files = _files_at(self.path)
            if file not in files:
                raise FileNotFoundError(f"{self.name} has no file {file!r}")
            return files[file].open("rb")
        entry = self.manifest().get(file)
        if entry is None:
            raise FileNotFoundError(f"{self.name} has no file {file!r}")
        wanted = sha256 or entry.sha256
        if wanted != entry.sha256:
            raise DamagedFileError(f"{self} has another {file!r} than was kept: its checksum differs.")
        return self._reader(bucket, file, entry)

    def checksum(self, file: str) -> str:
        """Return the SHA-256 of what a file has now, read to its end; "" if it is gone or damaged."""
        digest = hashlib.sha256()
        try:
            with self.open(file) as content:
                while part := content.read(BLOCK):
                    digest.update(part)
        except (FileNotFoundError, DamagedFileError):
            return ""
        return digest.hexdigest()

    def fetch(self) -> Path:
        """Return the path of a whole copy on this machine.

        Raises:
            FileNotFoundError: Nothing is there.
            DamagedFileError: A file is another one than was kept.
            StorageError: The object storage does not answer.
        """
        bucket = the_bucket()
        if bucket is None:
            return self.path
        try:
            whole = bucket.manifest(self.name)
        except StorageError:
            if self._copy_of() and self.path.exists():
                return self.path
            raise
        if whole is None:
            raise FileNotFoundError(f"There is nothing at {self}.")
        if self._copy_of() != _digest(whole) or not self.path.exists():
            with self._locked():
                # Another process may have fetched it meanwhile.
                if self._copy_of() != _digest(whole) or not self.path.exists():
                    self._download(bucket, whole)
        return self.path

    def content_keys(self) -> list[str]:
        """Return where in the bucket the contents are."""
        return [self._key(file, entry) for file, entry in self.manifest().items()]

    def places(self) -> dict[str, str]:
        """Return where below DATA_DIR each file lies, or would without object storage."""
        is_file = list(self.manifest()) == [self.path.name]
        return {file: self.name if is_file else f"{self.name}/{file}" for file in self.files()}

    def delete(self) -> None:
        """Delete the files, and whatever is below them."""
        if bucket := the_bucket():
            bucket.delete(self.name)
        self._delete_copy()

    def _key(self, file: str, entry: Entry) -> str:
        # By content, so that no upload changes a file that a manifest names.
        return f"{self.name}/{entry.sha256}/{file}"

    def _reader(self, bucket: Bucket, file: str, entry: Entry) -> BinaryIO:
        return CheckedReader.of(bucket.read(self._key(file, entry)), entry.bytes, entry.sha256, f"{self}, {file}")

    def _download(self, bucket: Bucket, whole: bytes) -> None:
        part = self._beside(".part")
        _remove(part)
        entries = _entries(whole)
        for name, entry in entries.items():
            target = part if list(entries) == [self.path.name] else part / name
            if part.resolve() not in (target.resolve(), *target.resolve().parents):
                raise DamagedFileError(f"{self} names a file outside its folder: {name!r}.")
            target.parent.mkdir(parents=True, exist_ok=True)
            with self._reader(bucket, name, entry) as reader, target.open("wb") as file:
                shutil.copyfileobj(reader, file, BLOCK)
        self._beside(".copy").unlink(missing_ok=True)
        _remove(self.path)
        part.replace(self.path)
        self._note_copy(whole)

    def _note_copy(self, whole: bytes) -> None:
        with replace_bytes_when_complete(self._beside(".copy")) as file:
            file.write(_digest(whole).encode())

    def _copy_of(self) -> str:
        """Return the digest of the manifest whose files are here whole; "" if none are."""
        with suppress(OSError):
            return self._beside(".copy").read_text()
        return ""

    def _delete_copy(self) -> None:
        for place in (self._beside(".copy"), self._beside(".lock"), self._beside(".part"), self.path):
            _remove(place)

    def _beside(self, ending: str) -> Path:
        return self.path.with_name(f".{self.path.name}{ending}")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Let one process of this machine fetch it; the others wait, and find it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._beside(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def delete_old_copies(folder: str, age: timedelta) -> None:
    """Delete what this disk has below a folder's name for longer than that, where the bucket has it as well.

    Whoever deletes files deletes the copies of one machine; this is for all others.
    """
    places = Path(settings.DATA_DIR, folder).glob("*") if uses_bucket() else ()
    for place in places:
        with suppress(FileNotFoundError):
            if time.time() - place.stat().st_mtime > age.total_seconds():
                _remove(place)


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files_at(path: Path) -> dict[str, Path]:
    """Return the files by their names in the folder, or the single file by its own; hidden ones are of nobody."""
    if path.is_file():
        return {path.name: path}
    found = ((file.relative_to(path), file) for file in sorted(path.rglob("*")) if file.is_file())
    return {name.as_posix(): file for name, file in found if not any(part.startswith(".") for part in name.parts)}


def _as_json(manifest: Mapping[str, Entry]) -> bytes:
    files = {name: {"bytes": entry.bytes, "sha256": entry.sha256} for name, entry in sorted(manifest.items())}
    return json.dumps({"files": files}).encode()


def _entries(whole: bytes) -> dict[str, Entry]:
    files: dict[str, dict[str, Any]] = json.loads(whole)["files"]
    return {name: Entry(int(entry["bytes"]), str(entry["sha256"])) for name, entry in files.items()}


def _digest(whole: bytes) -> str:
    return hashlib.sha256(whole).hexdigest()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
