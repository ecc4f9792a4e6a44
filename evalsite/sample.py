"""Load the project's own sample, which protocols/sample.yaml describes: ten meetings, four systems, an open study."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.contrib.auth.models import User

from annotations.models import Study
from models_runner.models import ScoringJob, Summary
from models_runner.systems import catalog
from protocol.file.reading import read_protocol_file
from protocol.file.schema import Protocol
from protocol.running.run import begin
from protocol.running.work import Work

FILE = settings.BASE_DIR / "protocols" / "sample.yaml"
# As in the file; known without reading it, because pages ask for them. A test holds the two together.
DATASET = "sample-meetings"
STUDY = "demo"
SYSTEMS = ("lead-3", "lexrank", "smollm2-135m-instruct", "smollm2-135m-minutes")
INSTRUCTION = "medium"


@dataclass(frozen=True)
class SampleProgress:
    """How many of the sample's summaries and scoring jobs have ended, without those that were cancelled."""

    summaries: int
    summaries_total: int
    metrics: int
    metrics_total: int

    @property
    def complete(self) -> bool:
        return self.metrics >= self.metrics_total > 0 and self.summaries >= self.summaries_total


@cache
def sample_protocol() -> Protocol:
    return read_protocol_file(FILE)


def load_sample(owner: User | None) -> Study:
    """Import the meetings, open the study and start the runs; what exists already is left as it is."""
    catalog.ensure_all()
    return begin(Work(sample_protocol(), FILE.parent, by=owner, keep=True))


def sample_progress() -> SampleProgress:
    """Count the sample's finished summaries and scoring jobs: failed ones too, cancelled ones not."""
    summaries = Summary.objects.filter(run__dataset__name=DATASET, run__system__slug__in=SYSTEMS)
    jobs = ScoringJob.objects.filter(run__dataset__name=DATASET, run__system__slug__in=SYSTEMS)
    return SampleProgress(
        summaries=summaries.filter(status__in=[Summary.Status.DONE, Summary.Status.FAILED]).count(),
        summaries_total=summaries.count(),
        metrics=jobs.filter(status__in=[ScoringJob.Status.DONE, ScoringJob.Status.FAILED]).count(),
        metrics_total=len(SYSTEMS) * len(sample_protocol().metrics),
    )
