"""Report errors by Sentry's protocol, where SENTRY_DSN says to whom: of web processes, workers and commands.

A report is made anew of what is named here: kinds of errors, where in the code they were, ids, versions. Messages of
errors, values of variables, requests with their addresses, headers and bodies, and people are never in it, since
transcripts, summaries, names and secrets may stand in any of them.
"""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from evalsite.operations.versions import own_version
from lib.serving.logs import current_ids

# Of the whole report, of an exception, and of a place in the code.
KEPT = ("event_id", "timestamp", "platform", "level", "logger", "release", "environment", "server_name", "sdk")
KEPT_OF_EXCEPTIONS = ("type", "module", "mechanism")
KEPT_OF_FRAMES = (
    *("filename", "abs_path", "function", "module", "lineno", "pre_context", "context_line", "post_context", "in_app"),
)
# The rest of a mechanism may hold data.
KEPT_OF_MECHANISMS = ("type", "handled", "exception_id", "parent_id", "is_exception_group", "source")
# Kinds of names of a transaction that are never an address.
NAMES_OF_CODE = ("component", "task")
# Of these the templates are known to hold nothing that was put into them.
LOGGERS = ("celery", *settings.OWN_LOGGERS)
IDS = ("request", "method", "task")


def start() -> None:
    """Begin to report, if somebody is named to report to.

    Raises:
        ImproperlyConfigured: Somebody is, and Sentry's SDK is not installed.
    """
    if not settings.SENTRY_DSN:
        return
    if find_spec("sentry_sdk") is None:
        raise ImproperlyConfigured(
            "SENTRY_DSN is set, but Sentry's SDK is not installed. "
            "Install it: pip install -c constraints.txt -r requirements-watching.txt"
        )
    import sentry_sdk
    from sentry_sdk.integrations.celery import CeleryIntegration
    from sentry_sdk.integrations.django import DjangoIntegration
    from sentry_sdk.integrations.stdlib import StdlibIntegration

    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        release=f"punchweight@{own_version()}",
        environment=settings.SENTRY_ENVIRONMENT,
        before_send=lambda event, hint: scrubbed(event),
        # Each of these is taken out again by scrubbed; nothing is collected for nothing.
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        send_default_pii=False,
        auto_session_tracking=False,
        send_client_reports=False,
        auto_enabling_integrations=False,
        integrations=[
            DjangoIntegration(transaction_style="function_name", middleware_spans=False, signals_spans=False),
            CeleryIntegration(propagate_traces=False),
        ],
        # It would add headers about this site to requests that go to providers of models.
        disabled_integrations=[StdlibIntegration()],
    )


def scrubbed(event: Mapping[str, Any]) -> Any:
    """Return a report with nothing in it but what is known to be ours."""
    kept: dict[str, Any] = {name: event[name] for name in KEPT if name in event}
    kept["exception"] = {"values": [_exception(value) for value in _values(event, "exception")]}
    if (event.get("transaction_info") or {}).get("source") in NAMES_OF_CODE:
        kept["transaction"] = event["transaction"]
    template = (event.get("logentry") or {}).get("message")
    if template and str(event.get("logger", "")).partition(".")[0] in LOGGERS:
        kept["logentry"] = {"message": template}
    kept["tags"] = {name: value for name, value in current_ids().items() if isinstance(value, int) or name in IDS}
    return kept


def _values(event: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    return (event.get(name) or {}).get("values") or []


def _exception(value: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value[name] for name in KEPT_OF_EXCEPTIONS if name in value}
    mechanism = kept.pop("mechanism", None) or {}
    frames = (value.get("stacktrace") or {}).get("frames") or []
    return kept | {
        "mechanism": {name: mechanism[name] for name in KEPT_OF_MECHANISMS if name in mechanism},
        "stacktrace": {"frames": [{name: frame[name] for name in KEPT_OF_FRAMES if name in frame} for frame in frames]},
    }
