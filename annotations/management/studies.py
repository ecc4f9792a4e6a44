"""Find the study, or the dataset, that a command names."""

from django.core.management.base import CommandError

from annotations.models import Study
from lib.names import normal_form
from models_runner.datasets.lookup import UnknownDatasetError, find_dataset
from models_runner.models import Dataset


def study_named(slug: str) -> Study:
    """Return the study with its dataset. Raises CommandError, which names those that there are."""
    study = Study.objects.select_related("dataset").filter(slug=normal_form(slug)).first()
    if study is None:
        known = ", ".join(Study.objects.order_by("slug").values_list("slug", flat=True))
        raise CommandError(f"There is no study {slug!r}. Known studies: {known or 'none yet; make one'}.")
    return study


def dataset_named(name: str) -> Dataset:
    """Return the dataset. Raises CommandError, which names those that there are."""
    try:
        return find_dataset(name)
    except UnknownDatasetError as error:
        raise CommandError(str(error)) from error


def study_or_dataset(study: str | None, dataset: str, instruction: str = "") -> Study | Dataset:
    """Return what a command is about. Raises CommandError unless exactly one of both is named.

    instruction: Goes with a dataset alone.
    """
    if bool(study) == bool(dataset):
        raise CommandError("Name a study, or a dataset with --dataset.")
    if instruction and not dataset:
        raise CommandError("--instruction goes with --dataset: a study's summaries are of its own instruction.")
    return dataset_named(dataset) if dataset else study_named(study or "")
