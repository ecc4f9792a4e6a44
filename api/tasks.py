"""Celery tasks: each claims, calls one service, reports."""

import logging

from celery import shared_task

from api.webhooks import sending
from models_runner.tasks import deliver

logger = logging.getLogger(__name__)


@shared_task(acks_late=True)
def send_delivery(delivery_id: int) -> None:
    """Send one event to one webhook; harmless if delivered twice."""
    logger.info(sending.deliver(delivery_id))


def send_message(delivery_id: int) -> None:
    deliver(send_delivery, delivery_id, what=f"delivery {delivery_id}")
