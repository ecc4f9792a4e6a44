"""Requests and answers, with nothing but the standard library."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterable, Iterator, Mapping
from http.client import HTTPResponse
from typing import Any

Json = dict[str, Any]
WAITS = (0.5, 2.0, 8.0)  # seconds before a request is sent again
CHUNK_BYTES = 1 << 20
PASSING_STATUSES = (429, 502, 503, 504)


class ApiError(Exception):
    """The site refused the request, in its own words. field: what in the request is wrong."""

    def __init__(self, status: int, code: str, message: str, field: str) -> None:
        super().__init__(f"{message} ({status} {code}{f', {field}' if field else ''})")
        self.status, self.code, self.message, self.field = status, code, message, field


class ConnectionFailedError(Exception):
    """The site did not answer."""


class Connection:
    """Sends requests of one token, again where that is harmless and the fault may pass."""

    def __init__(self, url: str, token: str, *, timeout: float = 60) -> None:
        self.base = f"{url.rstrip('/')}/api/v1"
        self.headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self.timeout = timeout

    def get(self, path: str, **query: object) -> Any:
        with self._open("GET", path, query=query) as answer:
            return json.load(answer)

    def post(self, path: str, body: Mapping[str, Any] | None = None, *, keyed: bool = True, again: bool = False) -> Any:
        """Send a body. keyed: an Idempotency-Key makes a repeat harmless. again: a repeat is harmless without one."""
        data = json.dumps(body or {}).encode()
        with self._open("POST", path, data=data, keyed=keyed, again=again, query={}) as answer:
            return json.load(answer)

    def upload(self, path: str, rows: Iterable[Mapping[str, Any]], **query: object) -> Any:
        data = "".join(json.dumps(row) + "\n" for row in rows).encode()
        with self._open("POST", path, data=data, kind="application/jsonl", keyed=True, query=query) as answer:
            return json.load(answer)

    def lines(self, path: str, **query: object) -> Iterator[Json]:
        """Yield rows of JSON Lines while they arrive."""
        with self._open("GET", path, query=query) as answer:
            for line in answer:
                yield json.loads(line)

    def parts(self, path: str) -> Iterator[bytes]:
        """Yield a file in chunks while it arrives. Raises ConnectionFailedError if it ends too early."""
        with self._open("GET", path, query={}) as answer:
            missing = int(answer.headers.get("Content-Length") or 0)
            while chunk := answer.read(CHUNK_BYTES):
                missing -= len(chunk)
                yield chunk
        if missing > 0:
            raise ConnectionFailedError(f"{path} ended {missing} bytes too early.")

    def items(self, path: str, **query: object) -> Iterator[Json]:
        """Yield every item of a list, page by page."""
        cursor: str | None = ""
        while cursor is not None:
            page = self.get(path, **query, cursor=cursor)
            yield from page["items"]
            cursor = page["next"]

    def _open(
        self,
        method: str,
        path: str,
        *,
        data: bytes | None = None,
        kind: str = "application/json",
        keyed: bool = False,
        again: bool = False,
        query: Mapping[str, object],
    ) -> HTTPResponse:
        parameters = urllib.parse.urlencode({name: value for name, value in query.items() if value not in (None, "")})
        headers = self.headers | ({"Content-Type": kind} if data is not None else {})
        headers |= {"Idempotency-Key": str(uuid.uuid4())} if keyed else {}
        request = urllib.request.Request(  # noqa: S310  (the address is the caller's)
            f"{self.base}{path}{'?' if parameters else ''}{parameters}", data=data, headers=headers, method=method
        )
        return self._send(request, again=again or keyed or method == "GET")

    def _send(self, request: urllib.request.Request, *, again: bool) -> HTTPResponse:
        """Send the request, and up to three times more while the fault may pass. again: a repeat is harmless."""
        waits = list(WAITS)
        while True:
            try:
                return urllib.request.urlopen(request, timeout=self.timeout)  # noqa: S310
            except urllib.error.HTTPError as error:
                refusal = _refusal(error)
                passing = error.code == 429 or (again and error.code in PASSING_STATUSES)
                if not (passing and waits):
                    raise refusal from None
                wait = float(error.headers.get("Retry-After") or waits[0])
            except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
                if not (again and waits):
                    raise ConnectionFailedError(f"{self.base} does not answer: {error}") from error
                wait = waits[0]
            waits.pop(0)
            time.sleep(wait)


def _refusal(error: urllib.error.HTTPError) -> ApiError:
    text = error.read().decode("utf-8", "replace")
    try:
        refusal = json.loads(text)["error"]
        return ApiError(error.code, refusal["code"], refusal["message"], refusal["field"])
    except (ValueError, KeyError, TypeError):
        return ApiError(error.code, "no_answer", f"This is no answer of the API: {text[:200]}", "")
