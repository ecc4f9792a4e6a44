"""Celery tasks: each claims, calls one service, reports. Messages carry ids; rows carry the truth."""

import logging

from celery import shared_task

from jobs.ownership import owner_id
from models_runner.finetune import job as finetune
from models_runner.runs import generation, scoring

logger = logging.getLogger(__name__)


@shared_task(acks_late=True)
def generate_summaries(run_id: int) -> None:
    """Write the missing summaries of one run; harmless if delivered twice."""
    logger.info(generation.work_on_run(run_id, owner=owner_id()))


@shared_task(acks_late=True)
def score_summaries(job_id: int) -> None:
    """Compute the missing scores of one run and metric; harmless if delivered twice."""
    logger.info(scoring.work_on_scoring_job(job_id, owner=owner_id()))


@shared_task(acks_late=True)
def finetune_system(finetuning_id: int) -> None:
    """Train one system, from its last checkpoint; harmless if delivered twice."""
    logger.info(finetune.work_on_finetuning(finetuning_id, owner=owner_id()))
