"""Cookies, proxies, the largest bodies, the content security policy."""

from csp.constants import NONE, SELF

from evalsite.settings.environment import HTTPS, PORT, URL_PREFIX, env

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
# Two copies on one host differ only by port, which cookies ignore.
SESSION_COOKIE_NAME = f"punchweight_session_{PORT}"
CSRF_COOKIE_NAME = f"punchweight_csrf_{PORT}"
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = LANGUAGE_COOKIE_PATH = f"{URL_PREFIX}/"
SESSION_ENGINE = "evalsite.sessions"
CSRF_FAILURE_VIEW = "evalsite.accounts.logging_in.form_refused"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 90
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=0)
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
# How many proxies a request passes, each of which adds an address to X-Forwarded-For.
PROXY_COUNT = env.int("PROXY_COUNT", default=1)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# A pasted transcript of two million characters, and a folder of files.
DATA_UPLOAD_MAX_MEMORY_SIZE = 9_000_000
DATA_UPLOAD_MAX_NUMBER_FILES = 1000
# The largest body of a page that somebody sends who may import meetings; others may send none with large files.
PAGE_UPLOAD_BYTES = env.int("PAGE_UPLOAD_BYTES", default=100_000_000)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
