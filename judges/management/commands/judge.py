from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.management.studies import study_named
from annotations.models import Study
from jobs.processes import WorkerEndedError, wait_with_bar
from judges.judging.lifecycle import Asked, JudgingError, UnknownCriteriaError, cancel_judging, start_judging
from judges.judging.progress import progress_of
from judges.models import JudgingJob
from judges.records.problems import UnknownJudgeError
from judges.records.storing import find_judge
from models_runner.systems.readiness import NotReadyError

REFUSALS = (UnknownJudgeError, NotReadyError, UnknownCriteriaError, JudgingError)
OPEN = (JudgingJob.Status.PENDING, JudgingJob.Status.RUNNING)


class Command(BaseCommand):
    help = "Ask a judge which of a study's summaries are better, in background workers; see docs/judges.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study")
        parser.add_argument("--judge", required=True, help="A judge's name.")
        parser.add_argument("--criteria", default="", help="Separated by commas; all of the study's if not given.")
        parser.add_argument("--sample", type=int, help="Of this many pairs, or summaries, drawn at random.")
        parser.add_argument("--seed", type=int, default=0, help="Of the draw.")
        parser.add_argument("--limit", type=float, help="US dollars beyond which nothing is asked.")
        parser.add_argument("--cancel", action="store_true", help="Stop asking; answers stay.")
        parser.add_argument("--wait", action="store_true", help="Stay until all is asked.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["sample"] is not None and options["sample"] < 1:
            raise CommandError(f"--sample is {options['sample']}; expected 1 or more.")
        if options["limit"] is not None and not options["limit"] > 0:
            raise CommandError(f"--limit is {options['limit']}; expected US dollars, more than 0.")
        study = study_named(options["study"])
        try:
            job = self._cancelled(study, options) if options["cancel"] else self._started(study, options)
        except REFUSALS as error:
            raise CommandError(str(error)) from error
        if options["wait"]:
            self._wait(job)
        job.refresh_from_db()
        self._report(job)

    def _started(self, study: Study, options: dict[str, Any]) -> JudgingJob:
        criteria = [key for key in options["criteria"].split(",") if key.strip()]
        asked = Asked(criteria, options["sample"], options["seed"], cost_limit=options["limit"])
        return start_judging(find_judge(options["judge"]), study, asked, by="the command")

    def _cancelled(self, study: Study, options: dict[str, Any]) -> JudgingJob:
        job = JudgingJob.objects.filter(study=study, judge=find_judge(options["judge"])).first()
        if job is None:
            raise CommandError(f"Judge {options['judge']} was never asked about study {study.slug}.")
        cancel_judging(job)
        return job

    def _wait(self, job: JudgingJob) -> None:
        def finished() -> bool:
            job.refresh_from_db(fields=["status"])
            return job.status not in OPEN

        try:
            wait_with_bar("generation", str(job), job.verdicts.count(), lambda: job.verdicts.done().count(), finished)
        except WorkerEndedError as error:
            raise CommandError(str(error)) from error

    def _report(self, job: JudgingJob) -> None:
        now = progress_of(job)
        self.stdout.write(
            f"{job}: {now.answered} of {now.total} questions answered, {now.no_verdict} without a verdict, "
            f"{now.left} to ask."
        )
        cost = "" if now.dollars is None else f", {now.dollars:.4f} US dollars"
        self.stdout.write(f"{now.prompt_tokens:,} tokens read, {now.output_tokens:,} written{cost}.")
        if job.status in (JudgingJob.Status.FAILED, JudgingJob.Status.STOPPED):
            raise CommandError(job.failure_reason)
