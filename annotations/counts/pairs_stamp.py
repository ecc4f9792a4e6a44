"""A short value that changes when pairs are added, or when a study opens or closes."""

from django.db.models import Max

from annotations.models import Comparison, Study


def pairs_stamp() -> tuple[int, tuple[int, ...]]:
    """Return the newest pair's id and the ids of the studies that are not closed: two reads of an index."""
    newest = Comparison.objects.aggregate(newest=Max("pk"))["newest"] or 0
    studies = Study.objects.exclude(status=Study.Status.CLOSED).order_by("pk").values_list("pk", flat=True)
    return newest, tuple(studies)
