"""The Celery application. Messages only announce work; the database rows hold its state."""

import os
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack

from celery import Celery, Task
from celery.signals import task_postrun, task_prerun, worker_init
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


_ids_of_tasks: dict[str, ExitStack] = {}


@task_prerun.connect
def _name_the_task_in_logs(task_id: str, task: Task, args: Sequence[object], **kwargs: object) -> None:
    from evalsite.operations.ids import ids_of_task

    ids = _ids_of_tasks[task_id] = ExitStack()
    ids.enter_context(ids_of_task(task.name, args))


@task_postrun.connect
def _name_it_no_longer(task_id: str, **kwargs: object) -> None:
    if ids := _ids_of_tasks.pop(task_id, None):
        ids.close()
