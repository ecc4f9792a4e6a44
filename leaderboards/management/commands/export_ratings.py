from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from leaderboards.data.lookup import UnknownCriterionError, UnknownStudyError, find_criterion, find_study
from leaderboards.exports import EXPORTS, Selection, export_ratings
from leaderboards.exports.preferences import Counting


def moment(text: str) -> datetime:
    """A date or a time; without a zone, UTC."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no time. Expected for example 2026-11-25 or 2026-11-25T14:30.") from None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


class Command(BaseCommand):
    help = "Write a study's votes in one of several formats; docs/data-formats.md describes them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--format", choices=list(EXPORTS), required=True)
        parser.add_argument("--output", required=True, type=Path)
        parser.add_argument("--criterion", default="", help="Only votes on this criterion.")
        parser.add_argument("--since", type=moment, help="Only votes given at this time or later, such as 2026-11-25.")
        parser.add_argument("--include-flagged", action="store_true", help="Also votes on summaries that name a model.")
        parser.add_argument("--include-excluded", action="store_true", help="Also votes of excluded annotators.")
        parser.add_argument(
            "--include-repeats",
            action="store_true",
            help="Also answers to pairs that came again, marked.",
        )
        parser.add_argument(
            "--unflagged", action="store_true", help="Without annotators whom a check of the quality page flags."
        )
        parser.add_argument(
            "--votes",
            choices=[counting.value for counting in Counting],
            default=Counting.MAJORITY.value,
            help="Of dpo and kto: one result a comparison, or every vote by itself.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path = options["output"]
        try:
            study = find_study(options["slug"])
            selection = Selection(
                criterion=find_criterion(study, options["criterion"]) if options["criterion"] else None,
                since=options["since"],
                include_flagged=options["include_flagged"],
                include_excluded=options["include_excluded"],
                unflagged=options["unflagged"],
                include_repeats=options["include_repeats"],
            )
            done = export_ratings(study, path, options["format"], selection, counting=Counting(options["votes"]))
        except (UnknownStudyError, UnknownCriterionError) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"Cannot write {path}: {error.strerror}. Choose a file you may write to.") from error
        self.stdout.write(f"{done.lines} rows written to {path}.")
        self.stderr.write(done.summary, str)
