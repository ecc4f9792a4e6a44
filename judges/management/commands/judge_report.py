import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tabulate import tabulate

from annotations.management.studies import study_or_dataset
from annotations.models import Study
from judges.judging.wording import UnknownCriteriaError, asked_criteria
from judges.models import Judge
from judges.records.problems import UnknownJudgeError
from judges.records.storing import find_judge
from judges.report.figures import Figures, dataset_report, judge_report
from judges.report.words import stand_in
from models_runner.models import Dataset

SHARES = (
    *("agreement", "human_agreement", "accuracy_where_people_agree", "flip_rate", "first_position_share"),
    *("length_bias", "family_bias", "consistency", "ece"),
)


class Command(BaseCommand):
    help = "Say how a judge's verdicts on a study, or a dataset, agree with people's votes, and what biases they show."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", nargs="?")
        parser.add_argument("--dataset", default="", help="In place of a study: what it says of a dataset's summaries.")
        parser.add_argument("--instruction", default="", help="Of a dataset's summaries, if there are several.")
        parser.add_argument("--judge", required=True)
        parser.add_argument("--criterion", default="", help="The study's first if not given.")
        parser.add_argument("--format", choices=["table", "json"], default="table")

    def handle(self, *args: Any, **options: Any) -> None:
        about = study_or_dataset(options["slug"], options["dataset"], options["instruction"])
        try:
            judge = find_judge(options["judge"])
            report = (
                _of_study(judge, about, options) if isinstance(about, Study) else _of_dataset(judge, about, options)
            )
        except (UnknownJudgeError, UnknownCriteriaError) as error:
            raise CommandError(str(error)) from error
        if options["format"] == "json":
            self.stdout.write(json.dumps(report, ensure_ascii=False, indent=2))
        else:
            self.stdout.write(_as_text(report))


def _of_study(judge: Judge, study: Study, options: dict[str, Any]) -> Figures:
    criteria = asked_criteria(study, [options["criterion"]] if options["criterion"] else [])
    if not criteria:
        raise CommandError(f"Study {study.slug} asks no question.")
    return judge_report(judge, criteria[0])


def _of_dataset(judge: Judge, dataset: Dataset, options: dict[str, Any]) -> Figures:
    jobs = dataset.judging_jobs.filter(judge=judge).select_related("judge", "dataset").order_by("pk")
    job = (jobs.filter(instruction=options["instruction"]) if options["instruction"] else jobs).first()
    if job is None:
        raise CommandError(f"Judge {judge.name} was never asked about dataset {dataset.name}.")
    criterion = options["criterion"] or next(iter(job.rubrics))
    if criterion not in job.rubrics:
        raise CommandError(
            f"Judge {judge.name} was not asked about {criterion!r}; it was about {', '.join(job.rubrics)}."
        )
    return dataset_report(job, criterion)


def _as_text(report: Figures) -> str:
    lines = [
        f"Judge {report['judge']} on {report['study']}, {report['criterion']}: {report['pairs']} pairs with a verdict, "
        f"{report['no_verdict']} of {report['verdicts']} answers without one.",
        *report["states"],
        stand_in(report),
        "",
    ]
    rows = [(name.replace("_", " "), _in_words(report[name]), report[name]["n"]) for name in SHARES]
    return "\n".join([*lines, tabulate(rows, headers=("figure", "value and 95 % interval", "of"), tablefmt="plain")])


def _in_words(share: Figures) -> str:
    if share["value"] is None:
        return f"— ({share['reason']})"
    interval = "" if share["lower"] is None else f" [{share['lower']:.3f}, {share['upper']:.3f}]"
    return f"{share['value']:.3f}{interval}"
