"""A small server that takes what OpenTelemetry's exporter and Sentry's SDK send, and reads it with their own formats."""

import gzip
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Received:
    """What came so far.

    Attributes:
        spans: As dictionaries: name, trace, id, parent, kind, and attributes.
        events: Reports of errors.
        kinds: Of everything in Sentry's envelopes.
        raw: All bodies as they came, unpacked.
    """

    def __init__(self):
        self.spans, self.events, self.kinds, self.raw, self.resources = [], [], set(), b"", []

    def take(self, path, body):
        self.raw += body
        if path == "/v1/traces":
            self._take_spans(ExportTraceServiceRequest.FromString(body))
        elif path.endswith("/envelope/"):
            self._take_envelope(body)

    def _take_spans(self, request):
        for of_process in request.resource_spans:
            self.resources.append(_attributes(of_process.resource.attributes))
            for scope in of_process.scope_spans:
                self.spans += [_span(span) for span in scope.spans]

    def _take_envelope(self, body):
        _header, *lines = body.split(b"\n")
        items = [json.loads(line) for line in lines if line]
        for head, payload in zip(items[::2], items[1::2], strict=True):
            self.kinds.add(head["type"])
            self.events.append(payload)

    def named(self, name, **attributes):
        return [
            span
            for span in list(self.spans)
            if span["name"] == name and attributes.items() <= span["attributes"].items()
        ]


def _span(span):
    return {
        "name": span.name,
        "trace": span.trace_id.hex(),
        "id": span.span_id.hex(),
        "parent": span.parent_span_id.hex(),
        "kind": span.kind,
        "failed": span.status.code == 2,
        "events": len(span.events),
        "attributes": _attributes(span.attributes),
    }


def _attributes(pairs):
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}


@contextmanager
def receiving():
    """Yield the address and what has come."""
    received = Received()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.take(self.path, gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}", received
    finally:
        server.shutdown()
        server.server_close()
