"""Give back what a worker holds and does not go on with, whatever kind of work it is."""

from collections.abc import Iterator
from typing import Any, cast

from django.apps import apps

from jobs.models import Announced, AnnouncedQuerySet, Leased, LeasedQuerySet


def give_back(owner: str) -> int:
    """Let all rows that this owner holds wait again, announce them, and do not count the attempt; return how many.

    Args:
        owner: The name of a worker, or what those of its process begin with (process_id).
    """
    lookup = "owner__startswith" if owner.endswith(":") else "owner"
    return sum(give_back_rows(rows.running().filter(**{lookup: owner})) for rows in _leased())


def _leased() -> Iterator[LeasedQuerySet[Leased]]:
    for model in apps.get_models():
        if issubclass(model, Leased):
            yield cast(LeasedQuerySet[Leased], model._default_manager.all())


def give_back_rows(held: LeasedQuerySet[Any]) -> int:
    """Let these held rows wait again as give_back does."""
    keys = list(held.values_list("pk", flat=True))
    if not keys:
        return 0
    given_back = held.filter(pk__in=keys).put_back_uncounted()
    if issubclass(held.model, Announced):
        waiting = held.model._default_manager.filter(pk__in=keys)
        cast(AnnouncedQuerySet[Announced], waiting).announce()
    return given_back
