"""Fill an empty database: one huge study, many usual ones, their people, texts, scores, comments and gold."""

import random
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from benchmarks.parts import stored

HUGE = "huge"
QUOTA = 2
# Of the huge study. 32 systems make 496 pairs of each document.
SYSTEMS = 32
PAIRS_A_DOCUMENT = SYSTEMS * (SYSTEMS - 1) // 2
# Of the dataset of all other studies, whose pairs have three votes each.
OTHER_SYSTEMS = 10
OTHER_PAIRS = OTHER_SYSTEMS * (OTHER_SYSTEMS - 1) // 2
OTHER_QUOTA = 3
LARGE = 8_000_000_000
SMALL = 1_000_000_000
# One in so many pairs has a comment, and one in so many annotators is left out.
COMMENTED, EXCLUDED = 100, 50
GOLD = 40
METRICS = {"rouge": ("rouge1", "rouge2", "rougeL"), "length": ("words",)}


@dataclass(frozen=True)
class Size:
    """How much is stored.

    Attributes:
        votes: In all studies; half of them in the huge one.
        comparisons: Of the huge study, about so many.
        summaries: In all, about so many.
        annotators: In all studies; half of them in the huge one.
        studies: The huge one among them.
    """

    votes: int
    comparisons: int
    summaries: int
    annotators: int
    studies: int

    @property
    def documents(self) -> int:
        """Documents of the huge study."""
        return max(self.comparisons // PAIRS_A_DOCUMENT, 1)

    @property
    def other_documents(self) -> int:
        """Documents of the others, so that all summaries come to what was asked and a study's votes find a place."""
        fitting = self.votes // (2 * max(self.studies - 1, 1) * OTHER_QUOTA * OTHER_PAIRS) + 1
        return max((self.summaries - self.documents * SYSTEMS) // OTHER_SYSTEMS, fitting)


def fill(size: Size) -> Any:
    """Store it all; return the huge study."""
    from models_runner.models import Dataset

    dataset = Dataset.objects.create(name=HUGE)
    systems = _systems(dataset, SYSTEMS)
    stored.fill_dataset(dataset, size.documents, seed=1)
    _store_scores(dataset)
    study = _study(HUGE, dataset, systems, QUOTA, "open")
    people = stored.add_annotators(study, size.annotators // 2)
    stored.store_votes(study, dataset, people, size.votes // 2, QUOTA)
    _store_free_pairs(study, dataset, size.votes // 2 // QUOTA)
    _add_comments_and_exclusions(study)
    _add_gold(study)
    _fill_others(size)
    stored.settle_database()
    return study


def _fill_others(size: Size) -> None:
    from models_runner.models import Dataset

    if size.studies < 2:
        return
    dataset = Dataset.objects.create(name="usual")
    systems = _systems(dataset, OTHER_SYSTEMS)
    stored.fill_dataset(dataset, size.other_documents, seed=2)
    others = size.studies - 1
    for number in range(others):
        study = _study(f"usual-{number}", dataset, systems, OTHER_QUOTA, "open")
        people = stored.add_annotators(study, max(size.annotators // 2 // others, OTHER_QUOTA))
        stored.store_votes(study, dataset, people, size.votes // 2 // others, OTHER_QUOTA)


def _systems(dataset: Any, number: int) -> list[Any]:
    from models_runner.models import System

    runs = stored.make_runs(dataset, (f"{dataset.name}-{n:02d}" for n in range(number)))
    systems = System.objects.filter(pk__in=[run.system_id for run in runs])
    half = list(systems.order_by("pk").values_list("pk", flat=True)[: number // 2])
    systems.update(parameters=LARGE)
    systems.filter(pk__in=half).update(parameters=SMALL)
    return list(systems.order_by("pk"))


def _study(slug: str, dataset: Any, systems: Sequence[Any], quota: int, status: str) -> Any:
    from annotations.models import Criterion, Study

    study = Study.objects.create(slug=slug, title=slug, dataset=dataset, quota=quota, status=status)
    study.systems.set(systems)
    Criterion.objects.create(study=study, key="overall", question="Which summary is better overall?", position=0)
    return study


def _store_scores(dataset: Any) -> None:
    from models_runner.models import MetricSignature, Score, Summary

    dice = random.Random(3)
    summaries = list(Summary.objects.filter(run__dataset=dataset).order_by("pk").values_list("pk", flat=True))
    for metric, names in METRICS.items():
        signature = MetricSignature.objects.create(metric=metric, text=f"{metric}|scale")
        rows = ((pk, signature.pk, name, dice.random()) for pk in summaries for name in names)
        stored.insert_rows(Score, ("summary_id", "signature_id", "name", "value"), rows)


def _store_free_pairs(study: Any, dataset: Any, taken: int) -> None:
    """Store the pairs that nobody has rated: all but the first of them, which have votes."""
    from annotations.models import Comparison

    dice = random.Random(4)
    columns = ("study_id", "document_id", "summary_a_id", "summary_b_id", "shuffle", "quota", "taken")
    pairs = stored._summary_pairs(dataset)[taken:]
    stored.insert_rows(Comparison, columns, ((study.pk, *pair, dice.getrandbits(24), QUOTA, 0) for pair in pairs))


def _add_comments_and_exclusions(study: Any) -> None:
    from django.utils import timezone

    from annotations.models import Annotator, Assignment, Remark

    out = study.annotators.filter(number__in=range(EXCLUDED, study.annotators.count() + 1, EXCLUDED))
    out.update(excluded_at=timezone.now(), exclusion_reason="Left out to fill the page.")
    assert Annotator.objects.excluded().filter(study=study).exists() == out.exists()
    rated = Assignment.objects.filter(annotator__study=study).order_by("pk").values_list("pk", "completed_at")
    columns = ("assignment_id", "kind", "text", "client_key", "created_at")
    stored.insert_rows(Remark, columns, list(_comments(rated.iterator(10_000))))


def _comments(rated: Iterable[tuple[int, Any]]) -> Iterator[tuple[Any, ...]]:
    for number, (assignment, at) in enumerate(rated):
        if number % COMMENTED == 0:
            text = f"The second one leaves out what was decided ({number})."
            yield assignment, "comment", text, uuid.uuid4(), at + timedelta(seconds=1)


def _add_gold(study: Any) -> None:
    from annotations.gold.items import ControlItemSpec, make_control_item

    free = study.comparisons.filter(taken=0).order_by("-pk")
    for comparison in free[: min(GOLD, free.count() // 2)]:
        make_control_item(comparison, ControlItemSpec("gold", {"overall": ["a"]}), None)
