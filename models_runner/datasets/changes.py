"""Rename and delete data sets and documents; what summaries or votes hang on is kept."""

from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import models, router, transaction
from django.db.models.deletion import Collector, ProtectedError, RestrictedError

from models_runner.models import Dataset, Document, ImportedSource, Query, Reference, Transcript, Trial

# What belongs to a document alone, and goes with it.
PARTS: tuple[type[models.Model], ...] = (Dataset, Document, Transcript, Query, Reference, Trial, ImportedSource)

LONGEST_NAME = 100  # as the column


class KeptError(Exception):
    """It cannot be renamed or deleted; the message says why and what to do."""


def rename_dataset(dataset: Dataset, name: str) -> None:
    """Give a data set another name. Raises KeptError if the name is no name or taken."""
    name = name.strip()
    try:
        validate_slug(name)
    except ValidationError:
        raise KeptError(f"{name!r} is no name for a dataset; expected letters, digits, - and _ only.") from None
    if len(name) > LONGEST_NAME:
        raise KeptError("A name has at most 100 characters.")
    if Dataset.objects.filter(name=name).exclude(pk=dataset.pk).exists():
        raise KeptError(f"There is another dataset named {name}.")
    dataset.name = name
    dataset.save(update_fields=["name"])


@transaction.atomic
def delete_unused(thing: Dataset | Document) -> None:
    """Delete a data set or a document on which nothing hangs.

    Raises:
        KeptError: Summaries, runs, studies or fine-tunings hang on it; nothing has changed.
    """
    type(thing)._default_manager.select_for_update().get(pk=thing.pk)
    refuse_if_used(thing, "dataset" if isinstance(thing, Dataset) else "document", parts=PARTS)
    thing.delete()


def refuse_if_used(thing: models.Model, what: str, *, parts: Collection[type[models.Model]]) -> None:
    """Raise KeptError if something hangs on a row that does not belong to it alone.

    Args:
        parts: What may go with it, its own kind included.
    """
    if users := _users_of(thing, parts):
        raise KeptError(f"{thing} cannot be deleted: {users} hang on this {what}. They stay, and so does it.")


def _users_of(thing: models.Model, parts: Collection[type[models.Model]]) -> str:
    """Say how many rows of which kinds would be lost or block the deletion; "" if none."""
    collector = Collector(using=router.db_for_write(type(thing), instance=thing), origin=thing)
    try:
        collector.collect([thing])
    except (ProtectedError, RestrictedError) as error:
        blocking: Any = getattr(error, "protected_objects", None) or error.restricted_objects  # type: ignore[union-attr]
        return _counted(blocking)
    lost = [row for model, rows in collector.data.items() if model not in parts for row in rows]
    lost += [row for rows in collector.fast_deletes if rows.model not in parts for row in rows]
    return _counted(lost)


def _counted(rows: Any) -> str:
    counts: dict[type[models.Model], int] = {}
    for row in rows:
        # A row that only joins two kinds is named by the one that lists the other.
        model = type(row)._meta.auto_created or type(row)
        counts[model] = counts.get(model, 0) + 1
    named = [
        f"{n:,} {model._meta.verbose_name if n == 1 else model._meta.verbose_name_plural}"
        for model, n in sorted(counts.items(), key=lambda item: item[0].__name__)
    ]
    return " and ".join(filter(None, (", ".join(named[:-1]), *named[-1:])))
