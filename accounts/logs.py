"""Keep the secrets of one-time and personal links out of logs. No Django: gunicorn loads this before it."""

import logging
import re
from typing import Any

from gunicorn.glogging import Logger

# Addresses that hold a secret: what follows the name, up to the next / or the end.
LINK = re.compile(
    r"/(join|resume|invited|shared|account/address|password/new/[A-Za-z0-9_-]+)/(?!set-password\b|cancel\b)[^/\s\"'?]+"
)


def without_secrets(text: str) -> str:
    return LINK.sub(r"/\1/…", text)


class WithoutSecrets(logging.Filter):
    """Rewrite messages of Django's loggers, which name the address of a request that failed."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        cleaned = without_secrets(message)
        if cleaned != message:
            record.msg, record.args = cleaned, ()
        return True


class AccessLog(Logger):
    """Gunicorn's log of requests, where an operator switches it on."""

    def atoms(self, *args: Any) -> dict[str, Any]:
        atoms: dict[str, Any] = super().atoms(*args)
        return {name: without_secrets(value) if isinstance(value, str) else value for name, value in atoms.items()}
