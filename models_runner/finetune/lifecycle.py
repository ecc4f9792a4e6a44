"""Start, cancel and resume fine-tunings. Everything here changes rows first and sends a message after the commit."""

import random
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from models_runner.datasets.lookup import stored_split
from models_runner.finetune.options import SettingsError, checked_settings
from models_runner.models import Dataset, Document, FineTuning, Reference, System, TrainedDocument
from models_runner.systems import catalog
from models_runner.systems.leakage import text_hash
from models_runner.systems.readiness import check_ready

TRAINABLE = ("transformers", "llamacpp")
HELD_OUT = 0.1
LEAST_DOCUMENTS = 2


class FineTuningError(ValueError):
    """This fine-tuning cannot start; the message names what is wrong."""


@transaction.atomic
def start_finetuning(
    name: str,
    base: System,
    dataset: Dataset,
    *,
    split: str = "",
    validation_split: str = "",
    instruction: str = FineTuning.Lengths.ALL,
    method: str = FineTuning.Method.LORA,
    settings: Mapping[str, Any] | None = None,
) -> FineTuning:
    """Create a waiting job, with the documents that it will see. Raises FineTuningError, NotReadyError."""
    _check_name(name)
    _check_start(base, split, validation_split)
    settings = _checked(settings or {})
    train, validation = _documents(dataset, split, validation_split, instruction, settings)
    job = FineTuning.objects.create(
        name=name,
        base=base,
        dataset=dataset,
        split=split,
        validation_split=validation_split,
        instruction=instruction,
        method=method,
        settings=settings,
    )
    _remember(job, train, TrainedDocument.Role.TRAIN)
    _remember(job, validation, TrainedDocument.Role.VALIDATION)
    job.announce()
    return job


def _checked(settings: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return checked_settings(settings)
    except SettingsError as error:
        raise FineTuningError(str(error)) from error


def _check_start(base: System, split: str, validation_split: str) -> None:
    if base.adapter not in TRAINABLE:
        raise FineTuningError(
            f"{base.slug} runs through the adapter {base.adapter}, which has no weights to train. "
            f"Choose a base with one of {', '.join(TRAINABLE)}."
        )
    if split and split == validation_split:
        raise FineTuningError(f"Training and validation are both split {split!r}. Name two different ones.")
    check_ready(base)


def _check_name(name: str) -> None:
    try:
        validate_slug(name)
    except ValidationError as error:
        raise FineTuningError(f"{name!r} is no name for a system. Use letters, digits, - and _ only.") from error
    taken = System.objects.filter(slug=name).exists() or FineTuning.objects.filter(name=name).exists()
    if taken or name in catalog.entries():
        raise FineTuningError(f"The name {name!r} is taken. Choose another one for the new system.")


def _documents(
    dataset: Dataset, split: str, validation_split: str, instruction: str, settings: Mapping[str, Any]
) -> tuple[list[Document], list[Document]]:
    """Return the documents for training and for validation; without a validation split, hold out a random tenth."""
    train = _with_references(dataset, split, instruction)
    if validation_split:
        validation = _with_references(dataset, validation_split, instruction)
        watched = {document.pk for document in validation}
        train = [document for document in train if document.pk not in watched]
        train = train[: settings["limit"] or None]
    else:
        train = train[: settings["limit"] or None]
        drawn = random.Random(settings["seed"]).sample(train, max(1, round(HELD_OUT * len(train))) if train else 0)  # noqa: S311
        validation = sorted(drawn, key=lambda document: document.position)
        train = [document for document in train if document not in drawn]
    if len(train) < LEAST_DOCUMENTS or not validation:
        raise FineTuningError(
            f"Dataset {dataset.name} has {len(train)} documents to learn from (split {split or 'any'}) and "
            f"{len(validation)} to watch (split {validation_split or 'held out'}) with a reference for the instruction "
            f"{instruction!r}; at least {LEAST_DOCUMENTS} and 1 are needed. Import some with import_dataset."
        )
    return train, validation


def _with_references(dataset: Dataset, split: str, instruction: str) -> list[Document]:
    kinds = {"query": ["query"], "all": ["", "long", "medium", "short"]}
    wanted = kinds.get(instruction, ["", instruction])
    fitting = Reference.objects.filter(document=OuterRef("pk"), instruction__in=wanted)
    documents = dataset.documents.filter(Exists(fitting)).order_by("position")
    return list(documents.filter(split=stored_split(dataset, split)) if split else documents)


def _remember(job: FineTuning, documents: list[Document], role: str) -> None:
    with_text = Document.objects.filter(pk__in=[d.pk for d in documents]).select_related("transcript")
    TrainedDocument.objects.bulk_create(
        [
            TrainedDocument(finetuning=job, document=d, role=role, text_hash=text_hash(d.transcript.text))
            for d in with_text.order_by("position").iterator(chunk_size=100)
        ],
        batch_size=500,
    )


@transaction.atomic
def cancel_finetuning(job: FineTuning) -> None:
    """Stop the job within a step; its checkpoints stay, so that it can be resumed."""
    FineTuning.objects.open().filter(pk=job.pk).update(
        status=FineTuning.Status.CANCELLED,
        failure_reason="cancelled by a researcher",
        owner="",
        lease_until=None,
        finished_at=timezone.now(),
    )
    job.refresh_from_db()


@transaction.atomic
def resume_finetuning(job: FineTuning) -> None:
    """Let a cancelled or failed job wait for a worker again, which continues from its last checkpoint."""
    stopped = FineTuning.objects.filter(pk=job.pk, status__in=[FineTuning.Status.CANCELLED, FineTuning.Status.FAILED])
    if stopped.reopen(finished_at=None):
        job.refresh_from_db()
        job.announce()
