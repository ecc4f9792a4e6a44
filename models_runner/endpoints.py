"""Which servers the site may send transcripts to: those on this machine, and those the operator has listed."""

import ipaddress
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from django.conf import settings

from models_runner.adapters.base import AdapterError

PORTS = {"http": 80, "https": 443}


def check_endpoint(url: str) -> None:
    """Raises AdapterError unless the rule allows the address.

    Allowed are http and https on a loopback address, and https on a host listed in ALLOWED_ENDPOINTS: `host`, `*.host`,
    or either with `:port` (443 without). A listed entry that begins with `http://` allows that host without encryption.
    """
    parts = urlsplit(url)
    try:
        host, port = (parts.hostname or "").lower(), parts.port or PORTS.get(parts.scheme)
    except ValueError as error:
        raise AdapterError(f"engine.base_url is no address: {error}.") from error
    if parts.scheme not in PORTS or not host:
        raise AdapterError("engine.base_url must be an http or https address, for example https://host/v1.")
    if parts.username or parts.password:
        raise AdapterError("engine.base_url must hold no name or password. Name the key's variable in engine.key_env.")
    if _is_loopback(host) or any(_matches(entry, parts.scheme, host, port) for entry in settings.ALLOWED_ENDPOINTS):
        return
    raise AdapterError(
        f"Sending transcripts to {parts.scheme}://{host}:{port} is not allowed. Whoever runs this site can allow it by "
        f"adding {host}:{port} to ALLOWED_ENDPOINTS (see docs/operations.md)."
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _matches(entry: str, scheme: str, host: str, port: int | None) -> bool:
    wanted, separator, rest = entry.strip().lower().rpartition("://")
    wanted_scheme = wanted if separator else "https"
    name, _, wanted_port = rest.rstrip("/").partition(":")
    return (
        scheme == wanted_scheme and fnmatchcase(host, name) and port == int(wanted_port or PORTS.get(wanted_scheme, 0))
    )
