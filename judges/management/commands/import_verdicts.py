from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.management.studies import study_named
from judges.imports.storing import DatasetImportError, import_verdicts
from judges.models import OrderRule


class Command(BaseCommand):
    help = (
        "Put verdicts of judges that were given elsewhere into a study. "
        "A wrong line imports nothing; the same file twice adds nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="A file of export_verdicts, or of the same form.")
        parser.add_argument("--study", required=True)
        parser.add_argument(
            "--order-rule",
            choices=OrderRule.values,
            default=OrderRule.CONSERVATIVE.value,
            help="Of new judges: what two orders that disagree mean.",
        )

    def handle(self, *args: Any, path: Path, **options: Any) -> None:
        try:
            done = import_verdicts(path, study_named(options["study"]), order_rule=options["order_rule"])
        except DatasetImportError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{done.added} verdicts of {done.judges} judges added, {done.unchanged} already there.")
