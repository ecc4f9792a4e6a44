"""Celery tasks: each claims, calls one service, reports. Messages carry ids; rows carry the truth."""

import logging

from celery import shared_task

from jobs.ownership import owner_id
from leaderboards.snapshots import jobs

logger = logging.getLogger(__name__)


@shared_task(acks_late=True)
def make_snapshot(job_id: int) -> None:
    """Compute what one page of results shows; harmless if delivered twice."""
    logger.info(jobs.work_on_job(job_id, owner=owner_id()))
