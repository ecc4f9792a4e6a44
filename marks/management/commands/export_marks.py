from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.management.studies import study_named
from annotations.models import Study
from lib.files import replace_when_complete
from lib.lines import json_line
from marks.exports.factgenie import factgenie_rows
from marks.exports.rows import mark_rows
from marks.exports.sentences import sentence_lines

FORMS = ("marks", "factgenie", "sentences")


class Command(BaseCommand):
    help = "Write the marks of a study: as import_marks reads them, with factgenie's fields, or by sentence as CSV."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--output", required=True, type=Path)
        parser.add_argument("--form", choices=FORMS, default=FORMS[0])
        parser.add_argument(
            "--readings", action="store_true", help="Of marks: also rows without a kind, where somebody found nothing."
        )
        parser.add_argument("--include-excluded", action="store_true", help="Those of excluded annotators too.")

    def handle(self, *args: Any, **options: Any) -> None:
        path, number = options["output"], 0
        lines = _lines(study_named(options["slug"]), options)
        try:
            with replace_when_complete(path) as file:
                for line in lines:
                    file.write(line)
                    number += 1
        except OSError as error:
            raise CommandError(f"Cannot write {path}: {error.strerror}. Choose a file you may write to.") from error
        marks = "marks, or who found nothing," if options["readings"] else "marks"
        what = {"marks": marks, "factgenie": "summaries", "sentences": "lines"}[options["form"]]
        self.stdout.write(f"{number} {what} written to {path}.")


def _lines(study: Study, options: dict[str, Any]) -> Iterable[str]:
    excluded = options["include_excluded"]
    if options["form"] == "sentences":
        return sentence_lines(study, excluded=excluded)
    if options["form"] == "factgenie":
        return map(json_line, factgenie_rows(study, excluded=excluded))
    return map(json_line, mark_rows(study, readings=options["readings"], excluded=excluded))
