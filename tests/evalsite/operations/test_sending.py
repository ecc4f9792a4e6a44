"""Traces and reports of errors: off unless named, and nothing in a report that could be somebody's."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from evalsite.operations import errors, traces
from lib.serving import traces as spans
from lib.serving.logs import ids_in_logs

SOMEBODYS = "words of somebody"
# Of each kind that the SDK's integrations add.
REPORT = {
    "event_id": "1", "level": "error", "logger": "jobs.working", "release": "punchweight@1", "sdk": {"name": "python"},
    "logentry": {"message": "%s failed", "formatted": SOMEBODYS, "params": [SOMEBODYS]},
    "exception": {
        "values": [
            {
                "type": "ValueError", "value": SOMEBODYS, "module": "builtins",
                "mechanism": {"type": "logging", "handled": True, "data": {"body": SOMEBODYS}, "meta": SOMEBODYS},
                "stacktrace": {"frames": [{"function": "do", "lineno": 7, "vars": {"text": SOMEBODYS}}]},
            }
        ]
    },
    "request": {"url": SOMEBODYS, "data": SOMEBODYS, "cookies": SOMEBODYS, "headers": {"Authorization": SOMEBODYS}},
    "user": {"username": SOMEBODYS}, "extra": {"args": SOMEBODYS}, "contexts": {"celery": SOMEBODYS},
    "breadcrumbs": {"values": [{"message": SOMEBODYS}]}, "tags": {"name": SOMEBODYS}, "modules": {"a": "1"},
    "transaction": SOMEBODYS, "transaction_info": {"source": "url"}, "threads": {"values": [SOMEBODYS]},
    "fingerprint": [SOMEBODYS], "message": SOMEBODYS, "spans": [SOMEBODYS],
}  # fmt: skip


def test_a_report_keeps_kinds_places_and_ids_and_nothing_else():
    with ids_in_logs(request="a1", run=7, path=f"/join/{SOMEBODYS}/"):
        kept = errors.scrubbed(REPORT)
    assert SOMEBODYS not in str(kept)
    assert kept == {
        "event_id": "1", "level": "error", "logger": "jobs.working", "release": "punchweight@1",
        "sdk": {"name": "python"}, "logentry": {"message": "%s failed"}, "tags": {"request": "a1", "run": 7},
        "exception": {
            "values": [
                {
                    "type": "ValueError", "module": "builtins", "mechanism": {"type": "logging", "handled": True},
                    "stacktrace": {"frames": [{"function": "do", "lineno": 7}]},
                }
            ]
        },
    }  # fmt: skip


@pytest.mark.parametrize("logger", ["django.request", "openai", "", "annotationsx.y"])
def test_what_others_log_may_hold_values_already(logger):
    assert "logentry" not in errors.scrubbed({"logger": logger, "logentry": {"message": SOMEBODYS}})


@pytest.mark.parametrize(
    "empty", [{}, {"exception": None}, {"exception": {"values": [{"type": "E", "stacktrace": None}]}}]
)
def test_a_report_with_less_is_none_the_worse(empty):
    assert set(errors.scrubbed(empty)) == {"exception", "tags"}


@pytest.mark.parametrize(("module", "setting"), [(traces, "TRACES"), (errors, "SENTRY_DSN")])
def test_who_asks_for_it_without_the_package_is_told_how_to_install_it(module, setting, settings, monkeypatch):
    setattr(settings, setting, "http://public@127.0.0.1:1/1")
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(ImproperlyConfigured, match=r"requirements-watching\.txt"):
        module.start()


def test_without_a_collector_spans_are_nothing_and_messages_carry_nothing():
    traces.start()
    assert spans.installed() is None
    with spans.span("vote", study=1):
        assert spans.carried() == {}
