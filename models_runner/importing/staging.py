"""Datasets that nobody sees, in which an import puts its documents batch by batch before they come over at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from jobs.ownership import is_gone, owner_id
from jobs.registry import Swept
from models_runner.models import Dataset

DELETED_AT_ONCE = 100
# Of an import on another machine, of which nobody here can tell whether it is still going on.
LONGEST_IMPORT = timedelta(days=1)


@contextmanager
def staging_dataset() -> Iterator[Dataset]:
    """Make a staged dataset, and delete it with what is left in it when the block ends."""
    staged = Dataset.with_staged.create(name=f"staged-{uuid4().hex}", staged_by=owner_id())
    try:
        yield staged
    finally:
        _delete(staged)


def _delete(staged: Dataset) -> None:
    """Delete it in short transactions."""
    while keys := list(staged.documents.values_list("pk", flat=True)[:DELETED_AT_ONCE]):
        staged.documents.filter(pk__in=keys).delete()
    staged.delete()


def sweep_staged(*, starting: bool = False) -> Swept:
    """Delete what imports have left that were killed."""
    long_ago = timezone.now() - LONGEST_IMPORT
    left = [d for d in Dataset.with_staged.exclude(staged_by="") if is_gone(d.staged_by) or d.created_at < long_ago]
    for staged in left:
        _delete(staged)
    return Swept(freed=len(left))
