"""All settings, read from the environment; docs/operations.md lists them.

If nothing is set, the site uses SQLite, a file-based broker and a generated secret key, all under DATA_DIR.
"""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.log import DEFAULT_LOGGING

from lib.storage.address import bucket_storage

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent
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


SECRET_KEY = secret_key()
PORT = env.int("PORT", default=8000)
SITE_URL = env.str("SITE_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")
# Of a site below another one's address, such as https://example.org/punchweight.
URL_PREFIX = urlsplit(SITE_URL).path
FORCE_SCRIPT_NAME = URL_PREFIX or None
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "evalsite.web.admin_site.OperatorsAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "axes",
    "evalsite",
    "accounts",
    "jobs",
    "models_runner",
    "annotations",
    "judges",
    "marks",
    "protocol",
    "leaderboards",
    "api",
    # After ours, whose templates stand for its own.
    "django.forms",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "evalsite.operations.requests.RequestTimes",
    "evalsite.policy.PolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "evalsite.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.sessions.AuthenticationMiddleware",
    "evalsite.unreadable.UnreadableMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "evalsite.unsent.UnsentWorkMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "api.gate.middleware.ApiMiddleware",
]

ROOT_URLCONF = "evalsite.urls"
WSGI_APPLICATION = "evalsite.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "accounts.rights.rights_in_templates",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["evalsite.templatetags.translated"],
        },
    },
]

# ---- database


def database() -> dict[str, object]:
    """Configure SQLite under DATA_DIR, or the database that DATABASE_URL names (psycopg 3 for PostgreSQL)."""
    config = dict(env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'db.sqlite3'}"))
    if config["ENGINE"] == "django.db.backends.sqlite3":
        # IMMEDIATE takes the write lock when a transaction starts, so that a second writer waits instead of failing.
        config["OPTIONS"] = {
            "timeout": 30,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
        # A file, so that worker processes and threads of a test see the same rows.
        config["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
    else:
        config["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=600)
        config["CONN_HEALTH_CHECKS"] = True
        # Only lib/sql.py prepares statements; a pooler that changes connections between transactions may lose them.
        prepare = env.bool("PREPARE_STATEMENTS", default=True)
        config["OPTIONS"] = {"prepare_threshold": 0 if prepare else None} | config.get("OPTIONS", {})
    return config


DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ---- people

# Nobody logs in through the last one: sessions that it began go on.
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "accounts.backends.AccountBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
# The organisation's login by OpenID Connect: the provider's address, without /.well-known; empty: there is none.
OIDC_ISSUER = env.str("OIDC_ISSUER", default="").rstrip("/")
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", default="punchweight")
OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET", default="")
OIDC_NAME = env.str("OIDC_NAME", default="your organisation")
OIDC_SCOPES = env.str("OIDC_SCOPES", default="openid profile email")
OIDC_GROUPS_CLAIM = env.str("OIDC_GROUPS_CLAIM", default="groups")
# Roles by group, "evaluators=researcher,it=administrator"; empty: roles are given on the page Accounts.
OIDC_ROLES = env.dict("OIDC_ROLES", default={})
OIDC_LINK_BY_EMAIL = env.bool("OIDC_LINK_BY_EMAIL", default=False)
if unknown := set(OIDC_ROLES.values()) - {"administrator", "lead", "researcher", "member"}:
    raise ImproperlyConfigured(
        f"OIDC_ROLES gives the role {sorted(unknown)[0]!r}; expected administrator, lead, researcher or member."
    )

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_VERBOSE = False
# Besides, in the same time: failed logins from one address as anybody, and as one name from anywhere.
LOGIN_FAILURES_PER_ADDRESS = env.int("LOGIN_FAILURES_PER_ADDRESS", default=50)
LOGIN_FAILURES_PER_NAME = env.int("LOGIN_FAILURES_PER_NAME", default=200)
AXES_CLIENT_IP_CALLABLE = "accounts.throttle.address_of"
AXES_USERNAME_CALLABLE = "accounts.throttle.name_tried"
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"
AXES_HTTP_RESPONSE_CODE = 429
# Fields that the record of a failed attempt leaves out.
AXES_SENSITIVE_PARAMETERS = [
    "username",
    "ip_address",
    "old_password",
    "new_password1",
    "new_password2",
    "password1",
    "password2",
]
PASSWORD_RESET_TIMEOUT = 60 * 60 * 24
# Shown to who cannot log in.
CONTACT = env.str("CONTACT", default="")

# ---- mail

MAIL_CONFIGURED = bool(env.str("EMAIL_URL", default=""))
if MAIL_CONFIGURED:
    vars().update(env.email_url("EMAIL_URL"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default="punchweight@localhost")

# ---- security

HTTPS = SITE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
# Two copies on one host differ only by port, which cookies ignore.
SESSION_COOKIE_NAME = f"punchweight_session_{PORT}"
CSRF_COOKIE_NAME = f"punchweight_csrf_{PORT}"
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = LANGUAGE_COOKIE_PATH = f"{URL_PREFIX}/"
SESSION_ENGINE = "evalsite.sessions"
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

# ---- language, time, static files

# Labels, help and errors of forms in the language of the page (evalsite/templates/django/forms).
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["evalsite.formats"]
LANGUAGE_COOKIE_NAME = f"punchweight_language_{PORT}"
LANGUAGE_COOKIE_AGE = 60 * 60 * 24 * 365
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = HTTPS
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_I18N = True
USE_TZ = True
STATIC_URL = f"{URL_PREFIX}/static/"
STATIC_ROOT = DATA_DIR / "static"
# The last one generates the script that draws charts on pages.
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "leaderboards.presentation.charts.script.ScriptFinder",
]
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "evalsite.storage.StaticFilesStorage"},
}
MEDIA_ROOT = DATA_DIR / "media"

# ---- files that web and workers share

# Releases, exports, uploads and fine-tuned weights (lib/storage); empty: in DATA_DIR, which all processes share.
STORAGE_URL = env.str("STORAGE_URL", default="")
if STORAGE_URL:
    STORAGES["shared"] = bucket_storage(STORAGE_URL)

# Built by make docs, beside the code that they are about.
DOCS_DIR = BASE_DIR / "build" / "docs"

# ---- background work

BROKER_DIR = DATA_DIR / "broker"
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="")
EMBEDDED_BROKER = not CELERY_BROKER_URL
if EMBEDDED_BROKER:
    CELERY_BROKER_URL = "embedded://localhost/"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(BROKER_DIR / "queue"),
        "data_folder_out": str(BROKER_DIR / "queue"),
        "control_folder": str(BROKER_DIR / "control"),
        "processed_folder": str(BROKER_DIR / "taken"),
    }
