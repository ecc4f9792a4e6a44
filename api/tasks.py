"""Celery tasks: each calls one service and logs what it says. Their names stand in messages that wait in brokers."""

import logging

from celery import shared_task

from api.webhooks import sending
from jobs.ownership import owner_id

logger = logging.getLogger(__name__)


@shared_task(acks_late=True)
def send_delivery(delivery_id: int) -> None:
    """Send one event to one webhook; harmless if delivered twice."""
    logger.info(sending.send_if_due(delivery_id, owner=owner_id()))
