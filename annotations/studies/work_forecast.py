"""Forecast the work a study asks of people, and of one person: pairs, votes, and hours at the pace measured so far."""

from dataclasses import dataclass
from statistics import median

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotations.models import Assignment, ControlItem, Judgement, JudgementQuerySet, Purpose, Study
from annotations.models.comparisons import REPEAT_AFTER
from annotations.studies.progress import StudyCompletion, study_progress

LOOKED_AT = 500
LEAST_MEASURED = 20
ASSUMED_SECONDS = 150  # per pair, until enough have been measured
# Pairs are counted up to this number for somebody who may join: the page is public.
MOST_PAIRS = 10_000


@dataclass(frozen=True)
class StudyWork:
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
    def time(self) -> str:
        return in_words(self.ratings * self.seconds)


def study_work(study: Study, progress: StudyCompletion | None = None) -> StudyWork:
    """Forecast it. progress: The study's, where it is known already."""
    progress = progress or study_progress(study)
    # Imported ratings have places of their own, which ask nothing of people here.
    places = progress.places - progress.imported
    criteria = study.criteria.count()
    seconds, measured = _pace(study)
    return StudyWork(progress.comparisons, places, places * criteria, seconds, measured)


def usual_pace(study: Study | None) -> tuple[float, int]:
    """Return the seconds of work per pair, and the number of rated pairs they rest on; for no study yet, of all."""
    if study is not None:
        return _pace(study)
    return _measured(Judgement.objects.all()) or (ASSUMED_SECONDS, 0)


def _pace(study: Study) -> tuple[float, int]:
    """Return the median seconds of work per pair, in this study if it has enough votes, else in all studies."""
    return _measured(_votes_in(study)) or measured_pace()


def _votes_in(study: Study) -> JudgementQuerySet:
    # The keys of the questions, not a join: with one question an index has its newest votes in order. Through the
    # study, all newer votes of all studies would be looked at first.
    return Judgement.objects.filter(criterion__in=list(study.criteria.values_list("pk", flat=True)))


def measured_pace() -> tuple[float, int]:
    """Return the median seconds of work per pair in all studies, and of how many pairs; 0 if it is assumed."""
    by_people = Judgement.objects.filter(criterion__study__simulated=False)
    return _measured(by_people) or (ASSUMED_SECONDS, 0)


def _measured(votes: JudgementQuerySet) -> tuple[float, int] | None:
    """Return the median seconds per pair of the newest pairs, and of how many; None if they are too few."""
    timed = votes.filter(active_ms__isnull=False)
    newest = timed.order_by("-assignment_id", "-pk").values_list("assignment_id", "active_ms")
    longest: dict[int, int] = {}
    for assignment, active_ms in newest[:LOOKED_AT]:
        # Times are cumulative: the last answer has the time of the whole pair.
        longest[assignment] = max(active_ms or 0, longest.get(assignment, 0))
    # Not joined to the votes: a database might go through the assignments of all newer studies for it.
    for_rating = Assignment.objects.for_rating().filter(pk__in=longest).order_by()
    times = [longest[pk] for pk in for_rating.values_list("pk", flat=True)]
    return (median(times) / 1000, len(times)) if len(times) >= LEAST_MEASURED else None


@dataclass(frozen=True)
class PersonWork:
    """The work a study asks of one person who joins now.

    Attributes:
        pairs: Gold and repeated pairs among them: a number without them would reveal them.
        more: There are more than `pairs`.
        practice: Training pairs, which come on top.
        seconds: Time of one pair.
        measured: Whether it was measured in this study; else it is assumed.
    """

    pairs: int
    more: bool
    practice: int
    seconds: float
    measured: bool

    @property
    def time(self) -> str:
        return in_words((self.pairs + self.practice) * self.seconds)

    @property
    def pace(self) -> str:
        return in_words(self.seconds)


def person_work(study: Study) -> PersonWork:
    """Forecast what somebody who joins now could be given; their pairs are those with a free place."""
    free = study.comparisons.for_rating().wanting().order_by().values("pk")[: MOST_PAIRS + 1].count()
    pairs = min(free, MOST_PAIRS)
    practice, gold = _control_items(study)
    if study.gold_every:
        pairs += min(gold, pairs // (study.gold_every - 1))
    if study.repeat_every:
        pairs += max(0, pairs - REPEAT_AFTER) // study.repeat_every
    pace = _measured(_votes_in(study))
    seconds = ASSUMED_SECONDS if pace is None else pace[0]
    return PersonWork(pairs, free > MOST_PAIRS, practice, seconds, pace is not None)


def _control_items(study: Study) -> tuple[int, int]:
    """Return how many training and gold pairs everybody gets."""
    if not study.has_control_items:
        return 0, 0
    items = ControlItem.objects.filter(comparison__study=study, switched_off_at=None)
    purposes = list(items.values_list("comparison__purpose", flat=True))
    return purposes.count(Purpose.TRAINING), purposes.count(Purpose.GOLD)


def in_words(seconds: float) -> str:
    """Return a time that is an estimate: whole minutes, half minutes below three, half hours from one hour on."""
    if seconds < 3 * 60:
        halves = max(1, round(seconds / 30))
        return _("half a minute") if halves == 1 else _minutes(halves / 2)
    if seconds < 59.5 * 60:
        return _minutes(round(seconds / 60))
    hours = round(seconds / 1800) / 2
    return ngettext("%(n)s hour", "%(n)s hours", 1 if hours == 1 else 2) % {"n": f"{hours:g}"}


def long_in_words(seconds: float) -> str:
    """As in_words; from two days on in whole days of 24 hours, with the hours beside them, for these are worked."""
    if seconds < 2 * 24 * 3600:
        return in_words(seconds)
    days, hours = round(seconds / 86_400), f"{seconds / 3600:,.0f}"
    return ngettext("%(days)s day (%(hours)s hours)", "%(days)s days (%(hours)s hours)", days) % {
        "days": days,
        "hours": hours,
    }


def _minutes(minutes: float) -> str:
    return ngettext("%(n)s minute", "%(n)s minutes", 1 if minutes == 1 else 2) % {"n": f"{minutes:g}"}