# Announcing work to a broker that hangs is given up after this time; a sweep announces it later.
PUBLISH_SECONDS = env.float("PUBLISH_SECONDS", default=2.0)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "models_runner.tasks.generate_summaries": {"queue": "generation"},
    "models_runner.tasks.finetune_system": {"queue": "generation"},
    "models_runner.tasks.score_summaries": {"queue": "metrics"},
    "judges.tasks.ask_judge": {"queue": "generation"},
    "annotations.tasks.find_evidence": {"queue": "metrics"},
    "annotations.tasks.check_giveaways": {"queue": "metrics"},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = TIME_ZONE
# Nothing here needs remote control. Its queue bears the worker's name and is one worker's alone: on RabbitMQ the second
# of two workers with one name would end. On the file broker broadcasts would only become files.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
# Work that no worker has claimed within this time after its message is announced again.
RESEND_SECONDS = env.int("RESEND_SECONDS", default=60)
# The first wait after a temporary fault; it doubles each time, up to five attempts.
RETRY_SECONDS = env.int("RETRY_SECONDS", default=5)
SWEEP_SECONDS = env.int("SWEEP_SECONDS", default=30)
# The first wait before a provider is asked how a batch stands; each later one is half as long again, up to 15 minutes.
BATCH_POLL_SECONDS = env.float("BATCH_POLL_SECONDS", default=30.0)

# Who sends it to /metrics as bearer gets metrics for Prometheus; empty: there are none, and nothing is measured.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# With less space on the disk of the data folder the site is not ready.
LEAST_FREE_BYTES = env.int("LEAST_FREE_BYTES", default=100_000_000)

