"""Celery tasks: each calls one service and logs its result. Messages only carry ids; the rows hold the state."""

import logging

from celery import shared_task

from jobs.ownership import owner_id
from marks.report.serve import work_on_marks

logger = logging.getLogger(__name__)


@shared_task(acks_late=True)
def report_on_marks(job_id: int) -> None:
    """Compute what the marks of a study say. Delivering the message twice is harmless."""
    logger.info(work_on_marks(job_id, owner=owner_id()))
