"""django-storages' connection to S3, with bounds on waiting; loaded where STORAGE_URL is set, and there when needed."""

import os
from typing import Any

from botocore.config import Config
from storages.backends.s3 import S3Storage

CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 3, 30, 3


class BucketStorage(S3Storage):
    """Credentials, region and endpoint come from boto3's own variables, AWS_ACCESS_KEY_ID and the others."""

    def __init__(self, **options: Any) -> None:
        own_server = any(os.environ.get(name) for name in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"))
        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
            # Servers of one's own seldom have a name for each bucket.
            s3={"addressing_style": "path" if own_server else "auto"},
            # Every file has a SHA-256 of ours, and not every server knows Amazon's newer checksums.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        super().__init__(client_config=config, **options)
