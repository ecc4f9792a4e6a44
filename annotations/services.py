"""How far a study is, who rates in it, and joining it."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Count, Max, Q, QuerySet, Sum

from annotations.leases import come_back
from annotations.models import Annotator, Assignment, Invitation, Purpose, Remark, Study
from models_runner.models import Summary, System

RATED = Q(assignments__state=Assignment.State.DONE, assignments__comparison__purpose=Purpose.RATING)


@dataclass(frozen=True)
class Progress:
    """Rating work of a study: comparisons, annotator places over all of them, and places rated; gold left out."""

    comparisons: int
    places: int
    rated: int


def progress(study: Study) -> Progress:
    totals = study.comparisons.for_rating().aggregate(n=Count("pk"), places=Sum("quota"))
    # From the annotators, by whom and by state assignments are indexed.
    done = Assignment.objects.filter(annotator__study=study, state=Assignment.State.DONE)
    rated = done.filter(comparison__purpose=Purpose.RATING).count()
    return Progress(comparisons=totals["n"], places=totals["places"] or 0, rated=rated)


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


def annotators_with_counts(study: Study) -> QuerySet[Annotator]:
    """The study's annotators with `rated`, their finished comparisons."""
    return study.annotators.annotate(rated=Count("assignments", filter=RATED))


def newest_remarks(study: Study, limit: int = 100) -> QuerySet[Remark]:
    """What annotators said beside their answers, newest first."""
    remarks = Remark.objects.filter(assignment__comparison__study=study).exclude(kind="comment", text="")
    return remarks.select_related("assignment__annotator", "assignment__comparison__document").order_by("-pk")[:limit]


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
