from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from annotations import links, services
from models_runner.catalog import UnknownSystemError, ensure_system
from models_runner.lookup import UnknownDatasetError, find_dataset
from models_runner.models import InstructionKind


def names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


class Command(BaseCommand):
    help = "Open a study in which annotators compare the summaries of several systems, two at a time and blind."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--dataset", required=True)
        parser.add_argument("--systems", required=True, help="Two or more names with commas between.")
        parser.add_argument("--instruction", choices=InstructionKind.values, default=InstructionKind.MEDIUM)
        parser.add_argument("--criteria", default="overall", help="Names with commas between.")
        parser.add_argument("--quota", type=int, default=3, help="Annotators for each comparison.")
        parser.add_argument("--title", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            study = services.create_study(
                options["slug"],
                find_dataset(options["dataset"]),
                [ensure_system(slug) for slug in names(options["systems"])],
                instruction=options["instruction"],
                criteria=names(options["criteria"]),
                quota=options["quota"],
                title=options["title"],
            )
        except (UnknownDatasetError, UnknownSystemError, services.StudySetupError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Study {study.slug}: {study.comparisons.count()} comparisons, {study.quota} votes each.")
        for system, summaries in services.coverage(study):
            if not summaries:
                self.stdout.write(
                    f"  {system.slug} has no {study.instruction} summaries yet; its comparisons appear after: "
                    f"generate --dataset {study.dataset.name} --system {system.slug} --instruction {study.instruction}"
                )
        self.stdout.write(f"Annotators join at {settings.SITE_URL}{links.invitation_path(study)}")
