"""Making studies, their comparisons, and joining them."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import IntegrityError, transaction
from django.db.models import Count, Max, Q, QuerySet, Sum

from annotations.criteria import LIBRARY
from annotations.evidence import work as evidence
from annotations.models import Annotator, Comparison, Criterion, Study
from models_runner.models import Dataset, Summary, System


class StudySetupError(ValueError):
    """The settings do not make a study; the message names the setting."""


@transaction.atomic
def create_study(
    slug: str,
    dataset: Dataset,
    systems: Sequence[System],
    *,
    instruction: str = "medium",
    criteria: Sequence[str] = ("overall",),
    quota: int = 3,
    title: str = "",
    guidelines: str = "",
    created_by: User | None = None,
) -> Study:
    """An open study over every pair of these systems' summaries. Raises StudySetupError."""
    _check_setup(slug, systems, criteria, quota)
    study = Study.objects.create(
        slug=slug,
        title=title or slug,
        dataset=dataset,
        instruction=instruction,
        quota=quota,
        guidelines=guidelines,
        created_by=created_by,
        status=Study.Status.OPEN,
    )
    study.systems.set(systems)
    for position, key in enumerate(criteria):
        question, help_text = LIBRARY[key]
        Criterion.objects.create(study=study, key=key, question=question, help_text=help_text, position=position)
    build_comparisons(study)
    return study


def _check_setup(slug: str, systems: Sequence[System], criteria: Sequence[str], quota: int) -> None:
    try:
        validate_slug(slug)
    except ValidationError as error:
        raise StudySetupError(f"{slug!r} is no name for a study. Use letters, digits, - and _ only.") from error
    if Study.objects.filter(slug=slug).exists():
        raise StudySetupError(f"A study named {slug!r} exists. Choose another name.")
    if len({s.pk for s in systems}) != len(systems):
        raise StudySetupError("A system is named twice. Name each system once.")
    if len(systems) < 2:
        raise StudySetupError(f"A study compares at least 2 systems; {len(systems)} given.")
    if unknown := [key for key in criteria if key not in LIBRARY]:
        raise StudySetupError(f"Unknown criterion {unknown[0]!r}. Known: {', '.join(LIBRARY)}.")
    if not criteria or len(set(criteria)) != len(criteria):
        raise StudySetupError("Name at least one criterion, and each one once.")
    if quota < 1:
        raise StudySetupError(f"The quota is {quota}; at least 1 annotator must rate each comparison.")


def build_comparisons(study: Study) -> int:
    """Add a comparison for every pair of finished summaries that has none yet; returns how many were added."""
    by_unit: dict[tuple[int, int | None], dict[int, Summary]] = defaultdict(dict)
    for summary in comparable_summaries(study):
        # Rows come oldest first: of a system's summaries of one document the newest run's counts.
        by_unit[(summary.document_id, summary.query_id)][summary.run.system_id] = summary
    known = set(study.comparisons.values_list("summary_a_id", "summary_b_id"))
    known_systems = set(
        study.comparisons.values_list("document_id", "query_id", "summary_a__run__system", "summary_b__run__system")
    )
    new = []
    for (document_id, query_id), summaries in by_unit.items():
        for first, second in combinations(sorted(summaries.values(), key=lambda s: s.pk), 2):
            systems = (first.run.system_id, second.run.system_id)
            taken = {(document_id, query_id, *systems), (document_id, query_id, *reversed(systems))}
            if (first.pk, second.pk) in known or taken & known_systems:
                continue
            new.append(
                Comparison(
                    study=study,
                    document_id=document_id,
                    query_id=query_id,
                    summary_a=first,
                    summary_b=second,
                    quota=study.quota,
                    shuffle=_shuffle(study, first, second),
                )
            )
    Comparison.objects.bulk_create(new, ignore_conflicts=True, batch_size=500)
    if new:
        evidence.announce()
    return len(new)


def comparable_summaries(study: Study) -> Iterable[Summary]:
    """Finished, non-empty summaries by the study's systems on its dataset and instruction; texts not loaded."""
    return (
        Summary.objects.done()
        .exclude(text="")
        .filter(run__system__in=study.systems.all(), run__dataset=study.dataset_id, run__instruction=study.instruction)
        .select_related("run")
        .only("pk", "document_id", "query_id", "run__system_id")
        .order_by("run__created_at", "run_id", "pk")
    )


def _shuffle(study: Study, first: Summary, second: Summary) -> int:
    """A fixed number without order: comparisons of a document come in an order nobody can read a system from."""
    digest = hashlib.sha256(f"{study.seed}:{study.public_id}:{first.pk}:{second.pk}".encode()).digest()
    return int.from_bytes(digest[:3], "big")


@dataclass(frozen=True)
class Progress:
    """Judgement work of a study: comparisons, annotator places over all of them, and places rated."""

    comparisons: int
    places: int
    rated: int


def progress(study: Study) -> Progress:
    totals = study.comparisons.aggregate(n=Count("pk"), places=Sum("quota"))
    rated = study.annotators.aggregate(n=Count("assignments", filter=Q(assignments__state="done")))["n"]
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
    return study.annotators.annotate(rated=Count("assignments", filter=Q(assignments__state="done")))


def join(study: Study, *, user: User | None = None) -> Annotator:
    """A new annotator of the study, or the one this user already is."""
    if user is not None and (known := study.annotators.filter(user=user).first()):
        if known.left_at is not None:
            known.left_at = None
            known.save(update_fields=["left_at"])
        return known
    while True:
        number = (study.annotators.aggregate(last=Max("number"))["last"] or 0) + 1
        try:
            with transaction.atomic():
                return Annotator.objects.create(
                    study=study, number=number, pseudonym=f"annotator-{number:03d}", user=user
                )
        except IntegrityError:
            if user is not None and study.annotators.filter(user=user).exists():
                return study.annotators.get(user=user)
