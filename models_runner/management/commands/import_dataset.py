from argparse import ArgumentParser, BooleanOptionalAction
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from models_runner.importing.documents import ImportResult, import_path
from models_runner.importing.field_map.mapping import FIELDS, parse_map
from models_runner.importing.readers.registry import FORMATS
from models_runner.importing.reading import AUTO, Missing, Note, NoteKind, ReadOptions
from models_runner.importing.records import DatasetImportError, RecordError, Terms

SHOWN_NOTES = 30


class Command(BaseCommand):
    help = (
        "Import meetings into a dataset: transcripts of meeting tools, captions, tables, published data sets. "
        "A wrong record imports nothing; the same file twice adds nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="A file, a folder of files, or a .zip of them.")
        parser.add_argument("--name", required=True, help="The dataset; it is made if it is new.")
        parser.add_argument("--format", default=AUTO, choices=FORMATS, help="Found by content if left out.")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="FIELD=COLUMN",
            help=f"Which column of a table or record is what: {', '.join(FIELDS)} or metadata.NAME. "
            "a.b is the column b inside a. Several columns may be references.",
        )
        parser.add_argument("--split", default="", help="For example train, val or test.")
        parser.add_argument(
            "--language", default="", help="Of documents that name none. Left out: found from the text of each."
        )
        parser.add_argument("--encoding", default="", help="Of text files that are not UTF-8, such as windows-1252.")
        parser.add_argument("--sheet", default="", help="Of a workbook with several.")
        parser.add_argument(
            "--missing",
            default=Missing.ASK.value,
            choices=[kind.value for kind in Missing],
            help="What a cell such as nan or NULL is: an error (ask), an empty cell, or a text.",
        )
        parser.add_argument("--licence", default="", help="Of documents that name none, for example CC-BY-4.0.")
        parser.add_argument(
            "--redistributable",
            action=BooleanOptionalAction,
            default=None,
            help="Whether releases may hold the texts of documents that do not say; they may not if nobody says.",
        )

    def handle(self, *args: Any, path: Path, **options: Any) -> None:
        terms = Terms(options["licence"].strip(), options["redistributable"])
        about = {"split": options["split"], "language": options["language"], "terms": terms}
        try:
            how = ReadOptions(
                fields=parse_map(options["map"]),
                encoding=options["encoding"],
                sheet=options["sheet"],
                missing=Missing(options["missing"]),
            )
            result = import_path(options["name"], path, options["format"], options=how, **about)
        except (DatasetImportError, RecordError) as error:
            raise CommandError(str(error)) from error
        self._report(result)

    def _report(self, result: ImportResult) -> None:
        self._list("Guessed:", [note for note in result.notes if note.kind is NoteKind.GUESS])
        self._list("To look at:", [note for note in result.notes if note.kind is NoteKind.DOUBT])
        self._list("Not taken over:", [note for note in result.notes if note.kind is NoteKind.LEFT_OUT])
        self.stdout.write(
            f"Dataset {result.dataset.name}: {result.added} documents added, {result.unchanged} already there."
        )
        if result.new_terms:
            self.stdout.write(
                f"{result.new_terms} of them have another licence, or another leave to be passed on, now."
            )
        if result.without_reference:
            self.stdout.write(
                f"{result.without_reference} of them have no reference; metrics that need one will say so."
            )

    def _list(self, title: str, notes: Sequence[Note]) -> None:
        if notes:
            more = len(notes) - SHOWN_NOTES
            lines = [f"  {note}" for note in notes[:SHOWN_NOTES]]
            self.stdout.write("\n".join([title, *lines, *([f"  ... and {more} more"] if more > 0 else [])]))
