"""Where the site is: its data folder, its key, its address. Everything else builds on these."""

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)

DEBUG = env.bool("DEBUG", default=False)


def generated_secret_key(path: Path) -> str:
    """Return this installation's key, which is created on first use and readable only by its owner."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    key = secrets.token_urlsafe(50)
    with os.fdopen(handle, "w") as file:
        file.write(key)
    return key


def secret_key() -> str:
    given = env.str("SECRET_KEY", default="")
    if given:
        return given
    if "DEBUG" in os.environ and not DEBUG:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set, and DEBUG is off. Expected: a long random string, the same for all web and worker "
            "processes. Set it in the environment, or leave DEBUG unset to use the key generated for this folder."
        )
    return generated_secret_key(DATA_DIR / "secret_key")


def own_host(address: str) -> str:
    """Return the host of an address as ALLOWED_HOSTS has it.

    Raises:
        ImproperlyConfigured: It is no address of a web site.
    """
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ImproperlyConfigured(f"SITE_URL is {address!r}; expected such as https://example.org/punchweight.")
    return f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname


SECRET_KEY = secret_key()
PORT = env.int("PORT", default=8000)
# Without it, links lead to the address that the page was asked at.
SITE_URL_GIVEN = bool(env.str("SITE_URL", default=""))
SITE_URL = (env.str("SITE_URL", default="") or f"http://127.0.0.1:{PORT}").rstrip("/")
HTTPS = SITE_URL.startswith("https://")
# Of a site below another one's address, such as https://example.org/punchweight.
URL_PREFIX = urlsplit(SITE_URL).path
SITE_ORIGIN = SITE_URL.removesuffix(URL_PREFIX)
FORCE_SCRIPT_NAME = URL_PREFIX or None
# This machine asks for /healthz and /readyz. The site's own address is allowed whatever the port, which proxies drop.
ALLOWED_HOSTS = [*env.list("ALLOWED_HOSTS", default=[]), own_host(SITE_URL), "localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = [*env.list("CSRF_TRUSTED_ORIGINS", default=[]), SITE_ORIGIN]
