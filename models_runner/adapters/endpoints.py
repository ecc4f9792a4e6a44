"""Check which servers may receive transcripts: those on this machine, and those that the operator has listed."""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from models_runner.adapters.protocol import AdapterError

PORTS = {"http": 80, "https": 443}
ADDRESS = re.compile(r"[A-Za-z0-9._-]+(:\d+)?|\[[0-9A-Fa-f:.]+\](:\d+)?")
KEY_FIELD = re.compile(r"(key|token|secret|password|passwd|authorization|bearer|credentials?)$")
# Other variables of the workers, such as SECRET_KEY or DATABASE_URL, must not be sent to a server as its key.
KEY_NAME = re.compile(r"(?!.*SECRET)[A-Z][A-Z0-9_]*_(KEY|TOKEN)")


def check_engine(engine: object) -> None:
    """Check that an engine record holds no key, and no address that transcripts may not be sent to.

    Raises:
        AdapterError: It holds one, or it is no mapping; the message names the field and says what to do.
    """
    if not isinstance(engine, Mapping):
        raise AdapterError(f'engine is {type(engine).__name__}; expected settings by name, such as {{"slots": 1}}.')
    for name in _names(engine):
        if name != "key_env" and KEY_FIELD.search(re.sub(r"[^a-z]", "", name.lower())):
            raise AdapterError(
                f"engine.{name} looks like a key. Records are shown and exported: put the key into an environment "
                "variable of the workers and its name into engine.key_env."
            )
    key_env = engine.get("key_env") or ""
    if key_env and not (isinstance(key_env, str) and KEY_NAME.fullmatch(key_env)):
        # The message does not repeat the value, which may be the key itself.
        raise AdapterError(
            "engine.key_env must be the name of an environment variable in capitals that ends in _KEY or _TOKEN, for "
            "example VLLM_API_KEY (and no SECRET); never the key itself."
        )
    if base_url := engine.get("base_url"):
        check_endpoint(str(base_url))


def _names(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield str(name)
            yield from _names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _names(inner)


def check_endpoint(url: str) -> None:
    """Check that transcripts may be sent to this address.

    Allowed are http and https on a loopback address, and https on a host listed in ALLOWED_ENDPOINTS: `host`, `*.host`,
    or either with `:port` (443 without). A listed entry that begins with `http://` allows that host without encryption.

    Raises:
        AdapterError: The address is not allowed; the message says how the operator can allow it.
    """
    parts = _parts(url)
    host, port = (parts.hostname or "").lower(), _port(parts)
    if _is_loopback(host):
        return
    unreadable = []
    for entry in settings.ALLOWED_ENDPOINTS:
        try:
            if _matches(entry, parts.scheme, host, port):
                return
        except ValueError:
            unreadable.append(repr(entry))
    shown = f"[{host}]" if ":" in host else host
    wrong = f" ALLOWED_ENDPOINTS holds what is no host, *.host or host:port: {', '.join(unreadable)}."
    raise AdapterError(
        f"Sending transcripts to {parts.scheme}://{shown}:{port} is not allowed. Whoever runs this site can allow it: "
        f"add {'http://' if parts.scheme == 'http' else ''}{shown}:{port} to ALLOWED_ENDPOINTS (docs/operations.md)."
        f"{wrong if unreadable else ''}"
    )


def host_of(url: str) -> str:
    """Return the host of an address that check_endpoint allowed, with its port where it is not the usual one."""
    parts = _parts(url)
    host = (parts.hostname or "").lower().removesuffix(".")
    shown = f"[{host}]" if ":" in host else host
    return shown if _port(parts) == PORTS[parts.scheme] else f"{shown}:{_port(parts)}"


def _parts(url: str) -> SplitResult:
    """Parse an address; refuse one that two parsers could read as different hosts. Raises AdapterError."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise AdapterError("engine.base_url is no address that can be read, for example https://host/v1.") from error
    try:
        _ = parts.port
    except ValueError as error:
        raise AdapterError("engine.base_url must have a whole number up to 65535 as its port.") from error
    if parts.scheme not in PORTS or not parts.hostname:
        raise AdapterError("engine.base_url must be an http or https address, for example https://host/v1.")
    if "@" in parts.netloc:
        raise AdapterError("engine.base_url must hold no name or password. Name the key's variable in engine.key_env.")
    if "?" in url or "#" in url:
        raise AdapterError("engine.base_url must end with its path, without ? or #.")
    if parts.path.rstrip("/").endswith(("/chat/completions", "/completions", "/responses", "/messages")):
        raise AdapterError(
            "engine.base_url is the address before /chat/completions, which is added to it, such as https://host/v1."
        )
    if not ADDRESS.fullmatch(parts.netloc) or not url.isprintable() or "\\" in url or " " in url:
        raise AdapterError("engine.base_url has a character that no address has, such as a space or a backslash.")
    return parts


def _port(parts: SplitResult) -> int:
    return PORTS[parts.scheme] if parts.port is None else parts.port


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _matches(entry: str, scheme: str, host: str, port: int) -> bool:
    """Tell whether an entry of the list allows the address. Raises ValueError if the entry cannot be read."""
    before, separator, rest = entry.strip().lower().rpartition("://")
    allowed = urlsplit(f"{before if separator else 'https'}://{rest.rstrip('/')}")
    wildcard = allowed.netloc.startswith("*.")
    if allowed.scheme not in PORTS or allowed.path or not ADDRESS.fullmatch(allowed.netloc.removeprefix("*.")):
        raise ValueError(entry)
    if scheme != allowed.scheme or port != _port(allowed):
        return False
    # A trailing dot only marks a name as complete; the host is the same.
    name, host = (allowed.hostname or "").removesuffix("."), host.removesuffix(".")
    return host.endswith(name[1:]) and host != name[1:] if wildcard else host == name
