"""Celery tasks: each claims, calls one service, reports. Messages carry no truth; rows do."""

import logging

from celery import shared_task

from annotations.blindness import leak_check
from annotations.evidence import work
from jobs.ownership import owner_id
from models_runner.tasks import deliver

logger = logging.getLogger(__name__)


@shared_task(acks_late=True)
def find_evidence() -> None:
    """Find evidence for the summaries of one document that waits; harmless if delivered twice."""
    logger.info(work.work_on_next_document(owner=owner_id()))


@shared_task(acks_late=True)
def check_giveaways() -> None:
    """Look through summaries for names of models; harmless if delivered twice."""
    logger.info(leak_check.check_all())


@shared_task
def compute_quality(study_id: int) -> None:
    """Compute what the quality page of one study shows; harmless if delivered twice, asked for again if lost."""
    from annotations.quality.snapshots import make_snapshot

    logger.info(make_snapshot(study_id))


def send_quality_message(study_id: int) -> None:
    deliver(compute_quality, study_id, what=f"quality of study {study_id}")


def send_giveaways_message() -> None:
    deliver(check_giveaways, what="a check of names")


def send_message() -> None:
    deliver(find_evidence, what="evidence")
