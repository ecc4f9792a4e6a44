"""The Celery application. Messages only announce work; the database rows hold its state."""

import os
import tempfile

from celery import Celery
from celery.signals import worker_init
from django.conf import settings
from kombu.transport import TRANSPORT_ALIASES

# The transport needs a scheme, because kombu accepts no import path in a URL.
TRANSPORT_ALIASES["embedded"] = "evalsite.broker:Transport"

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evalsite.settings")

app = Celery("punchweight")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def prepare_broker() -> None:
    if settings.EMBEDDED_BROKER:
        from evalsite import broker

        broker.prepare()


@app.on_after_configure.connect
def _prepare_broker(**kwargs: object) -> None:
    prepare_broker()


@worker_init.connect
def _keep_messages_on_one_disk(**kwargs: object) -> None:
    # The transport moves a received message through the temporary folder. On another disk the move would be a copy, and
    # two workers could receive the same message.
    if settings.EMBEDDED_BROKER:
        tempfile.tempdir = settings.CELERY_BROKER_TRANSPORT_OPTIONS["processed_folder"]
