"""Send spans to an OpenTelemetry collector, where OTEL_EXPORTER_OTLP_ENDPOINT names one.

The official SDK and exporter do the work, and read all the standard variables by themselves. The spans are our own: the
instrumentations for Django, Celery and psycopg would send addresses, with the secrets of links in them, and messages of
errors, with texts in them. Nothing of OpenTelemetry is loaded before a process's first span, or where no collector is
named.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, MiddlewareNotUsed
from django.http import HttpRequest, HttpResponseBase

from evalsite.operations.versions import own_version
from lib.serving import traces
from lib.serving.logs import current_ids
from lib.serving.traces import Ids

NAME = "punchweight"


class OpenTelemetry:
    """The tracer of this process."""

    @cached_property
    def _tracer(self) -> Any:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        os.environ.setdefault("OTEL_SERVICE_NAME", NAME)
        provider = TracerProvider(resource=Resource.create({"service.version": own_version()}))
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        return provider.get_tracer(NAME)

    @contextmanager
    def span(
        self, name: str, ids: Ids, *, kind: str = "INTERNAL", carrier: Mapping[str, str] | None = None
    ) -> Iterator[Any]:
        """Measure the block; of an error that leaves it, the span says the kind and nothing else.

        Args:
            kind: The name of a SpanKind.
            carrier: Headers of who asked for this work; None: the span around the block asked for it.
        """
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        parent = TraceContextTextMapPropagator().extract(carrier) if carrier else None
        with self._tracer.start_as_current_span(
            name, parent, SpanKind[kind], ids, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield span
            except BaseException as error:
                set_failed(span, type(error).__name__)
                raise

    def carried(self) -> dict[str, str]:
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        headers: dict[str, str] = {}
        TraceContextTextMapPropagator().inject(headers)
        return headers


def set_failed(span: Any, kind: str) -> None:
    from opentelemetry.trace import Status, StatusCode

    span.set_attribute("error.type", kind)
    span.set_status(Status(StatusCode.ERROR))


def start() -> None:
    """Install the tracer, if a collector is named.

    Raises:
        ImproperlyConfigured: A collector is named, and OpenTelemetry is not installed.
    """
    if not settings.TRACES:
        return
    if find_spec("opentelemetry.sdk") is None:
        raise ImproperlyConfigured(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry is not installed. "
            "Install it: pip install -c constraints.txt -r requirements-watching.txt"
        )
    traces.install(OpenTelemetry())


class TraceRequests:
    """Middleware, where a collector is named: a span for each request, by the name of its view."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if not settings.TRACES:
            raise MiddlewareNotUsed
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with _request_span(request) as span:
            response = self._get_response(request)
            match = request.resolver_match
            span.update_name(f"{request.method} {(match.view_name if match else '') or 'none'}")
            span.set_attribute("http.response.status_code", response.status_code)
            if match:
                span.set_attribute("http.route", match.route)
            if response.status_code >= 500:
                set_failed(span, str(response.status_code))
            return response


def _request_span(request: HttpRequest) -> AbstractContextManager[Any]:
    ids = {"http.request.method": str(request.method)} | {k: v for k, v in current_ids().items() if k == "request"}
    # Anybody can write the header; the proxy in front is asked to overwrite or drop it.
    given = request.headers.get("traceparent") if settings.BEHIND_PROXY else None
    carrier = {"traceparent": given} if given else {}
    return _installed().span("request", ids, kind="SERVER", carrier=carrier)


def task_span(name: str, args: Sequence[object], headers: Mapping[str, Any]) -> AbstractContextManager[Any]:
    """Measure a task, in the trace of whoever announced it; one that a sweep announced begins a trace of its own."""
    from evalsite.operations.ids import row_of_task

    given = headers.get("traceparent")
    carrier = {"traceparent": given} if isinstance(given, str) else {}
    return _installed().span(name.rpartition(".")[2], row_of_task(name, args), kind="CONSUMER", carrier=carrier)


def _installed() -> OpenTelemetry:
    tracer = traces.installed()
    if not isinstance(tracer, OpenTelemetry):
        raise RuntimeError("spans were asked for before start()")
    return tracer
