"""Sessions in the database, as Django keeps them; only reading one, which every request does, is written by hand."""

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.utils import timezone

from annotations.statements import fetch

LIVE = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"


class SessionStore(DatabaseSessions):
    def load(self) -> dict[str, Any]:
        for (data,) in fetch(LIVE, self.session_key, timezone.now()):
            return self.decode(data)
        self._session_key = None  # expired, or never ours: Django then begins another one
        return {}
