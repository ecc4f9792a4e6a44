"""What every gunicorn of the site has, however it is started; it reads this file where it runs."""

import os
import shutil
import socket
from pathlib import Path
from typing import Any

logger_class = "accounts.logs.AccessLog"
worker_class = "lib.serving.server.PatientWorker"


def on_starting(server: Any) -> None:
    """Forget the times of requests that web processes before these measured (evalsite/operations/requests.py)."""
    data_dir = Path(os.environ.get("DATA_DIR", Path(__file__).parent / "var"))
    shutil.rmtree(data_dir / "metrics" / socket.gethostname(), ignore_errors=True)
