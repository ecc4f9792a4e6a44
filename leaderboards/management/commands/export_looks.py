from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from leaderboards.boards.stopping.planned import standing_of_looks
from leaderboards.data.lookup import UnknownStudyError, find_study
from leaderboards.exports.columns import parquet_parts, schema_of
from leaderboards.exports.lines import csv_lines, json_lines, parts
from leaderboards.exports.looks import LOOK_TYPES, look_rows
from leaderboards.exports.rows import Row
from lib.files import replace_bytes_when_complete


def in_format(rows: list[Row], ending: str) -> Iterable[bytes]:
    if ending == "parquet":
        return parquet_parts(rows, schema_of(LOOK_TYPES))
    return parts(csv_lines(rows, tuple(LOOK_TYPES)) if ending == "csv" else json_lines(rows))


class Command(BaseCommand):
    help = "Write the planned looks of a study and what they found; docs/data-formats.md describes the columns."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--format", choices=("csv", "jsonl", "parquet"), required=True)
        parser.add_argument("--output", required=True, type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        path = options["output"]
        try:
            study = find_study(options["slug"])
        except UnknownStudyError as error:
            raise CommandError(str(error)) from error
        standing_of_looks(study)  # takes those that are due
        rows = list(look_rows(study))
        if not rows:
            raise CommandError(f"Study {study.slug} has no planned looks.")
        try:
            with replace_bytes_when_complete(path) as file:
                file.writelines(in_format(rows, options["format"]))
        except OSError as error:
            raise CommandError(f"Cannot write {path}: {error.strerror}. Choose a file you may write to.") from error
        self.stdout.write(f"{len(rows)} rows written to {path}.")
