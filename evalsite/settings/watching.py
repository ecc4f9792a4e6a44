"""What an operator sees: logs, metrics, free space."""

from django.core.exceptions import ImproperlyConfigured
from django.utils.log import DEFAULT_LOGGING

from evalsite.settings.environment import env

# Who sends it to /metrics as bearer gets metrics for Prometheus; empty: there are none, and nothing is measured.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# Where spans go, by OpenTelemetry's own variables, which its SDK reads; without an address nothing of it is loaded.
TRACES = any(
    env.str(name, default="") for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
) and not env.bool("OTEL_SDK_DISABLED", default=False)

# Where errors are reported by Sentry's protocol; empty: nowhere, and nothing of it is loaded.
SENTRY_DSN = env.str("SENTRY_DSN", default="")
SENTRY_ENVIRONMENT = env.str("SENTRY_ENVIRONMENT", default="production")

# With less space on the disk of the data folder the site is not ready.
LEAST_FREE_BYTES = env.int("LEAST_FREE_BYTES", default=100_000_000)

LOG_FORMAT = env.str("LOG_FORMAT", default="plain")
if LOG_FORMAT not in ("plain", "json"):
    raise ImproperlyConfigured(f"LOG_FORMAT is {LOG_FORMAT!r}; expected plain or json.")
OWN_LOGGERS = ("accounts", "jobs", "models_runner", "annotations", "judges", "marks", "leaderboards", "evalsite")
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
    "loggers": {name: {"level": "INFO"} for name in OWN_LOGGERS}
    # What names the addresses of requests.
    | {name: {"filters": ["without_secrets"]} for name in ("django.request", "django.security.csrf")}
    | {"django.server": DEFAULT_LOGGING["loggers"]["django.server"] | {"filters": ["without_secrets"]}},
}
