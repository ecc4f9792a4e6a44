"""Load the project's own sample: ten meetings, four systems, and a study open for rating."""

from dataclasses import dataclass

from django.contrib.auth.models import User

from annotations.models import Study
from annotations.studies.setup import create_study
from models_runner.importing.sample import import_sample
from models_runner.models import Run, ScoringJob, Summary
from models_runner.runs import lifecycle
from models_runner.systems import catalog

DATASET = "sample-meetings"
STUDY = "demo"
SYSTEMS = ("lead-3", "lexrank", "smollm2-135m-instruct", "smollm2-135m-minutes")
INSTRUCTION = "medium"
GUIDELINES = (
    "Read the meeting, then both summaries. Which one would you rather have if you had missed the meeting? "
    "A summary that states something the meeting does not say is worse than one that leaves something out."
)


@dataclass(frozen=True)
class SampleProgress:
    """How many of the sample's summaries and scoring jobs have ended."""

    summaries: int
    summaries_total: int
    metrics: int
    metrics_total: int

    @property
    def complete(self) -> bool:
        return self.metrics >= self.metrics_total > 0 and self.summaries >= self.summaries_total


def load_sample(owner: User | None) -> Study:
    """Import the meetings, start the runs and open the study; what exists already is left as it is."""
    catalog.ensure_all()
    dataset = import_sample(DATASET).dataset
    systems = [catalog.ensure_system(slug) for slug in SYSTEMS]
    study = Study.objects.filter(slug=STUDY).first() or create_study(
        STUDY,
        dataset,
        systems,
        instruction=INSTRUCTION,
        criteria=("overall", "informativeness"),
        quota=3,
        title="Demo: ten sample meetings",
        guidelines=GUIDELINES,
        created_by=owner,
    )
    for system in systems:
        if not Run.objects.filter(system=system, dataset=dataset, instruction=INSTRUCTION).exists():
            lifecycle.start_run(system, dataset, instruction=INSTRUCTION)
    return study


def sample_progress() -> SampleProgress:
    """Count the sample's finished summaries and scoring jobs, failed ones included."""
    summaries = Summary.objects.filter(run__dataset__name=DATASET, run__system__slug__in=SYSTEMS)
    total = summaries.count()
    jobs = ScoringJob.objects.filter(run__dataset__name=DATASET, run__system__slug__in=SYSTEMS)
    return SampleProgress(
        summaries=total - summaries.unfinished().count(),
        summaries_total=total,
        metrics=jobs.filter(status__in=[ScoringJob.Status.DONE, ScoringJob.Status.FAILED]).count(),
        metrics_total=len(SYSTEMS) * len(lifecycle.DEFAULT_METRICS),
    )
