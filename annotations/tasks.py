"""Celery tasks: each claims, calls one service, reports. Messages carry ids; rows carry the truth."""

import logging

from celery import shared_task

from annotations.blindness import leak_check
from annotations.evidence import work
from annotations.quality import snapshots
from annotations.review import kept
from jobs.ownership import owner_id

logger = logging.getLogger(__name__)


@shared_task(acks_late=True)
def find_evidence() -> None:
    """Find evidence for the summaries of one document that waits; harmless if delivered twice."""
    logger.info(work.work_on_next_document(owner=owner_id()))


@shared_task(acks_late=True)
def check_giveaways() -> None:
    """Look through summaries for names of models; harmless if delivered twice."""
    logger.info(leak_check.check_all())


@shared_task(acks_late=True)
def compute_quality(snapshot_id: int) -> None:
    """Compute what the quality page of one study shows; harmless if delivered twice."""
    logger.info(snapshots.work_on_snapshot(snapshot_id, owner=owner_id()))


@shared_task(acks_late=True)
def report_on_study(report_id: int) -> None:
    """Compute the figures of a large study, or the disagreements on a question; harmless if delivered twice."""
    logger.info(kept.work_on_report(report_id, owner=owner_id()))
