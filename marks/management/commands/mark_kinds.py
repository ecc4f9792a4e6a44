from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tabulate import tabulate

from annotations.management.studies import study_named
from annotations.models import Study
from marks.kinds.library import BY_NAME, WHOLE, WORDS
from marks.kinds.storing import KindError, NewKind, add_own_kinds, ensure_library, offer_only
from marks.models import Mark


class Command(BaseCommand):
    help = "List the kinds of errors of a study, add its owner's own, and say which are offered to annotators."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument(
            "--add",
            action="append",
            default=[],
            metavar="'NAME | HELP'",
            help="A kind of error at words of a summary, and what annotators are told of it.",
        )
        parser.add_argument(
            "--add-whole", action="append", default=[], metavar="'NAME | HELP'", help="The same of a whole summary."
        )
        parser.add_argument(
            "--offer", action="append", default=[], metavar="NAME", help="Offer this kind; those not named no more."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        study = study_named(options["slug"])
        new = [*(_kind(text, WORDS) for text in options["add"]), *(_kind(text, WHOLE) for text in options["add_whole"])]
        try:
            if new:
                add_own_kinds(study, new)
            if options["offer"]:
                offer_only(study, options["offer"])
        except KindError as error:
            raise CommandError(str(error)) from error
        ensure_library(study)
        self.stdout.write(
            tabulate(_rows(study), headers=("Kind", "About", "Offered", "Marks", "Help"), maxcolwidths=60)
        )


def _kind(text: str, about: str) -> NewKind:
    name, _, help_text = (part.strip() for part in text.partition("|"))
    return NewKind(name, about, help_text)


def _rows(study: Study) -> list[tuple[str, str, str, int, str]]:
    kinds = list(study.mark_kinds.all())
    helps = {
        kind.pk: kind.help_text or (BY_NAME[kind.name].help_text if kind.name in BY_NAME else "") for kind in kinds
    }
    marks = Counter(Mark.objects.counted().filter(study=study).values_list("kind", flat=True))
    return [(kind.name, kind.about, "yes" if kind.asked else "no", marks[kind.pk], helps[kind.pk]) for kind in kinds]
