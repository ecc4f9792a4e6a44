"""Tell whether the marks of a study are what they were, without reading them all."""

from typing import Any

from django.db.models import Count, Max, Sum

from annotations.models import Study
from marks.models import Mark, Reading, Withdrawal


def has_marks(study: Study) -> bool:
    """Whether somebody read a summary of the study for errors; two queries at most."""
    return study.readings.exists() or study.marks.exists()


def newest_marks(study: Study) -> list[Any]:
    """Return the newest mark, withdrawal and reading of a study: rows are only added; erasures are in its history."""
    rows = (Mark.objects.filter(study=study), Withdrawal.objects.filter(mark__study=study), study.readings.all())
    return [chosen.order_by().aggregate(last=Max("pk"))["last"] for chosen in rows]


def marks_that_count(study: Study) -> list[Any]:
    """Return numbers that are others if other marks or readings count."""
    rows = (Mark.objects.counted().filter(study=study), Reading.objects.counted().filter(study=study))
    ends = {"n": Count("pk"), "last": Max("pk"), "sum": Sum("pk")}
    return [sorted(chosen.order_by().aggregate(**ends).items()) for chosen in rows]
