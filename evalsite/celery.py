"""The Celery application. Messages only announce work; the database rows hold its state."""

import os
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, cast

from celery import Celery, Task
from celery.signals import task_postrun, task_prerun, worker_init
from django.conf import settings
from kombu import Connection
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evalsite.settings")

# The transport needs a scheme, because kombu accepts no import path in a URL.
TRANSPORT_ALIASES["embedded"] = "evalsite.broker:Transport"

# Whoever sends a message waits no longer than this, because a person may wait for it; workers listen without an end.
PUBLISHING: dict[str, dict[str, object]] = {
    "redis": {
        "socket_timeout": settings.PUBLISH_SECONDS,
        "socket_connect_timeout": settings.PUBLISH_SECONDS,
        "retry_on_timeout": False,
        "max_retries": 0,
    },
    "amqp": {
        "connect_timeout": settings.PUBLISH_SECONDS,
        "read_timeout": settings.PUBLISH_SECONDS,
        "write_timeout": settings.PUBLISH_SECONDS,
        "max_retries": 0,
    },
}
PUBLISHING |= {"rediss": PUBLISHING["redis"], "amqps": PUBLISHING["amqp"], "pyamqp": PUBLISHING["amqp"]}


class BoundedCelery(Celery):
    """Celery whose connections for sending give up a broker that does not answer."""

    def connection_for_write(self, url: str | None = None, **kwargs: Any) -> Connection:
        kind = str(url or self.conf.broker_write_url or "").partition(":")[0]
        options = PUBLISHING.get(kind, {}) | (kwargs.pop("transport_options", None) or {})
        return cast(Connection, super().connection_for_write(url, transport_options=options, **kwargs))


app = BoundedCelery("punchweight")
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


_around_tasks: dict[str, ExitStack] = {}


@task_prerun.connect
def _begin_task(task_id: str, task: Task, args: Sequence[object], **kwargs: object) -> None:
    from evalsite.operations.ids import ids_of_task

    stack = _around_tasks[task_id] = ExitStack()
    stack.enter_context(ids_of_task(task.name, args))
    if settings.TRACES:
        from evalsite.operations.traces import task_span

        stack.enter_context(task_span(task.name, args, task.request.headers or {}))


@task_postrun.connect
def _end_task(task_id: str, **kwargs: object) -> None:
    if stack := _around_tasks.pop(task_id, None):
        stack.close()
