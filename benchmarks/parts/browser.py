"""A minimal HTTP client that acts as a browser: it keeps cookies and connections, logs in and joins a study."""

import re
from http.client import HTTPConnection, HTTPResponse, RemoteDisconnected
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

TOKEN = re.compile(r'data-token="([0-9a-f-]{36})"')
Fields = dict[str, object]


class AnswerError(RuntimeError):
    """The site's answer has another status than was expected."""


class Browser:
    def __init__(self, server: str) -> None:
        self.server = server
        self.connection = HTTPConnection(urlsplit(server).netloc, timeout=120)
        self.cookies: dict[str, str] = {}

    def get(self, path: str, headers: dict[str, str] | None = None) -> str:
        return self._expect(200, "GET", path, headers=headers)

    def post(self, path: str, fields: Fields, *, accept: str = "text/html", status: int = 200) -> str:
        token = next(value for name, value in self.cookies.items() if "csrf" in name)
        body = urlencode(fields | {"csrfmiddlewaretoken": token})
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": accept, "Referer": self.server}
        return self._expect(status, "POST", path, body, headers)

    def log_in(self, username: str, password: str) -> None:
        self.get("/login/")
        self.post("/login/", {"username": username, "password": password}, status=302)

    def join(self, invitation: str) -> str:
        """Accept an invitation; return the address of the rating page."""
        self.get(invitation)
        self.post(invitation, {}, status=302)
        return self.location

    def _expect(
        self, status: int, method: str, path: str, body: str = "", headers: dict[str, str] | None = None
    ) -> str:
        answer, text = self._request(method, path, body, headers or {})
        if answer.status != status:
            raise AnswerError(f"{method} {path} answered {answer.status}, not {status}: {text[:200]}")
        return text

    def _request(self, method: str, path: str, body: str, headers: dict[str, str]) -> tuple[HTTPResponse, str]:
        if self.cookies:
            headers = headers | {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        try:
            answer = self._send(method, path, body, headers)
        except (RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            # The site closed an idle connection; like a browser, open another one.
            self.connection.close()
            answer = self._send(method, path, body, headers)
        text = answer.read().decode()
        for header in answer.headers.get_all("Set-Cookie") or []:
            self.cookies |= {name: cookie.value for name, cookie in SimpleCookie(header).items()}
        self.location = answer.headers.get("Location", "")
        return answer, text

    def _send(self, method: str, path: str, body: str, headers: dict[str, str]) -> HTTPResponse:
        self.connection.request(method, path, body or None, headers)
        return self.connection.getresponse()
