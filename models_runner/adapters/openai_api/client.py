"""Make the client of an endpoint: no redirects, no headers but ours, deadlines, and certificates that are read once."""

import ssl
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

SENT_HEADERS = ("host", "accept", "accept-encoding", "connection", "user-agent", "content-type", "content-length")


@cache
def known_authorities() -> ssl.SSLContext:
    """The certificates that the HTTP client trusts, read once: reading them takes longer than an answer nearby."""
    import httpx2

    return httpx2.create_ssl_context()


def make_client(base_url: str, key: str, settings: Mapping[str, Any]) -> Any:
    """Return a client of the openai package; settings: an engine's, with `timeout_seconds` and `max_retries`."""
    import openai

    from models_runner.adapters.openai_api.deadlines import Deadlines

    # Redirects are off, because one could lead to a host that the operator has not allowed.
    deadlines = Deadlines()
    hooks = {"request": [_only_our_headers(key), deadlines.begin]}
    http = openai.DefaultHttpxClient(follow_redirects=False, event_hooks=hooks, verify=known_authorities())
    deadlines.bind(http)
    return openai.OpenAI(
        base_url=base_url,
        api_key=key,
        timeout=float(settings["timeout_seconds"]),
        max_retries=int(settings["max_retries"]),
        http_client=http,
    )


def _only_our_headers(key: str) -> Callable[[Any], None]:
    """Return a hook that drops headers which the client adds from variables such as OPENAI_CUSTOM_HEADERS.

    They may be meant for another server.
    """

    def clean(request: Any) -> None:
        for name in [name for name in request.headers if name.lower() not in SENT_HEADERS]:
            del request.headers[name]
        request.headers["Authorization"] = f"Bearer {key}"

    return clean
