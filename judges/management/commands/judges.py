from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tabulate import tabulate

from judges.models import Judge
from judges.records.entries import read_judges
from judges.records.problems import JudgeFileError
from judges.records.readiness import judge_needs
from judges.records.storing import store_judges

HEADINGS = ("judge", "mode", "model", "rubric", "if the orders disagree", "state")


class Command(BaseCommand):
    help = "List the judges with their state, or add judges from a file; see docs/judges.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        chosen = parser.add_mutually_exclusive_group()
        chosen.add_argument("--list", action="store_true", help="Every judge with what it needs (this is the default).")
        chosen.add_argument("--add", type=Path, metavar="FILE", help="Add the judges of a YAML file.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["add"]:
            self._add(options["add"])
        else:
            rows = [HEADINGS, *(_row(judge) for judge in Judge.objects.all())]
            self.stdout.write(tabulate(rows, tablefmt="plain", disable_numparse=True))

    def _add(self, path: Path) -> None:
        try:
            done = store_judges(read_judges(path))
        except JudgeFileError as error:
            raise CommandError(f"{error} Nothing was added.") from error
        self.stdout.write(f"{len(done.added)} judges added, {len(done.unchanged)} unchanged.")


def _row(judge: Judge) -> tuple[str, ...]:
    needs = judge_needs(judge)
    mode = judge.mode if judge.scale_min is None else f"{judge.mode} {judge.scale_min:g} to {judge.scale_max:g}"
    state = "imported" if judge.is_imported else f"needs: {needs}" if needs else "ready"
    return judge.name, mode, judge.model_id or judge.adapter, judge.rubric_source, judge.order_rule, state
