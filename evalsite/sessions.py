"""Keep sessions in the database as Django does; only reading one, which every request does, is SQL by hand."""

from functools import lru_cache
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.core import signing
from django.utils import timezone

from lib.sql import fetch

LIVE = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"
KEPT = 1000  # verified signatures


class SessionStore(DatabaseSessions):
    def load(self) -> dict[str, Any]:
        for (data,) in fetch(LIVE, self.session_key, timezone.now()):
            return self._decoded(data)
        self._session_key = None  # expired or unknown: Django then starts a new session
        return {}

    def _decoded(self, data: str) -> dict[str, Any]:
        try:
            decoded: dict[str, Any] = signing.JSONSerializer().loads(_signed(data, self.key_salt))
        except signing.BadSignature:
            return self.decode(data)  # logs the bad signature
        return decoded


class _AsItIs(signing.JSONSerializer):
    def loads(self, data: bytes) -> bytes:
        return data


@lru_cache(KEPT)
def _signed(data: str, salt: str) -> bytes:
    """Verify and return signed data, cached: verifying is slower than reading, and most sessions are unchanged."""
    signed: bytes = signing.loads(data, salt=salt, serializer=_AsItIs)
    return signed
