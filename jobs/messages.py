"""Telling the workers that there is work: by the task's dotted name, so that who tells imports no task."""

import logging
from datetime import timedelta
from functools import partial

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def announce(task: str, *args: int, delay: timedelta = timedelta()) -> None:
    """Send the task's message once the transaction has committed; at once where there is none."""
    transaction.on_commit(partial(send, task, *args, delay=delay))


def send(task: str, *args: int, delay: timedelta = timedelta()) -> None:
    """Send the task's message. A broker that is down loses nothing: the sweeper tells again."""
    try:
        current_app.send_task(task, args=args, countdown=delay.total_seconds() or None, retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("the broker does not answer (%s); %s%s waits for the sweeper", error, task, args)
