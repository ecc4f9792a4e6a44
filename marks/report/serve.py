"""Serve the newest figures on a study's marks at once, and have newer ones made where marks or votes have changed.

Those of a small study are computed in the request, those of a large one by a worker, while the page shows the last ones
and says so.
"""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db.models import Count, Max

from annotations.models import Judgement, Study
from annotations.studies.change_marker import end_of_history, held_in_part, marker_of, newest_answers, newest_remark
from jobs.kept import Kept, KeptReport
from lib.sql import has_at_most
from marks.models import MarkReportJob, Withdrawal
from marks.report.figures import Values, mark_figures

# Of the figures; raise it where they are computed in another way, so that those that are kept are made anew.
RULES = 1
# More marks, or readings, than these are never read in a request.
MOST_IN_REQUEST = 2_000
Served = Kept[MarkReportJob]


def served_marks(study: Study) -> Served:
    """Return the newest figures, and ask for newer ones where they are stale."""
    return _REPORTS.serve(study=study)


def compared_by_marks(study: Study) -> Values:
    """Return how the small and the large compare, for a verdict; empty, after one query, without marks.

    Of a large study these are the newest figures that are kept.
    """
    if not study.marks.exists():
        return {}
    figures = served_marks(study).report
    return {"small_large": figures["small_large"]} if figures and "small_large" in figures else {}


def work_on_marks(job_id: int, *, owner: str) -> str:
    """Compute the figures of one study; return a line for the log. Calling it twice is harmless."""
    return _REPORTS.work(job_id, owner=owner)


def _make(job: MarkReportJob) -> Values:
    # As they are read back, so that the first answer is like all later ones.
    figures: Values = json.loads(json.dumps(mark_figures(job.study, job.study.seed)))
    return figures


def _state(job: MarkReportJob, now: datetime) -> str:
    """Return a short text of what the figures depend on."""
    study = job.study
    parts: list[Any] = [
        RULES,
        study.seed,
        [study.small_system_id, study.large_system_id],
        {question: asdict(newest) for question, newest in newest_answers(study, now).items()},
        end_of_history(study),
        held_in_part(study),
        newest_remark(study),
        *(
            rows.order_by().aggregate(n=Count("pk"), last=Max("pk"))
            for rows in (study.marks.all(), study.readings.all())
        ),
        Withdrawal.objects.filter(mark__study=study).order_by().aggregate(n=Count("pk"), last=Max("pk")),
        list(study.systems.order_by("slug").values_list("slug", "name", "parameters")),
    ]
    return marker_of(parts)


def _is_small(job: MarkReportJob) -> bool:
    study = job.study
    votes = Judgement.objects.filter(criterion__study=study)
    return votes.are_few() and all(
        has_at_most(rows, MOST_IN_REQUEST) for rows in (study.marks.all(), study.readings.all())
    )


_REPORTS = KeptReport(MarkReportJob.objects.select_related("study"), _state, _make, _is_small)
