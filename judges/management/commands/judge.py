from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.management.studies import study_or_dataset
from annotations.models import Study
from jobs.workers.processes import WorkerEndedError, wait_with_bar
from judges.judging.chosen import ChosenPairsError, NamedPair, read_chosen
from judges.judging.lifecycle import (
    Asked,
    JudgingError,
    UnknownCriteriaError,
    cancel_judging,
    start_judging,
    start_judging_dataset,
)
from judges.judging.progress import progress_of
from judges.models import JudgingJob
from judges.records.problems import UnknownJudgeError
from judges.records.storing import find_judge
from models_runner.models import Dataset
from models_runner.systems.readiness import NotReadyError

REFUSALS = (UnknownJudgeError, NotReadyError, UnknownCriteriaError, JudgingError)
BY = "the command"
OPEN = (JudgingJob.Status.PENDING, JudgingJob.Status.RUNNING)


class Command(BaseCommand):
    help = "Ask a judge which summaries of a study, or of a dataset, are better, in workers; see docs/judges.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", nargs="?")
        parser.add_argument(
            "--dataset", default="", help="In place of a study: all that systems wrote on this dataset."
        )
        parser.add_argument("--instruction", default="", help="Of a dataset's summaries, if there are several.")
        parser.add_argument("--judge", required=True, help="A judge's name.")
        parser.add_argument("--criteria", default="", help="Separated by commas; all of the study's if not given.")
        parser.add_argument("--sample", type=int, help="Of this many pairs, or summaries, drawn at random.")
        parser.add_argument("--seed", type=int, default=0, help="Of the draw.")
        parser.add_argument(
            "--pairs",
            type=Path,
            help="A file of chosen pairs: CSV with document, first system, second system, or JSON Lines; see the docs.",
        )
        parser.add_argument("--limit", type=float, help="US dollars beyond which nothing is asked.")
        parser.add_argument("--cancel", action="store_true", help="Stop asking; answers stay.")
        parser.add_argument("--wait", action="store_true", help="Stay until all is asked.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["sample"] is not None and options["sample"] < 1:
            raise CommandError(f"--sample is {options['sample']}; expected 1 or more.")
        if options["limit"] is not None and not options["limit"] > 0:
            raise CommandError(f"--limit is {options['limit']}; expected US dollars, more than 0.")
        about = study_or_dataset(options["study"], options["dataset"], options["instruction"])
        try:
            job = self._cancelled(about, options) if options["cancel"] else self._started(about, options)
        except REFUSALS as error:
            raise CommandError(str(error)) from error
        if options["wait"]:
            self._wait(job)
        job.refresh_from_db()
        self._report(job)

    def _started(self, about: Study | Dataset, options: dict[str, Any]) -> JudgingJob:
        criteria = [key for key in options["criteria"].split(",") if key.strip()]
        chosen = _chosen(options["pairs"]) if options["pairs"] else None
        asked = Asked(criteria, options["sample"], options["seed"], chosen=chosen, cost_limit=options["limit"])
        judge = find_judge(options["judge"])
        if isinstance(about, Study):
            return start_judging(judge, about, asked, by=BY)
        return start_judging_dataset(judge, about, asked, instruction=options["instruction"], by=BY)

    def _cancelled(self, about: Study | Dataset, options: dict[str, Any]) -> JudgingJob:
        jobs = about.judging_jobs.filter(judge=find_judge(options["judge"]))
        if options["instruction"]:
            jobs = jobs.filter(instruction=options["instruction"])
        if not jobs:
            what = f"study {about.slug}" if isinstance(about, Study) else f"dataset {about.name}"
            raise CommandError(f"Judge {options['judge']} was never asked about {what}.")
        for job in jobs:
            cancel_judging(job)
        return jobs[0]

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


def _chosen(path: Path) -> list[NamedPair]:
    try:
        return read_chosen(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandError(f"Cannot read {path}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{path.name} is not UTF-8 text: {error.reason}.") from error
    except ChosenPairsError as error:
        raise CommandError(f"{path.name}: {error}") from error