# A claimed summary is freed this long after its worker last renewed the lease.
SUMMARY_LEASE_SECONDS = env.int("SUMMARY_LEASE_SECONDS", default=120)
# A worker that was told to end finishes what it is writing, for this long; then it gives back what it holds.
DRAIN_SECONDS = env.float("DRAIN_SECONDS", default=25.0)
GENERATION_THREADS = env.int("GENERATION_THREADS", default=0)  # 0: as many as the machine has cores

# A worker computes a board or quality page of more votes than this, at most once in this many seconds; a smaller one is
# computed in the request.
BOARD_IN_REQUEST_VOTES = env.int("BOARD_IN_REQUEST_VOTES", default=20_000)
BOARD_DEBOUNCE_SECONDS = env.int("BOARD_DEBOUNCE_SECONDS", default=15)
# Answers to a question beyond this number are kept in a file as they were read, so that a board reads only newer ones.
VOTE_CACHE_FROM = env.int("VOTE_CACHE_FROM", default=20_000)
VOTE_CACHE_DIR = DATA_DIR / "votes"

# An assignment without a vote is freed after this time.
ASSIGNMENT_LEASE_SECONDS = env.int("ASSIGNMENT_LEASE_SECONDS", default=45 * 60)

# "minilm" is bundled in the requirements; a hub id such as roberta-large needs its weights on this machine.
BERTSCORE_MODEL = env.str("BERTSCORE_MODEL", default="minilm")
# Models that judge facts: a folder or a hub id each; empty: the metric of that name cannot run. AlignScore's is the
# file of a published checkpoint; its config and tokenizer are those of ALIGNSCORE_BASE (empty: roberta-base or -large).
NLI_MODEL = env.str("NLI_MODEL", default="")
MINICHECK_MODEL = env.str("MINICHECK_MODEL", default="")
ALIGNSCORE_MODEL = env.str("ALIGNSCORE_MODEL", default="")
ALIGNSCORE_BASE = env.str("ALIGNSCORE_BASE", default="")
# The metric claims: short name of the system that it asks (empty: it cannot run), and the most tokens of an answer.
CLAIMS_SYSTEM = env.str("CLAIMS_SYSTEM", default="")
CLAIMS_TOKENS = env.int("CLAIMS_TOKENS", default=1_024)
# Hosts besides this machine to which transcripts may be sent; the rule is in models_runner/adapters/endpoints.py.
ALLOWED_ENDPOINTS = env.list("ALLOWED_ENDPOINTS", default=[])

# How many requests a token may send per minute, and the largest body of a request and of a file upload.
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=600)
API_BODY_BYTES = env.int("API_BODY_BYTES", default=1_000_000)
API_UPLOAD_BYTES = env.int("API_UPLOAD_BYTES", default=50_000_000)

# How many pages a shared link opens per minute, whoever has it; and whether /public/ lists the studies whose owners put
# them there, for everybody.
SHARED_REQUESTS_PER_MINUTE = env.int("SHARED_REQUESTS_PER_MINUTE", default=120)
PUBLIC_BOARDS = env.bool("PUBLIC_BOARDS", default=False)

HUB_ONLINE = env.bool("HUB_ONLINE", default=False)
# Threads of a model wait for each other by spinning, which makes it several times slower if other processes are busy. A
# short spin costs nothing on an idle machine. The variable is set here because libraries read it when they are loaded.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
if not HUB_ONLINE:
    # Set before any model library is imported, so that none of them waits for a missing network.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")

LOG_FORMAT = env.str("LOG_FORMAT", default="plain")
if LOG_FORMAT not in ("plain", "json"):
    raise ImproperlyConfigured(f"LOG_FORMAT is {LOG_FORMAT!r}; expected plain or json.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"},
        "json": {"()": "lib.serving.logs.JsonLines"},
        "django.server": DEFAULT_LOGGING["formatters"]["django.server"],
    },
    "filters": {"without_secrets": {"()": "accounts.logs.WithoutSecrets"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT},
        "django.server": DEFAULT_LOGGING["handlers"]["django.server"],
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING")},
    "loggers": {
        name: {"level": "INFO"}
        for name in ("accounts", "jobs", "models_runner", "annotations", "judges", "marks", "leaderboards", "evalsite")
    }
    # What names the addresses of requests.
    | {name: {"filters": ["without_secrets"]} for name in ("django.request", "django.security.csrf")}
    | {"django.server": DEFAULT_LOGGING["loggers"]["django.server"] | {"filters": ["without_secrets"]}},
}
