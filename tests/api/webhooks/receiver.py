"""A server that webhooks tell events, for tests."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.utils import timezone

from api.models import Delivery
from api.webhooks import events, registration, sending
from tests.factories import UserFactory


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, dict(self.headers), body))
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def receiver():
    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        server.got, server.statuses = [], []
        server.url = f"http://127.0.0.1:{server.server_port}/events"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def webhook(url, *, owner=None, study=None, wanted=("run.finished", "study.complete")):
    return registration.make_webhook(owner or UserFactory(is_staff=True), url, list(wanted), study)


def queued(hook, about="1"):
    events.queue_deliveries([hook], "study.complete", about, {"study": "première"})
    return Delivery.objects.get(webhook=hook, about=about)


def again(delivery):
    """Its time has come."""
    Delivery.objects.filter(pk=delivery.pk).update(not_before=timezone.now())
    sending.send_if_due(delivery.pk, owner="w")
    delivery.refresh_from_db()
