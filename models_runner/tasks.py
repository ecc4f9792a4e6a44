"""Celery tasks: each calls one service and logs its result. Messages only carry ids; the rows hold the state."""

import logging

from celery import shared_task

from jobs.ownership import owner_id
from models_runner.finetune import job as finetune
from models_runner.importing.drafts import jobs
from models_runner.runs import generation, scoring, trials
from models_runner.runs.batches import ordering

logger = logging.getLogger(__name__)


@shared_task(acks_late=True)
def generate_summaries(run_id: int) -> None:
    """Write the missing summaries of one run. Delivering the message twice is harmless."""
    logger.info(generation.work_on_run(run_id, owner=owner_id()))


@shared_task(acks_late=True)
def work_on_batch(batch_id: int) -> None:
    """Take one provider's batch a step further. Delivering the message twice is harmless."""
    logger.info(ordering.work_on_batch(batch_id, owner=owner_id()))


@shared_task(acks_late=True)
def score_summaries(job_id: int) -> None:
    """Compute the missing scores of one run and metric. Delivering the message twice is harmless."""
    logger.info(scoring.work_on_scoring_job(job_id, owner=owner_id()))


@shared_task(acks_late=True)
def finetune_system(finetuning_id: int) -> None:
    """Train one system from its last checkpoint. Delivering the message twice is harmless."""
    logger.info(finetune.work_on_finetuning(finetuning_id, owner=owner_id()))


@shared_task(acks_late=True)
def try_system(trial_id: int) -> None:
    """Try one system that is not stored yet. Delivering the message twice is harmless."""
    logger.info(trials.work_on_trial(trial_id, owner=owner_id()))


@shared_task(acks_late=True)
def import_meetings(job_id: int) -> None:
    """Read or store one large upload. Delivering the message twice is harmless."""
    logger.info(jobs.work_on_import(job_id, owner=owner_id()))
