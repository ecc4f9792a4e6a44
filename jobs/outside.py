"""Faults that no work has brought about: whatever met them waits until they have passed."""

import shutil

from django.conf import settings

from lib.faults import disk_is_full, storage_is_gone


def is_from_outside(error: BaseException) -> bool:
    """Tell whether object storage is gone, or the disk full even now that the work has left what it wrote.

    Work that fills the disk by itself would do so again and again.
    """
    return storage_is_gone(error) or (disk_is_full(error) and not _has_room())


def _has_room() -> bool:
    return shutil.disk_usage(settings.DATA_DIR).free >= settings.LEAST_FREE_BYTES
