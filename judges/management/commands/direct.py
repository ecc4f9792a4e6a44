from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.management.studies import study_named
from annotations.studies.checks import StudySetupError
from annotations.studies.directing import direct_study
from judges.records.problems import UnknownJudgeError
from judges.records.storing import find_judge
from judges.report.unsure import unsure_pairs


class Command(BaseCommand):
    help = "Draw the documents and pairs that people are asked about, more often where judges and metrics are unsure."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study")
        parser.add_argument("--documents", type=int, required=True, help="How many are drawn.")
        parser.add_argument("--pairs", type=int, help="How many of each document; all of them if not given.")
        parser.add_argument("--judges", default="", help="Separated by commas; all with verdicts if not given.")
        parser.add_argument("--seed", type=int, default=0, help="Of the draw.")

    def handle(self, *args: Any, **options: Any) -> None:
        study = study_named(options["study"])
        names = [name for name in options["judges"].split(",") if name.strip()]
        try:
            judges = [find_judge(name) for name in names] or None
            drawn = direct_study(
                study,
                unsure_pairs(study, judges),
                documents=options["documents"],
                pairs=options["pairs"],
                seed=options["seed"],
            )
        except (UnknownJudgeError, StudySetupError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Study {study.slug} asks about {drawn.comparisons} of {drawn.of_comparisons} pairs, on "
            f"{drawn.documents} of {drawn.of_documents} documents."
        )
