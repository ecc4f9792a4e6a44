"""What the first page lists for researchers: systems of use first, and the steps to a decision of their own."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from accounts.rights import rights_of
from annotations.models import Annotator, Judgement, Study
from annotations.web.access import visible_studies
from evalsite.example.study import DATASET as EXAMPLE_DATASET
from evalsite.sample import DATASET as SAMPLE_DATASET
from evalsite.sample import STUDY as SAMPLE_STUDY
from models_runner.models import Dataset, Run, Summary, System
from models_runner.systems.readiness import silent_endpoints, system_needs


@dataclass(frozen=True)
class OverviewSystem:
    """A system as the overview shows it.

    Attributes:
        runs: How many it has.
        needs: What it needs before it can run here; "" if nothing.
        is_silent: Whether its endpoint did not answer in its newest run.
    """

    system: System
    runs: int
    needs: str
    is_silent: bool

    @property
    def is_imported(self) -> bool:
        """Whether its summaries were made elsewhere, so that it never runs."""
        return self.system.adapter == "imported"


@dataclass(frozen=True)
class NextStep:
    """A step to a decision, with the page where it is done."""

    text: str
    done: bool
    address: str


def system_rows(shown: int) -> list[OverviewSystem]:
    """List the systems that have been used or can run here before all others, newest first among equals.

    Those whose summaries were made elsewhere come after the ones that can run.
    """
    systems = System.objects.annotate(
        run_count=Count("runs"), written=Exists(Summary.objects.done().filter(run__system=OuterRef("pk")))
    ).order_by("-created_at", "-pk")
    silent = silent_endpoints(systems)
    rows = [
        OverviewSystem(
            system, system.run_count, system_needs(system, has_summaries=system.written), system.pk in silent
        )
        for system in systems
    ]
    return sorted(rows, key=_usefulness)[:shown]


def _usefulness(row: OverviewSystem) -> tuple[bool, bool, bool]:
    ready = not row.needs and not row.is_imported
    return not (ready or row.runs), not ready, row.runs == 0


def next_steps(user: User) -> list[NextStep]:
    """List the steps from one's own meetings to a decision, or nothing once all are done.

    They tell of this person's imports and studies, with what others did for these; of an administrator, the whole
    site's. The sample and the example tick off none of them.
    """
    studies = _own_studies(user)
    own, newest = _own_datasets(user, studies), studies.first()
    rating = reverse("studies") if newest is None else newest.get_absolute_url()
    verdict = reverse("studies") if newest is None else reverse("board", args=[newest.slug])
    rated = Judgement.objects.counted().filter(assignment__comparison__study__in=studies)
    steps = [
        NextStep("Import your own meetings", own.exists(), reverse("import_meetings")),
        NextStep(
            "Have two systems summarize them",
            _two_systems(Run.objects.filter(dataset__in=own)),
            reverse("runs") + "#start",
        ),
        NextStep("Open a study over the summaries", newest is not None, reverse("new-study")),
        NextStep("Invite people to rate", Annotator.objects.filter(study__in=studies).exists(), rating),
        NextStep("Read the verdict on the leaderboard", rated.exists(), verdict),
    ]
    return [] if all(step.done for step in steps) else steps


def _own_studies(user: User) -> QuerySet[Study]:
    return visible_studies(user).filter(simulated=False).exclude(slug=SAMPLE_STUDY)


def _own_datasets(user: User, studies: QuerySet[Study]) -> QuerySet[Dataset]:
    """Select what the person imported, or compares in a study; for an administrator, what anybody did."""
    datasets = Dataset.objects.exclude(name__in=[SAMPLE_DATASET, EXAMPLE_DATASET])
    if rights_of(user).manage_accounts:
        return datasets
    return datasets.filter(Q(imported_by=user.get_username()) | Q(pk__in=studies.values("dataset")))


def _two_systems(runs: QuerySet[Run]) -> bool:
    return len(runs.order_by().values_list("system", flat=True).distinct()[:2]) == 2
