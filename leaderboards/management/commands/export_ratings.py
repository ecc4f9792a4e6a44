from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from leaderboards.exports import FORMATS, export_ratings
from leaderboards.lookup import UnknownCriterionError, UnknownStudyError, find_criterion, find_study


class Command(BaseCommand):
    help = "Write a study's votes, one row each, as CSV or JSON Lines."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--format", choices=list(FORMATS), required=True)
        parser.add_argument("--output", required=True, type=Path)
        parser.add_argument("--criterion", default="", help="Only votes on this criterion.")

    def handle(self, *args: Any, **options: Any) -> None:
        path = options["output"]
        try:
            study = find_study(options["slug"])
            criterion = find_criterion(study, options["criterion"]) if options["criterion"] else None
            count = export_ratings(study, path, options["format"], criterion=criterion)
        except (UnknownStudyError, UnknownCriterionError) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"Cannot write {path}: {error.strerror}. Choose a file you may write to.") from error
        self.stdout.write(f"{count} votes written to {path}.")
