"""moto's server in a process of its own: object storage that speaks S3, in memory."""

import subprocess
import sys
import time
from contextlib import contextmanager

from tests.services.test_serve import free_port

BUCKET = "punchweight"


@contextmanager
def object_storage(log):
    """Start the server with an empty bucket; yield the environment of a site that uses it, below a prefix."""
    import boto3

    port = free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], stdout=output, stderr=output
        )
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    try:
        url = f"http://127.0.0.1:{port}"
        client = boto3.client("s3", endpoint_url=url, aws_access_key_id="test", aws_secret_access_key="test")
        _create_bucket(client, process)
        yield keys | {"AWS_ENDPOINT_URL_S3": url, "STORAGE_URL": f"s3://{BUCKET}/site"}
    finally:
        process.kill()
        process.wait()


def _create_bucket(client, process):
    from botocore.exceptions import EndpointConnectionError

    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert process.poll() is None
        try:
            client.create_bucket(Bucket=BUCKET)
        except EndpointConnectionError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server of object storage did not start")
