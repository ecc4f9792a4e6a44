import json
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.models import Criterion, Study
from leaderboards.boards.analysis.analyse import analyse
from leaderboards.boards.analysis.marked import compute_marks_seen
from leaderboards.data.inputs import gather_inputs
from leaderboards.data.lookup import UnknownCriterionError, UnknownStudyError, find_criterion, find_study
from leaderboards.presentation.analysis.text import as_text
from marks.report.figures import mark_figures
from models_runner.metrics.declared import describe

# The margin of a system that never wins.
LARGEST_MARGIN = 0.5


class Command(BaseCommand):
    help = (
        "Analyse a study's votes and metrics: agreement, side bias, correlations, fragility, non-inferiority, votes "
        "still needed, length, ratings helped by metrics, combined index; as JSON also the errors that people marked, "
        "and which metrics see them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--criterion", help="Only this criterion; all of the study if left out.")
        parser.add_argument("--format", choices=["text", "json"], default="text")
        parser.add_argument("--output", type=Path, help="A file to write to instead of the terminal.")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument(
            "--margin",
            type=_margin,
            help="The margin of non-inferiority, as a chance to win: 0.05 means 45 of 100. Default: the study's.",
        )
        parser.add_argument("--against", help="The system whose metrics the others' are tested against.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            study = find_study(options["slug"])
            criteria = _criteria(study, options["criterion"])
        except (UnknownStudyError, UnknownCriterionError) as error:
            raise CommandError(str(error)) from error
        self._check_system(study, options["against"])
        margin, against = options["margin"], options["against"]
        inputs = [gather_inputs(study, criterion) for criterion in criteria]
        analyses = [analyse(one, options["seed"], margin=margin, against=against) for one in inputs]
        if options["format"] == "json":
            values = {
                "study": study.slug,
                "criteria": analyses,
                "metrics": describe(_metrics_in(analyses)),
                "marks": mark_figures(study, options["seed"]),
                "marks_seen": compute_marks_seen(inputs[0], options["seed"]) if inputs else None,
            }
            text = json.dumps(values, ensure_ascii=False, indent=2, allow_nan=False)
        else:
            text = "\n\n\n".join(as_text(analysis) for analysis in analyses)
        self._write(text, options["output"])

    def _check_system(self, study: Study, slug: str | None) -> None:
        slugs = study.systems.order_by("slug").values_list("slug", flat=True)
        if slug is not None and slug not in slugs:
            raise CommandError(f"Study {study.slug} has no system {slug!r}. Its systems: {', '.join(slugs) or 'none'}.")

    def _write(self, text: str, path: Path | None) -> None:
        if path is None:
            self.stdout.write(text)
            return
        try:
            path.write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise CommandError(f"Cannot write {path}: {error.strerror}. Choose a file you may write to.") from error
        self.stdout.write(f"Analysis written to {path}.")


def _criteria(study: Study, key: str | None) -> list[Criterion]:
    return list(study.criteria.all()) if key is None else [find_criterion(study, key)]


def _metrics_in(analyses: list[dict[str, Any]]) -> list[str]:
    """Return the names of the values that the analyses are about, in the order of their columns."""
    return list(dict.fromkeys(metric["metric"] for analysis in analyses for metric in analysis["metrics"]))


def _margin(text: str) -> float:
    try:
        margin = float(text)
    except ValueError:
        margin = 0.0
    if not 0 < margin < LARGEST_MARGIN:
        expected = f"a share between 0 and {LARGEST_MARGIN:g}, such as 0.05"
        raise ArgumentTypeError(f"{text!r} is no margin. Expected {expected}.")
    return margin
