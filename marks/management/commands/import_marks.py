from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.management.studies import study_named
from marks.imports.mapping import MAPPED, parse_columns
from marks.imports.reading import HowToRead
from marks.imports.storing import DatasetImportError, import_marks
from marks.models import Severity
from models_runner.importing.records import RecordError

OF_LINES = ("system", "annotator", "kind", "severity")


class Command(BaseCommand):
    help = (
        "Put marks that were made elsewhere into a study: what is wrong with a summary, at its words or as a whole. "
        "A wrong line imports nothing; the same file twice adds nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="A file of export_marks, of factgenie, or a table with --map.")
        parser.add_argument("--study", required=True)
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="FIELD=COLUMN",
            help=f"Which column of a table is what: {', '.join(MAPPED)}; or kind.NAME, a column that says yes or no to "
            "one kind of error in the whole summary. In document_id, {#} is the number of the row.",
        )
        for name in OF_LINES[:3]:
            parser.add_argument(f"--{name}", default="", help="Of lines that do not name one.")
        parser.add_argument("--severity", choices=Severity.values, default="", help="Of lines that do not name one.")
        parser.add_argument(
            "--only-marked",
            action="store_true",
            help="Annotators looked at no summary but those of their lines. Left out: at every summary of the "
            "documents that they have marks on, unless a line without a kind says that somebody found nothing.",
        )

    def handle(self, *args: Any, path: Path, **options: Any) -> None:
        try:
            how = HowToRead(
                columns=parse_columns(options["map"]),
                defaults={name: options[name] for name in OF_LINES if options[name]},
            )
            done = import_marks(path, study_named(options["study"]), how, only_marked=options["only_marked"])
        except (DatasetImportError, RecordError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{done.added} marks of {done.annotators} annotators added, {done.unchanged} already there.")
        if done.readings:
            self.stdout.write(f"{done.readings} summaries were read for errors.")
        if done.new_kinds:
            self.stdout.write(f"Kinds that are new in this study: {', '.join(done.new_kinds)}.")
