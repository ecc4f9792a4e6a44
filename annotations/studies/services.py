"""How far a study is, who rates in it, and joining it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Count, Max, Q, QuerySet, Sum

from annotations.models import Annotator, Assignment, Comparison, Invitation, Purpose, Remark, Study
from annotations.rating.leases import come_back
from models_runner.models import Summary, System


@dataclass(frozen=True)
class Progress:
    """Rating work of a study: comparisons, annotator places over all of them, and places rated; gold left out."""

    comparisons: int
    places: int
    rated: int


def progress(study: Study) -> Progress:
    return progress_by_study([study])[study.pk]


def progress_by_study(studies: Iterable[Study]) -> dict[int, Progress]:
    """Two queries, however many studies they are."""
    ids = [study.pk for study in studies]
    compared = Comparison.objects.for_rating().filter(study__in=ids).order_by()
    totals = {
        study: more for study, *more in compared.values_list("study").annotate(n=Count("pk"), places=Sum("quota"))
    }
    # From the annotators, by whom and by state assignments are indexed.
    done = Assignment.objects.filter(annotator__study__in=ids, state=Assignment.State.DONE)
    rated = done.filter(comparison__purpose=Purpose.RATING).order_by()
    counts = dict(rated.values_list("annotator__study").annotate(n=Count("pk")))
    return {
        study: Progress(comparisons, places, counts.get(study, 0))
        for study in ids
        for comparisons, places in [totals.get(study, (0, 0))]
    }


def more_is_coming(study: Study) -> bool:
    """True while a run that this study compares still writes summaries."""
    return (
        Summary.objects.unfinished()
        .filter(run__dataset=study.dataset_id, run__instruction=study.instruction, run__system__in=study.systems.all())
        .exists()
    )


def coverage(study: Study) -> list[tuple[System, int]]:
    """The study's systems with the number of documents or queries each has a summary for."""
    done = Count("pk", filter=Q(status=Summary.Status.DONE), distinct=True)
    counts = dict(
        Summary.objects.filter(run__dataset=study.dataset_id, run__instruction=study.instruction)
        .order_by()
        .values_list("run__system_id")
        .annotate(done=done)
    )
    return [(system, counts.get(system.pk, 0)) for system in study.systems.all()]


def rated_counts(annotators: Iterable[Annotator]) -> Counter[int]:
    """Finished comparisons by annotator; one query for all of them."""
    rated = Assignment.objects.filter(
        annotator__in=[one.pk for one in annotators],
        state=Assignment.State.DONE,
        comparison__purpose=Purpose.RATING,
    )
    return Counter(dict(rated.order_by().values_list("annotator").annotate(n=Count("pk"))))


def newest_remarks(study: Study, *, kind: str = "", find: str = "") -> QuerySet[Remark]:
    """What annotators said beside their answers, newest first. find: in the words, the pseudonym or the document."""
    remarks = Remark.objects.standing().filter(assignment__annotator__study=study)
    if kind:
        remarks = remarks.filter(kind=kind)
    if find:
        where = ("text", "assignment__annotator__pseudonym", "assignment__comparison__document__external_id")
        remarks = remarks.filter(reduce(or_, (Q(**{f"{place}__icontains": find}) for place in where)))
    return remarks.select_related("assignment__annotator", "assignment__comparison__document").order_by("-pk")


def join(
    study: Study, *, user: User | None = None, invitation: Invitation | None = None, external_id: str = ""
) -> Annotator:
    """A new annotator of the study, or the one this user already is."""
    if user is not None and (known := study.annotators.filter(user=user).first()):
        come_back(known)
        return known
    while True:
        number = (study.annotators.aggregate(last=Max("number"))["last"] or 0) + 1
        who = {"user": user, "invitation": invitation, "external_id": external_id}
        try:
            with transaction.atomic():
                return Annotator.objects.create(study=study, number=number, pseudonym=f"annotator-{number:03d}", **who)
        except IntegrityError:
            if known := _joined_meanwhile(study, user, external_id):
                return known


def _joined_meanwhile(study: Study, user: User | None, external_id: str) -> Annotator | None:
    themselves = study.annotators.none()
    if user is not None:
        themselves |= study.annotators.filter(user=user)
    if external_id:
        themselves |= study.annotators.filter(external_id=external_id)
    return themselves.first()
