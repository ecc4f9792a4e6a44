from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.management.studies import study_named
from judges.exports.rows import verdict_rows
from judges.records.problems import UnknownJudgeError
from judges.records.storing import find_judge
from lib.files import replace_when_complete
from lib.lines import json_line


class Command(BaseCommand):
    help = "Write the verdicts of judges about a study, as import_verdicts reads them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--output", required=True, type=Path)
        parser.add_argument("--judge", default="", help="Only this judge's.")

    def handle(self, *args: Any, **options: Any) -> None:
        path, number = options["output"], 0
        study = study_named(options["slug"])
        try:
            judge = find_judge(options["judge"]) if options["judge"] else None
            with replace_when_complete(path) as file:
                for row in verdict_rows(study, judge):
                    file.write(json_line(row))
                    number += 1
        except UnknownJudgeError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"Cannot write {path}: {error.strerror}. Choose a file you may write to.") from error
        self.stdout.write(f"{number} verdicts written to {path}.")
