"""Steps that start runs and metrics, and wait for the workers that do them."""

from dataclasses import dataclass

from django.db.models import Q

from jobs.workers.processes import WorkerEndedError, wait_with_bar
from models_runner.datasets.instructions import texts_of, version_of
from models_runner.models import Dataset, InstructionKind, Query, Run, ScoringJob, Summary, System
from models_runner.runs import lifecycle
from models_runner.systems.leakage import LeakageError
from models_runner.systems.readiness import NotReadyError, check_ready
from protocol.file.completing import RunKey
from protocol.running.work import Step, StepError, Work

ENDED = (Run.Status.DONE, Run.Status.FAILED, Run.Status.CANCELLED)
SETTLED = (ScoringJob.Status.DONE, ScoringJob.Status.FAILED)
REFUSALS = (NotReadyError, LeakageError, lifecycle.NothingToRunError)


@dataclass(frozen=True)
class StartRun(Step):
    key: RunKey
    instruction: str
    slug: str

    @property
    def title(self) -> str:
        dataset, split, _limit, _force = self.key
        return f"run of {self.slug} on {dataset}{f', {split}' if split else ''} ({self.instruction})"

    def run(self) -> Run | None:
        runs = Run.objects.filter(system__slug=self.slug, dataset__name=self.key[0], split=self.key[1])
        return runs.filter(instruction=self.instruction).select_related("system", "dataset").first()

    def wanted(self) -> int:
        """Return how many summaries the run is to have."""
        name, split, limit, _ = self.key
        dataset = Dataset.objects.filter(name=name).first()
        if dataset is None:
            return 0
        documents = dataset.documents.filter(Q(split=split) if split else Q()).order_by("position")
        if self.instruction != InstructionKind.QUERY:
            return min(documents.count(), limit or documents.count())
        return Query.objects.filter(document__in=list(documents.values_list("pk", flat=True)[:limit])).count()

    def is_done(self, work: Work) -> bool:
        """Whether all its summaries are there or wait for a worker. Raises StepError if it was asked in other words."""
        run = self.run()
        if run is None:
            return False
        if work.keep:
            return True
        words = work.protocol.instructions[self.instruction]
        if texts_of(self.instruction, run.instruction_version) != words:
            raise StepError(f"The {self.title} is there and was asked in other words than the file's.")
        if run.status == Run.Status.CANCELLED or run.summaries.filter(status=Summary.Status.FAILED).exists():
            return not work.retry
        return run.summaries.count() >= self.wanted()

    def blocked(self, work: Work) -> str:
        """Say what the system needs before it can run; "" if nobody knows of anything."""
        system = System.objects.filter(slug=self.slug).first()
        part = work.protocol.systems.get(self.slug)
        if system is None and part is not None:
            system = System(slug=self.slug, **part.model_dump(exclude={"base"}))
        try:
            check_ready(system) if system else None
        except NotReadyError as error:
            return str(error)
        return ""

    def do(self, work: Work) -> str:
        run = self.run()
        if run is not None and work.retry:
            lifecycle.retry_failed(run)
        name, split, limit, force = self.key
        version = version_of(self.instruction, work.protocol.instructions[self.instruction])
        try:
            run = lifecycle.start_run(
                System.objects.get(slug=self.slug),
                Dataset.objects.get(name=name),
                split=split,
                instruction=self.instruction,
                limit=limit,
                force=force,
                instruction_version=version,
            )
        except REFUSALS as error:
            raise StepError(f"The {self.title}: {error}") from error
        return f"started: {run.summaries.count():,} summaries"


def wait_for_runs(runs: list[Run]) -> list[str]:
    """Wait until the runs have ended; return what failed. Raises StepError if a worker ended."""

    def ended() -> bool:
        return not Run.objects.filter(pk__in=[run.pk for run in runs]).exclude(status__in=ENDED).exists()

    summaries = Summary.objects.filter(run__in=runs)
    if not ended():
        _wait("generation", "summaries", summaries.count(), lambda: summaries.exclude(status__in=_OPEN).count(), ended)
    failed = summaries.filter(status=Summary.Status.FAILED)
    reasons = failed.order_by("run", "pk").values_list("run__system__slug", "document__external_id", "failure_reason")
    cancelled = Run.objects.filter(pk__in=[run.pk for run in runs], status=Run.Status.CANCELLED)
    return [
        *(f"{slug} on {document}: {reason}" for slug, document, reason in reasons),
        *(f"{run}: {run.failure_reason}" for run in cancelled.select_related("system", "dataset")),
    ]


_OPEN = (Summary.Status.PENDING, Summary.Status.RUNNING)


def wait_for_scores(runs: list[Run], metrics: list[str], *, retry: bool) -> list[str]:
    """Ask for the metrics that are missing, and wait for them; return what failed."""
    for run in runs:
        if not run.summaries.done().exists():
            continue
        jobs = run.scoring_jobs.exclude(status=ScoringJob.Status.FAILED) if retry else run.scoring_jobs.all()
        asked = set(jobs.values_list("metric", flat=True))
        if missing := tuple(metric for metric in metrics if metric not in asked):
            lifecycle.request_scores(run, missing)
    wanted = ScoringJob.objects.filter(run__in=runs, metric__in=metrics)

    def settled() -> int:
        return wanted.filter(status__in=SETTLED).count()

    total = wanted.count()
    if settled() < total:
        _wait("metrics", "metrics", total, settled, lambda: settled() == total)
    failed = wanted.filter(status=ScoringJob.Status.FAILED).select_related("run__system", "run__dataset")
    return [f"{job.metric} of {job.run}: {job.failure_reason}" for job in failed]


def _wait(queue: str, what: str, total: int, done: object, finished: object) -> None:
    try:
        wait_with_bar(queue, what, total, done, finished)  # type: ignore[arg-type]
    except WorkerEndedError as error:
        raise StepError(str(error)) from error
