from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from jobs.workers.processes import WorkerEndedError, wait_with_bar
from models_runner.datasets.lookup import UnknownDatasetError, find_dataset
from models_runner.metrics.registry import METRICS, MetricUnavailableError, get_metric
from models_runner.models import ScoringJob
from models_runner.runs import lifecycle

FINISHED = (ScoringJob.Status.DONE, ScoringJob.Status.FAILED)


class Command(BaseCommand):
    help = "Compute metrics for the finished summaries of a dataset, in background workers; what is there stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dataset", required=True)
        parser.add_argument("--metrics", default=",".join(lifecycle.DEFAULT_METRICS), help="Names with commas between.")
        parser.add_argument("--wait", action="store_true", help="Stay until the work is done.")

    def handle(self, *args: Any, **options: Any) -> None:
        metrics = tuple(dict.fromkeys(name.strip() for name in options["metrics"].split(",") if name.strip()))
        if not metrics or (unknown := [name for name in metrics if name not in METRICS]):
            wrong = f"Unknown metric {unknown[0]!r}" if metrics else "No metric named"
            raise CommandError(f"{wrong}. Known metrics: {', '.join(METRICS)}.")
        _check_packages(metrics)
        try:
            dataset = find_dataset(options["dataset"])
        except UnknownDatasetError as error:
            raise CommandError(str(error)) from error
        runs = [run for run in dataset.runs.order_by("pk") if run.summaries.done().exists()]
        if not runs:
            raise CommandError(f"Dataset {dataset.name} has no finished summaries. Write some with generate.")
        jobs = [job for run in runs for job in lifecycle.request_scores(run, metrics, retry_failed=True)]
        if options["wait"]:
            self._wait(jobs)
        self.stdout.write(f"{len(jobs)} scoring jobs over {len(runs)} runs{'' if options['wait'] else ' are waiting'}.")

    def _wait(self, jobs: list[ScoringJob]) -> None:
        rows = ScoringJob.objects.filter(pk__in=[job.pk for job in jobs])

        def done() -> int:
            return rows.filter(status__in=FINISHED).count()

        try:
            wait_with_bar("metrics", "scoring", len(jobs), done, lambda: done() == len(jobs))
        except WorkerEndedError as error:
            raise CommandError(str(error)) from error
        failed = rows.filter(status=ScoringJob.Status.FAILED).first()
        if failed:
            raise CommandError(f"Metric {failed.metric} over run {failed.run_id}: {failed.failure_reason}")


def _check_packages(metrics: tuple[str, ...]) -> None:
    """Raise CommandError if a metric is a package's that cannot be used, before anything is asked for."""
    for name in metrics:
        if METRICS.is_own(name):
            continue
        try:
            get_metric(name)
        except MetricUnavailableError as error:
            raise CommandError(str(error)) from error
