import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tabulate import tabulate

from annotations.management.studies import study_named
from judges.judging.wording import UnknownCriteriaError, asked_criteria
from judges.records.problems import UnknownJudgeError
from judges.records.storing import find_judge
from judges.report.figures import Figures, judge_report
from judges.report.words import stand_in

SHARES = (
    *("agreement", "human_agreement", "accuracy_where_people_agree", "flip_rate", "first_position_share"),
    *("length_bias", "family_bias", "consistency", "ece"),
)


class Command(BaseCommand):
    help = "Say how a judge's verdicts on a study agree with people's votes, and what biases they show."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--judge", required=True)
        parser.add_argument("--criterion", default="", help="The study's first if not given.")
        parser.add_argument("--format", choices=["table", "json"], default="table")

    def handle(self, *args: Any, **options: Any) -> None:
        study = study_named(options["slug"])
        try:
            judge = find_judge(options["judge"])
            criteria = asked_criteria(study, [options["criterion"]] if options["criterion"] else [])
        except (UnknownJudgeError, UnknownCriteriaError) as error:
            raise CommandError(str(error)) from error
        if not criteria:
            raise CommandError(f"Study {study.slug} asks no question.")
        report = judge_report(judge, criteria[0])
        if options["format"] == "json":
            self.stdout.write(json.dumps(report, ensure_ascii=False, indent=2))
        else:
            self.stdout.write(_as_text(report))


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
