"""Celery tasks: each claims, calls one service, reports. Messages carry ids; rows carry the truth."""

import logging

from celery import shared_task

from jobs.ownership import owner_id
from leaderboards.files import jobs
from leaderboards.models.releases import ExportJob, Release

logger = logging.getLogger(__name__)


@shared_task(acks_late=True)
def write_release(release_id: int) -> None:
    """Write a release's files; harmless if delivered twice."""
    logger.info(jobs.write_job(Release, release_id, owner=owner_id()))


@shared_task(acks_late=True)
def write_export(export_id: int) -> None:
    """Write an export; harmless if delivered twice."""
    logger.info(jobs.write_job(ExportJob, export_id, owner=owner_id()))
