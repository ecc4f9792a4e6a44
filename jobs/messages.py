"""Announce work to the workers by the task's dotted name, so that the caller need not import the task."""

import logging
from datetime import timedelta
from functools import partial

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def announce(task: str, *args: int, delay: timedelta = timedelta()) -> None:
    """Send the task's message after the transaction has committed, or at once if there is no transaction."""
    transaction.on_commit(partial(send, task, *args, delay=delay))


def send(task: str, *args: int, delay: timedelta = timedelta()) -> None:
    """Send the task's message. If the broker is down, no work is lost: the sweeper announces it again."""
    try:
        current_app.send_task(task, args=args, countdown=delay.total_seconds() or None, retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("the broker does not answer (%s); %s%s waits for the sweeper", error, task, args)
