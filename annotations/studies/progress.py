"""Progress of studies: pairs rated, and summaries that are still being written."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet, Sum

from annotations.models import Annotator, Assignment, Comparison, Judgement, JudgementQuerySet, Purpose, Study
from models_runner.models import Summary, System

CHUNK = 10_000
MS_A_MINUTE = 60_000


@dataclass(frozen=True)
class StudyCompletion:
    """Progress of a study's rating pairs; gold and training pairs are not among them.

    A rating is all that one annotator answered about a pair, and a vote one answer to one question. Ratings fill
    places, also those of annotators who are excluded later; counted_votes has the votes that boards count.

    Attributes:
        comparisons: Number of pairs.
        places: Ratings wanted over all pairs.
        rated: Ratings done.
        imported: Places of those who rated elsewhere.
    """

    comparisons: int
    places: int
    rated: int
    imported: int = 0


def study_progress(study: Study) -> StudyCompletion:
    return progress_by_study([study])[study.pk]


def progress_by_study(studies: Iterable[Study]) -> dict[int, StudyCompletion]:
    """Compute the progress of several studies in two queries.

    A place that is taken is rated or being rated. So the ratings, of which there may be a million, need not be counted:
    the few that are under way are subtracted from the places that are taken.
    """
    ids = [study.pk for study in studies]
    compared = Comparison.objects.for_rating().filter(study__in=ids).order_by()
    figures = {"n": Count("pk"), "places": Sum("quota"), "taken": Sum("taken"), "elsewhere": Sum("imported")}
    totals = {study: more for study, *more in compared.values_list("study").annotate(**figures)}
    leased = Assignment.objects.for_rating().filter(annotator__study__in=ids, state=Assignment.State.LEASED)
    under_way = dict(leased.order_by().values_list("annotator__study").annotate(n=Count("pk")))
    return {
        study: StudyCompletion(comparisons, places, taken - under_way.get(study, 0), imported)
        for study in ids
        for comparisons, places, taken, imported in [totals.get(study, (0, 0, 0, 0))]
    }


def counted_votes(studies: Iterable[Study]) -> Counter[int]:
    """Count the votes on each question, by its key: answers that count on boards, as JudgementQuerySet.counted says."""
    ids = [study.pk for study in studies]
    return counted_by("criterion", Judgement.objects.filter(criterion__study__in=ids), ids)


def counted_by(what: Any, given: JudgementQuerySet, studies: Sequence[int]) -> Counter[Any]:
    """Count those answers that count on boards, by a column or an expression.

    The few that do not count are subtracted, in a query for each reason; joining every answer to its pair and annotator
    would take seconds in a large study. Reasons are tried in turn, so that none is subtracted twice.

    Args:
        given: Answers in these studies, whether they count or not.
    """
    control = Comparison.objects.filter(study__in=studies).exclude(purpose=Purpose.RATING)
    excluded = Annotator.objects.excluded().filter(study__in=studies)
    on_control = Q(assignment__comparison__in=control)
    # By state, which has an index; who holds no place has given it back or skipped.
    given_back = Q(assignment__state__in=[Assignment.State.EXPIRED, Assignment.State.SKIPPED])
    left_out = (
        given.filter(on_control),
        given.filter(given_back, assignment__annotator__study__in=studies).exclude(on_control),
        given.filter(assignment__annotator__in=excluded).exclude(given_back).exclude(on_control),
    )
    counts = _counted(what, given)
    for votes in left_out:
        counts.subtract(_counted(what, votes))
    return counts


def _counted(what: Any, votes: JudgementQuerySet) -> Counter[Any]:
    by = votes.order_by().annotate(what=F(what) if isinstance(what, str) else what).values_list("what")
    return Counter(dict(by.annotate(n=Count("pk"))))


def more_is_coming(study: Study) -> bool:
    """Return True while a run that this study compares is still writing summaries."""
    return (
        Summary.objects.unfinished()
        .filter(run__dataset=study.dataset_id, run__instruction=study.instruction, run__system__in=study.systems.all())
        .exists()
    )


def coverage(study: Study) -> list[tuple[System, int]]:
    """List the study's systems with the number of documents or queries that each has summarized."""
    done = Count("pk", filter=Q(status=Summary.Status.DONE), distinct=True)
    counts = dict(
        Summary.objects.filter(run__dataset=study.dataset_id, run__instruction=study.instruction)
        .order_by()
        .values_list("run__system_id")
        .annotate(done=done)
    )
    return [(system, counts.get(system.pk, 0)) for system in study.systems.all()]


def rated_counts(annotators: Iterable[Annotator]) -> Counter[int]:
    """Count finished rating pairs by annotator, in one query.

    The few pairs that are not for rating are looked up: joining every assignment to its pair takes ten times as long.
    """
    rows = list(annotators)
    control = Comparison.objects.filter(study__in={row.study_id for row in rows}).exclude(purpose=Purpose.RATING)
    done = Assignment.objects.filter(annotator__in=[row.pk for row in rows], state=Assignment.State.DONE)
    rated = done.exclude(comparison__in=control.order_by())
    return Counter(dict(rated.order_by().values_list("annotator").annotate(n=Count("pk"))))


def minutes_worked(assignments: QuerySet[Assignment]) -> dict[int, float]:
    """Sum the minutes of work by annotator; a pair's time is that of its last answer, which is cumulative."""
    done = assignments.filter(state=Assignment.State.DONE).values_list("pk", "annotator")
    minutes: dict[int, float] = defaultdict(float)
    for _pk, annotator_id, ms in done.annotate(ms=Max("judgements__active_ms")).iterator(CHUNK):
        if ms is not None:
            minutes[annotator_id] += ms / MS_A_MINUTE
    return minutes
