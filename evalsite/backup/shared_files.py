"""What lies on a disk and belongs to others: into object storage, and whether what is there is whole."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from lib.storage.bucket import Bucket
from lib.storage.shared import Shared

# Below DATA_DIR: what is handed on as a whole, a folder or a file.
PLACES = ("releases/*", "exports/*", "uploads/*", "uploads/*/read-*", "weights/finetuned/*/weights")
# Contents that no manifest names yet may be of an upload that goes on.
YOUNG = timedelta(days=1)


def names_on_disk() -> Iterator[str]:
    root = Path(settings.DATA_DIR)
    for pattern in PLACES:
        for path in sorted(root.glob(pattern)):
            if not path.name.startswith("."):
                yield path.relative_to(root).as_posix()


def upload_all(bucket: Bucket) -> Iterator[str]:
    """Hand on what lies on this disk and is not in the bucket; yield each name. What is on the disk stays there."""
    there = set(bucket.names())
    for name in names_on_disk():
        if name not in there:
            Shared(name).keep(with_copy=True)
            yield name


def damaged(bucket: Bucket) -> Iterator[tuple[str, str]]:
    """Read everything in the bucket; yield name and file of what is gone, or is not what its checksum says."""
    for name in bucket.names():
        shared = Shared(name)
        for file in shared.files():
            if not shared.checksum(file):
                yield name, file


def delete_left_over(bucket: Bucket, *, now: datetime | None = None) -> int:
    """Delete contents that belong to nothing, of uploads that were broken off; return how many."""
    oldest = (now or timezone.now()) - YOUNG
    left_over = {key for key, item in bucket.contents() if item.changed_at < oldest}
    if left_over:
        left_over -= {key for name in bucket.names() for key in Shared(name).content_keys()}
    bucket.delete_contents(left_over)
    return len(left_over)
