"""Celery tasks: each claims, calls one service, reports. Messages carry ids; rows carry the truth."""

import logging

from celery import shared_task

from jobs.ownership import owner_id
from leaderboards.files import jobs
from leaderboards.models.releases import ExportJob, FileJob, Release
from models_runner.tasks import deliver

logger = logging.getLogger(__name__)


@shared_task(acks_late=True)
def write_release(release_id: int) -> None:
    """Write a release's files; harmless if delivered twice."""
    logger.info(jobs.work_on(Release, release_id, owner=owner_id()))


@shared_task(acks_late=True)
def write_export(export_id: int) -> None:
    """Write an export; harmless if delivered twice."""
    logger.info(jobs.work_on(ExportJob, export_id, owner=owner_id()))


def send_message(job: FileJob) -> None:
    task = write_release if isinstance(job, Release) else write_export
    deliver(task, job.pk, what=f"{type(job).__name__} {job.pk}")
