"""Change systems while nothing rests on their record, and delete those that nothing refers to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from models_runner.datasets.changes import KeptError, refuse_if_used
from models_runner.models import Run, Summary, System
from models_runner.systems import catalog

Record = dict[str, Any]
# What summaries do not depend on.
ALWAYS = tuple(name for name in catalog.FIELDS if name not in System.FROZEN_FIELDS)


@dataclass(frozen=True)
class FixedBy:
    """What keeps a system's record as it is.

    Attributes:
        reason: One sentence.
        run: The run that has to end first, where nothing else keeps it.
    """

    reason: str
    run: Run | None = None


class ChangedMeanwhileError(Exception):
    """The record is no longer the one that was seen; nothing has changed."""


def record_of(system: System) -> Record:
    """Return a system's record as the catalogue would have it, with every field."""
    return {name: getattr(system, name) for name in catalog.FIELDS} | {"base": system.base.slug if system.base else ""}


def can_change(system: System) -> bool:
    """Tell whether a system's record is the site's own: the catalogue's entries come anew with each version."""
    return bool(system.pk) and system.slug not in catalog.all_entries()


def what_fixes(system: System) -> FixedBy | None:
    """Return why only the fields in ALWAYS can change; None where nothing rests on the others."""
    if system.finetunings.exists() or hasattr(system, "finetuning") or System.objects.filter(base=system).exists():
        return FixedBy("Weights were made from this record.")
    if Summary.objects.done().filter(run__system=system).exists():
        return FixedBy("Summaries were made with this record.")
    unfinished = Summary.objects.unfinished().filter(run__system=system).select_related("run__system", "run__dataset")
    if waiting := unfinished.order_by("run").first():
        return FixedBy("A run is writing with this record. Cancel it, or let it end.", waiting.run)
    return None


def is_made_from(system: System | None, ancestor: System) -> bool:
    """Tell whether a system is another one, or was fine-tuned from it in any number of steps."""
    seen: set[int] = set()
    while system is not None and system.pk not in seen:
        if system.pk == ancestor.pk:
            return True
        seen.add(system.pk)
        system = system.base
    return False


@transaction.atomic
def change_system(system: System, changes: Mapping[str, Any], *, seen: Record) -> None:
    """Store other values in a system's record.

    Args:
        system: A stored system that the catalogue does not list.
        changes: New values by field; those of a fixed system are all in ALWAYS.
        seen: The record that whoever asks has looked at.

    Raises:
        ChangedMeanwhileError: The record is another one by now.
        KeptError: It has become fixed meanwhile. In both cases nothing has changed.
    """
    held = System.objects.select_for_update().get(pk=system.pk)
    # A run that begins or goes on meanwhile waits for this, or this waits for it.
    list(held.runs.select_for_update().values_list("pk"))
    now = record_of(held)
    if now != seen:
        raise ChangedMeanwhileError
    values = dict(changes)
    if "base" in values:
        values["base"] = catalog.ensure_system(values["base"]) if values["base"] else None
    if not set(values) <= set(ALWAYS) and (fixed_by := what_fixes(held)):
        raise KeptError(fixed_by.reason)
    for name, value in values.items():
        setattr(held, name, value)
    try:
        held.save()
    except ValidationError as error:
        raise KeptError(error.messages[0]) from error


@transaction.atomic
def delete_unused_system(system: System) -> None:
    """Delete a stored system; one of the catalogue is listed again as an entry that is not stored.

    Raises:
        KeptError: Runs, studies, fine-tunings or other systems refer to it; nothing has changed.
    """
    held = System.objects.select_for_update().get(pk=system.pk)
    refuse_if_used(held, "system", parts=(System,))
    held.delete()
