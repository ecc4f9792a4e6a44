"""What a study asks of people: comparisons, votes and hours at the pace measured so far."""

from dataclasses import dataclass
from statistics import median

from django.db.models import Count, F, Sum

from annotations.models import Judgement, Study

LOOKED_AT = 2_000
LEAST_MEASURED = 20
ASSUMED_SECONDS = 150  # a pair; only until enough were measured


@dataclass(frozen=True)
class Workload:
    """ratings: comparisons times annotators each. seconds: of one rating. measured: pairs that the pace rests on."""

    comparisons: int
    ratings: int
    answers: int
    seconds: float
    measured: int

    @property
    def hours(self) -> float:
        return self.ratings * self.seconds / 3600


def workload(study: Study) -> Workload:
    # Places of judges who rated elsewhere come on top, and ask nothing of people here.
    places_here = Sum(F("quota") - F("imported"))
    totals = study.comparisons.for_rating().aggregate(comparisons=Count("pk"), places=places_here)
    places = totals["places"] or 0
    criteria = study.criteria.count()
    seconds, measured = _pace(study)
    return Workload(totals["comparisons"], places, places * criteria, seconds, measured)


def _pace(study: Study) -> tuple[float, int]:
    """Median seconds of work on a pair, in this study if it has enough votes, else in all."""
    rated = Judgement.objects.for_rating()
    for votes in (rated.filter(criterion__study=study), rated):
        newest = votes.filter(active_ms__isnull=False).order_by("-pk").values_list("assignment_id", "active_ms")
        longest: dict[int, int] = {}
        for assignment, active_ms in newest[:LOOKED_AT]:
            # The last answer of a pair comes after all the work on it.
            longest[assignment] = max(active_ms or 0, longest.get(assignment, 0))
        if len(longest) >= LEAST_MEASURED:
            return median(longest.values()) / 1000, len(longest)
    return ASSUMED_SECONDS, 0
