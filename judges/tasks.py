"""Celery tasks: each calls one service and logs its result. Messages only carry ids; the rows hold the state."""

import logging

from celery import shared_task

from jobs.ownership import owner_id
from judges.judging.work import work_on_judging
from judges.report.serve import work_on_report

logger = logging.getLogger(__name__)


@shared_task(acks_late=True)
def ask_judge(job_id: int) -> None:
    """Ask a judge what waits in one job. Delivering the message twice is harmless."""
    logger.info(work_on_judging(job_id, owner=owner_id()))


@shared_task(acks_late=True)
def report_on_judge(job_id: int) -> None:
    """Compute a judge's figures on one question. Delivering the message twice is harmless."""
    logger.info(work_on_report(job_id, owner=owner_id()))
