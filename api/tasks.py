"""Celery tasks: each calls one service and logs what it says. Their names stand in messages that wait in brokers."""

import logging

from celery import shared_task

from api.webhooks import sending
from models_runner.tasks import deliver

logger = logging.getLogger(__name__)


@shared_task(acks_late=True)
def send_delivery(delivery_id: int) -> None:
    """Send one event to one webhook; harmless if delivered twice."""
    logger.info(sending.send_if_due(delivery_id))


def announce_delivery(delivery_id: int) -> None:
    """Tell the workers of one delivery."""
    deliver(send_delivery, delivery_id, what=f"delivery {delivery_id}")
