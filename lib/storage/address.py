"""Read STORAGE_URL; the settings import this, so it needs none."""

from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured


def bucket_storage(url: str) -> dict[str, Any]:
    """Return the storage that s3://bucket/prefix names; boto3's own variables say where it is and who may use it.

    Raises:
        ImproperlyConfigured: It is no such address, or what it needs is not installed.
    """
    parts = urlsplit(url)
    if parts.scheme != "s3" or not parts.netloc:
        raise ImproperlyConfigured(f"STORAGE_URL is {url!r}; expected s3://bucket or s3://bucket/prefix.")
    if find_spec("storages") is None or find_spec("boto3") is None:
        raise ImproperlyConfigured("STORAGE_URL is set. Install what it needs: pip install -r requirements-s3.txt")
    options = {"bucket_name": parts.netloc, "location": parts.path.strip("/")}
    return {"BACKEND": "lib.storage.s3.BucketStorage", "OPTIONS": options}
