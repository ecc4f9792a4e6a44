"""What the site is made of: apps, middleware, templates, database, languages, static files."""

from typing import Any

from evalsite.settings.environment import BASE_DIR, DATA_DIR, HTTPS, PORT, URL_PREFIX, env
from lib.storage.address import bucket_storage

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
    "evalsite.operations.traces.TraceRequests",
    "lib.serving.statements.UnlimitedStreams",
    "evalsite.policy.PolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "evalsite.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.sessions.AuthenticationMiddleware",
    "evalsite.web.busy.BusyMiddleware",
    "evalsite.unreadable.UnreadableMiddleware",
    "evalsite.accounts.required.RequireSecondFactor",
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
# PostgreSQL ends a statement of a web request after this time (0: never). Not behind a pooler that gives connections to
# others in between, where a limit that one process sets would meet workers.
WEB_STATEMENT_SECONDS = (
    env.float("WEB_STATEMENT_SECONDS", default=30.0) if env.bool("PREPARE_STATEMENTS", default=True) else 0.0
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


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
# Releases, exports, uploads and fine-tuned weights (lib/storage); empty: in DATA_DIR, which all processes share.
STORAGE_URL = env.str("STORAGE_URL", default="")
if STORAGE_URL:
    STORAGES["shared"] = bucket_storage(STORAGE_URL)
# Built by make docs, beside the code that they are about.
DOCS_DIR = BASE_DIR / "build" / "docs"
