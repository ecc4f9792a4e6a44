"""What every gunicorn of the site has, however it is started; it reads this file where it runs."""

import os
import socket
from pathlib import Path
from typing import Any

logger_class = "accounts.logs.AccessLog"
worker_class = "lib.serving.server.PatientWorker"


def on_starting(server: Any) -> None:
    """Forget the times of requests that web processes before these measured (evalsite/operations/requests.py)."""
    data_dir = Path(os.environ.get("DATA_DIR", Path(__file__).parent / "var"))
    # The folder stays: a site that is loaded before this has made it already.
    for file in (data_dir / "metrics" / socket.gethostname()).glob("*.db"):
        file.unlink(missing_ok=True)
