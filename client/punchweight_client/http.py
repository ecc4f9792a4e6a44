"""One request and its answer, with nothing but the standard library."""

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
PART = 1 << 20
PASSING = (429, 502, 503, 504)


class ApiError(Exception):
    """The site refused the request; the message is its own. field: what in the request is meant."""

    def __init__(self, status: int, code: str, message: str, field: str) -> None:
        super().__init__(f"{message} ({status} {code}{f', {field}' if field else ''})")
        self.status, self.code, self.message, self.field = status, code, message, field


class ConnectionFailedError(Exception):
    """The site did not answer."""


class Connection:
    def __init__(self, url: str, token: str, *, timeout: float = 60) -> None:
        self.base = f"{url.rstrip('/')}/api/v1"
        self.headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self.timeout = timeout

    def get(self, path: str, **query: object) -> Any:
        with self._open("GET", path, query=query) as answer:
            return json.load(answer)

    def post(self, path: str, body: Mapping[str, Any] | None = None, *, keyed: bool = True, again: bool = False) -> Any:
        """keyed: with an Idempotency-Key, so that sending it again is harmless. again: it is harmless without."""
        data = json.dumps(body or {}).encode()
        with self._open("POST", path, data=data, keyed=keyed, again=again, query={}) as answer:
            return json.load(answer)

    def upload(self, path: str, rows: Iterable[Mapping[str, Any]], **query: object) -> Any:
        data = "".join(json.dumps(row) + "\n" for row in rows).encode()
        with self._open("POST", path, data=data, kind="application/jsonl", keyed=True, query=query) as answer:
            return json.load(answer)

    def lines(self, path: str, **query: object) -> Iterator[Json]:
        """JSON Lines, read while they come."""
        with self._open("GET", path, query=query) as answer:
            for line in answer:
                yield json.loads(line)

    def parts(self, path: str) -> Iterator[bytes]:
        """A file, read while it comes. Raises ConnectionFailedError where it ends too early."""
        with self._open("GET", path, query={}) as answer:
            missing = int(answer.headers.get("Content-Length") or 0)
            while part := answer.read(PART):
                missing -= len(part)
                yield part
        if missing > 0:
            raise ConnectionFailedError(f"{path} ended {missing} bytes too early.")

    def items(self, path: str, **query: object) -> Iterator[Json]:
        """Every item of a list, page by page."""
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
        asked = urllib.parse.urlencode({name: value for name, value in query.items() if value not in (None, "")})
        headers = self.headers | ({"Content-Type": kind} if data is not None else {})
        headers |= {"Idempotency-Key": str(uuid.uuid4())} if keyed else {}
        request = urllib.request.Request(  # noqa: S310  (the address is the caller's)
            f"{self.base}{path}{'?' if asked else ''}{asked}", data=data, headers=headers, method=method
        )
        return self._send(request, again=again or keyed or method == "GET")

    def _send(self, request: urllib.request.Request, *, again: bool) -> HTTPResponse:
        """Also once more and again, where that is harmless and the fault may pass."""
        waits = list(WAITS)
        while True:
            try:
                return urllib.request.urlopen(request, timeout=self.timeout)  # noqa: S310
            except urllib.error.HTTPError as error:
                refusal = _refusal(error)
                passing = error.code == 429 or (again and error.code in PASSING)
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
        told = json.loads(text)["error"]
        return ApiError(error.code, told["code"], told["message"], told["field"])
    except (ValueError, KeyError, TypeError):
        return ApiError(error.code, "no_answer", f"This is no answer of the API: {text[:200]}", "")
