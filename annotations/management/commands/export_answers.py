from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.models import Study
from annotations.people.questionnaire import answer_lines


class Command(BaseCommand):
    help = "Write who agreed to which consent text and what annotators said about themselves, as CSV. Personal data."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study")
        parser.add_argument("--output", type=Path, help="A file; else the terminal.")

    def handle(self, *args: Any, **options: Any) -> None:
        study = Study.objects.filter(slug=options["study"]).first()
        if study is None:
            raise CommandError(f"There is no study {options['study']!r}.")
        text = "".join(answer_lines(study))
        if options["output"] is None:
            self.stdout.write(text, ending="")
        else:
            options["output"].write_text(text, encoding="utf-8", newline="")
            self.stdout.write(f"{options['output']} written.")
