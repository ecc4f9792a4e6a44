"""Receive the end of a run: its summaries become comparisons in the studies that compare them."""

from annotations.models import Study
from annotations.studies.pair_generation import build_comparisons
from models_runner.models import Run


def add_new_comparisons(sender: object, run: Run, **kwargs: object) -> None:
    studies = Study.objects.filter(dataset=run.dataset_id, instruction=run.instruction, systems=run.system_id)
    for study in studies.exclude(status=Study.Status.CLOSED):
        build_comparisons(study)
