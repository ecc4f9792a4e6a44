"""What annotators say they read: when they join, and changed later."""

from collections.abc import Collection

from annotations.models import Annotator, Assignment
from annotations.rating.leases import keep_readable


def choose_languages(annotator: Annotator, codes: Collection[str]) -> None:
    """Give the annotator documents in these languages alone from now on; pairs they hold in others are given back."""
    annotator.reads = " ".join(sorted(set(codes)))
    annotator.save(update_fields=["reads"])
    keep_readable(annotator, list(annotator.assignments.filter(state=Assignment.State.LEASED)))
