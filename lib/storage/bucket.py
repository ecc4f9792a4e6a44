"""What is asked of a bucket: files by content, and manifests that say which files belong together.

Below the prefix, `files/NAME/CHECKSUM/FILE` are contents and `manifests/NAME.json` says which of them are whole. A
manifest is one object, put last, so that readers see all of it or what was there before.
"""

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

FILES, MANIFESTS, ENDING = "files", "manifests", ".json"
# As many keys as one request deletes.
AT_ONCE = 1000
GONE = ("404", "NoSuchKey", "NotFound")
TOO_MANY, SERVERS_FAULT = 429, 500


class StorageError(OSError):
    """The object storage does not answer, or refuses; the message says which."""


class StorageGoneError(StorageError):
    """The object storage does not answer, or is too busy: later it may."""


class DamagedFileError(OSError):
    """A file in object storage is not what its checksum says."""


@contextmanager
def _asking(address: str) -> Iterator[None]:
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

    try:
        yield
    except ClientError as error:
        if str(error.response.get("Error", {}).get("Code")) in GONE:
            raise FileNotFoundError(address) from error
        kind = StorageGoneError if _is_busy(error.response) else StorageError
        raise kind(f"The object storage refused: {error}") from error
    except (BotoCoreError, HTTPClientError, Boto3Error) as error:
        raise StorageGoneError(f"The object storage does not answer: {error}") from error


def _is_busy(response: Mapping[str, Any]) -> bool:
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status == TOO_MANY or status >= SERVERS_FAULT


@dataclass(frozen=True)
class StoredObject:
    """An object as the bucket lists it."""

    key: str
    changed_at: datetime


@dataclass(frozen=True)
class Bucket:
    """storage: django-storages' S3Storage, which has the connection. prefix: What all keys begin with; may be empty."""

    storage: Any
    prefix: str

    def address(self, name: str) -> str:
        return f"s3://{self.storage.bucket_name}/{self._key(FILES, name)}"

    def put_file(self, key: str, path: Path) -> None:
        """Upload a file; large ones in parts, which are seen together once all of them are there."""
        with _asking(key):
            self._client.upload_file(str(path), self.storage.bucket_name, self._key(FILES, key))

    def read(self, key: str) -> Any:
        """Return the content as a stream. Raises FileNotFoundError."""
        with _asking(key):
            return self._client.get_object(Bucket=self.storage.bucket_name, Key=self._key(FILES, key))["Body"]

    def put_manifest(self, name: str, content: bytes) -> None:
        with _asking(name):
            key = self._key(MANIFESTS, name + ENDING)
            self._client.put_object(Bucket=self.storage.bucket_name, Key=key, Body=content)

    def manifest(self, name: str) -> bytes | None:
        """Return the manifest of a name; None if there is none."""
        try:
            with _asking(name):
                key = self._key(MANIFESTS, name + ENDING)
                return cast(bytes, self._client.get_object(Bucket=self.storage.bucket_name, Key=key)["Body"].read())
        except FileNotFoundError:
            return None

    def names(self, below: str = "") -> list[str]:
        """Return the names that have a manifest, in order. below: A folder of names, such as "releases"; "" for all."""
        start = self._key(MANIFESTS, f"{below}/" if below else "")
        found = (item.key for item in self._listed(start))
        return sorted(key.removeprefix(self._key(MANIFESTS, "")).removesuffix(ENDING) for key in found)

    def contents(self) -> Iterator[tuple[str, StoredObject]]:
        """Yield all contents by key without the prefix, whether a manifest names them or not."""
        start = self._key(FILES, "")
        for item in self._listed(start):
            yield item.key.removeprefix(start), item

    def delete(self, name: str) -> None:
        """Delete a name, and what is below it: manifests first, so that nobody begins to read what goes."""
        self._delete([self._key(MANIFESTS, name + ENDING)])
        for kind in (MANIFESTS, FILES):
            self._delete(item.key for item in self._listed(self._key(kind, f"{name}/")))

    def delete_contents(self, keys: Iterable[str]) -> None:
        self._delete(self._key(FILES, key) for key in keys)

    @property
    def _client(self) -> Any:
        # One connection a thread.
        return self.storage.connection.meta.client

    def _key(self, *parts: str) -> str:
        return "/".join((self.prefix.strip("/"), *parts)).lstrip("/")

    def _listed(self, start: str) -> Iterator[StoredObject]:
        with _asking(start):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self.storage.bucket_name, Prefix=start
            )
            for page in pages:
                for item in page.get("Contents", ()):
                    yield StoredObject(item["Key"], item["LastModified"])

    def _delete(self, keys: Iterable[str]) -> None:
        every = list(keys)
        for begin in range(0, len(every), AT_ONCE):
            wanted = [{"Key": key} for key in every[begin : begin + AT_ONCE]]
            with _asking(self.prefix):
                answer = self._client.delete_objects(
                    Bucket=self.storage.bucket_name, Delete={"Objects": wanted, "Quiet": True}
                )
            if errors := answer.get("Errors"):
                key, reason = errors[0]["Key"], errors[0].get("Message")
                raise StorageError(f"The object storage did not delete {key}: {reason}")


class CheckedReader(io.RawIOBase):
    """Reads a stream, and fails before its last bytes if the whole is not what its checksum says."""

    def __init__(self, body: Any, size: int, sha256: str, address: str) -> None:
        self._body, self._left, self._wanted, self._address = body, size, sha256, address
        self._digest = hashlib.sha256()

    @classmethod
    def of(cls, body: Any, size: int, sha256: str, address: str) -> BinaryIO:
        return io.BufferedReader(cls(body, size, sha256, address), 1 << 18)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            return 0
        with _asking(self._address):
            part: bytes = self._body.read(min(len(buffer), self._left))
        self._digest.update(part)
        self._left -= len(part)
        if not part or (not self._left and self._digest.hexdigest() != self._wanted):
            address = self._address
            raise DamagedFileError(f"{address} is not what was kept: its checksum differs. Restore it from a backup.")
        buffer[: len(part)] = part
        return len(part)

    def close(self) -> None:
        if not self.closed:
            self._body.close()
        super().close()
