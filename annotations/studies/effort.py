"""Forecast the work a study asks of people: comparisons, votes, and hours at the pace measured so far."""

from dataclasses import dataclass
from statistics import median

from django.db.models import Count, F, Sum

from annotations.models import Judgement, Study

LOOKED_AT = 2_000
LEAST_MEASURED = 20
ASSUMED_SECONDS = 150  # per pair, until enough have been measured


@dataclass(frozen=True)
class StudyEffort:
    """The work a study asks of people.

    Attributes:
        comparisons: Number of pairs.
        ratings: Pairs times annotators per pair.
        answers: Ratings times questions.
        seconds: Time of one rating.
        measured: Number of rated pairs the pace rests on; 0 if it is assumed.
    """

    comparisons: int
    ratings: int
    answers: int
    seconds: float
    measured: int

    @property
    def hours(self) -> float:
        return self.ratings * self.seconds / 3600


def study_effort(study: Study) -> StudyEffort:
    # Imported ratings have places of their own, which ask nothing of people here.
    places_here = Sum(F("quota") - F("imported"))
    totals = study.comparisons.for_rating().aggregate(comparisons=Count("pk"), places=places_here)
    places = totals["places"] or 0
    criteria = study.criteria.count()
    seconds, measured = _pace(study)
    return StudyEffort(totals["comparisons"], places, places * criteria, seconds, measured)


def _pace(study: Study) -> tuple[float, int]:
    """Return the median seconds of work per pair, in this study if it has enough votes, else in all studies."""
    rated = Judgement.objects.for_rating()
    for votes in (rated.filter(criterion__study=study), rated):
        newest = votes.filter(active_ms__isnull=False).order_by("-pk").values_list("assignment_id", "active_ms")
        longest: dict[int, int] = {}
        for assignment, active_ms in newest[:LOOKED_AT]:
            # Times are cumulative: the last answer has the time of the whole pair.
            longest[assignment] = max(active_ms or 0, longest.get(assignment, 0))
        if len(longest) >= LEAST_MEASURED:
            return median(longest.values()) / 1000, len(longest)
    return ASSUMED_SECONDS, 0
