from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.management.studies import study_or_dataset
from annotations.models import Study
from judges.exports.rows import dataset_verdict_rows, verdict_rows
from judges.records.problems import UnknownJudgeError
from judges.records.storing import find_judge
from lib.files import replace_when_complete
from lib.lines import json_line


class Command(BaseCommand):
    help = "Write the verdicts of judges about a study, or a dataset, as import_verdicts reads them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", nargs="?")
        parser.add_argument("--dataset", default="", help="In place of a study: verdicts on a dataset, of no study.")
        parser.add_argument("--output", required=True, type=Path)
        parser.add_argument("--judge", default="", help="Only this judge's.")

    def handle(self, *args: Any, **options: Any) -> None:
        path, number = options["output"], 0
        about = study_or_dataset(options["slug"], options["dataset"])
        try:
            judge = find_judge(options["judge"]) if options["judge"] else None
            with replace_when_complete(path) as file:
                rows = verdict_rows(about, judge) if isinstance(about, Study) else dataset_verdict_rows(about, judge)
                for row in rows:
                    file.write(json_line(row))
                    number += 1
        except UnknownJudgeError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"Cannot write {path}: {error.strerror}. Choose a file you may write to.") from error
        self.stdout.write(f"{number} verdicts written to {path}.")
