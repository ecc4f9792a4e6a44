from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from annotations.models import AskMarks, LookSpending, Sampling, SummaryFormat, Wanted
from annotations.people import links
from annotations.studies import progress, setup
from annotations.studies.checks import stored_moments
from lib.lines import text_lines
from lib.serving.addresses import site_address
from models_runner.datasets.lookup import UnknownDatasetError, find_dataset
from models_runner.models import InstructionKind, System
from models_runner.systems.catalog import UnknownSystemError, ensure_system
from stats.decisions.sampling import EPSILON


def split_names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def rating_options(options: dict[str, Any]) -> setup.RatingOptions:
    return setup.RatingOptions(
        allow_tie=not options["no_tie"],
        allow_both_bad=not options["no_both_bad"],
        strength=options["strength"],
        comments=options["comments"],
        ask_marks=options["ask_marks"],
        break_minutes=options["break_minutes"],
        summary_format=options["summaries"],
    )


def people_options(options: dict[str, Any]) -> setup.PeopleOptions:
    return setup.PeopleOptions(
        open_link=not options["invited_only"],
        consent=read_text(options["consent"]),
        questions_before=text_lines(read_text(options["questions_before"])),
        questions_after=text_lines(read_text(options["questions_after"])),
        gold_every=options["gold_every"],
        repeat_every=options["repeat_every"],
        ask_guess=options["ask_guess"],
        completion_code=options["completion_code"],
        completion_url=options["completion_url"],
    )


def read_text(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"The file {path} cannot be read: {error}") from error


def moment(text: str) -> datetime:
    """Read a time for argparse; one without a zone is in that of the site."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no time; expected one such as 2026-12-01T09:00.") from error
    return timezone.make_aware(read) if timezone.is_naive(read) else read


def look_votes(text: str) -> list[int]:
    """Read planned looks for argparse."""
    try:
        return [int(part) for part in split_names(text)]
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} are no numbers of votes; expected some such as 200,400,600.") from error


def look_dates(text: str) -> list[str]:
    """Read looks at dates for argparse; those without a zone are in that of the site."""
    return stored_moments(moment(part) for part in split_names(text))


def named_system(slug: str | None) -> System | None:
    return ensure_system(slug) if slug else None


def owner(name: str) -> User | None:
    if not name:
        return None
    user = User.objects.filter(username=name).first()
    if user is None:
        raise CommandError(f"There is no account {name!r} for --owner.")
    return user


def wanted(options: dict[str, Any]) -> setup.NewStudy:
    """Return the study that the options ask for; nothing is stored."""
    same = ("instruction", "quota", "sampling", "epsilon", "title", "annotator_title", "draft", "opens_at", "closes_at")
    return setup.NewStudy(
        options["slug"],
        find_dataset(options["dataset"]),
        [ensure_system(slug) for slug in split_names(options["systems"])],
        criteria=split_names(options["criteria"]),
        own_criteria=setup.own_criteria("\n".join(options["question"])),
        guidelines=read_text(options["guidelines"]),
        margin=options["margin"] / 100 or None,
        small_system=named_system(options["small_system"]),
        large_system=named_system(options["large_system"]),
        look_votes=options["looks"] or None,
        look_dates=options["look_dates"] or None,
        look_maximum=options["look_maximum"],
        look_spending=options["look_spending"],
        options=rating_options(options),
        people=people_options(options),
        scope=scope(options),
        created_by=owner(options["owner"]),
        **{name: options[name] for name in same},
    )


def scope(options: dict[str, Any]) -> setup.StudyScope:
    return setup.StudyScope(
        split=options["split"],
        sample=options["sample"],
        chosen=split_names(options["documents"]),
        seed=options["seed"],
        anchor=named_system(options["anchor"]),
        pairs_per_document=options["pairs_per_document"],
    )


def _add_scope(parser: ArgumentParser) -> None:
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--systems", required=True, help="Two or more names with commas between.")
    parser.add_argument("--instruction", choices=InstructionKind.values, default=InstructionKind.MEDIUM)
    parser.add_argument("--split", default="", help="Of the dataset; else every split.")
    parser.add_argument("--sample", type=int, help="How many documents to draw by the seed; else all.")
    parser.add_argument("--documents", default="", help="Ids of the documents to compare, with commas between.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--anchor", help="Compare this system with each other one only.")
    parser.add_argument("--pairs-per-document", type=int, help="How many pairs of each document to draw at random.")


def _add_questions(parser: ArgumentParser) -> None:
    parser.add_argument("--criteria", default="overall", help="Names with commas between.")
    parser.add_argument(
        "--question",
        action="append",
        default=[],
        metavar="'NAME | QUESTION | HELP'",
        help="A question of your own; may be repeated.",
    )
    parser.add_argument("--guidelines", type=Path, metavar="FILE.md", help="For annotators, in Markdown.")
    parser.add_argument(
        "--margin",
        type=float,
        default=100 * setup.MARGIN,
        help="Points of win probability by which a compact system may be worse than a large one and still be good "
        "enough; 0 for no verdict.",
    )


def _add_pair_in_question(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--small-system", help="The small system in question, one of --systems; else the best by votes."
    )
    parser.add_argument("--large-system", help="What it is held against; else the best large one by votes.")


def _add_looks(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--looks",
        type=look_votes,
        default="",
        metavar="200,400,600",
        help="Planned looks: numbers of votes between the two at which the site looks whether the study may end.",
    )
    parser.add_argument(
        "--look-dates",
        type=look_dates,
        default="",
        metavar="2026-12-01T18:00,2026-12-08T18:00",
        help="Planned looks at dates instead, with --look-maximum; the last one is the end of rating.",
    )
    parser.add_argument(
        "--look-maximum",
        type=int,
        metavar="VOTES",
        help="Of looks at dates: votes between the two that are planned; the look that has so many is the last one.",
    )
    parser.add_argument(
        "--look-spending",
        choices=LookSpending.values,
        default=LookSpending.OBRIEN_FLEMING,
        help="obrien-fleming: hardly any claim early. pocock: all looks are about as strict.",
    )


def _add_sampling(parser: ArgumentParser) -> None:
    parser.add_argument("--quota", type=int, default=3, help="Annotators for each comparison.")
    parser.add_argument(
        "--sampling",
        choices=Sampling.values,
        default=Sampling.EVEN,
        help="question: most votes go to --small-system and --large-system, one on each document before a second. "
        "adaptive: of a document's pairs, those whose systems have few or divided votes come first.",
    )
    parser.add_argument(
        "--epsilon", type=float, default=EPSILON, help="question, adaptive: the share of draws from all pairs alike."
    )


def _add_answers(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--summaries",
        choices=SummaryFormat.values,
        default=SummaryFormat.RENDERED,
        help="Show summaries as rendered Markdown, as plain text without markup, or as they were written.",
    )
    parser.add_argument("--no-tie", action="store_true", help="Do not offer “Equally good”.")
    parser.add_argument("--no-both-bad", action="store_true", help="Do not offer “Both bad”.")
    parser.add_argument(
        "--strength",
        nargs="?",
        choices=Wanted.values,
        const=Wanted.REQUIRED,
        default=Wanted.OFF,
        help="Ask whether a side is slightly or much better; without a value: required.",
    )
    parser.add_argument("--comments", choices=Wanted.values, default=Wanted.OPTIONAL)
    parser.add_argument(
        "--ask-marks",
        choices=AskMarks.values,
        default=AskMarks.OFF,
        help="Let annotators mark what is wrong in the summaries; required: in a summary that loses.",
    )
    parser.add_argument("--break-minutes", type=int, default=0, help="Suggest a break after so many minutes; 0: never.")


def _add_people(parser: ArgumentParser) -> None:
    parser.add_argument("--owner", default="", metavar="ACCOUNT", help="Who owns the study; else leads manage it.")
    parser.add_argument("--annotator-title", default="", help="The heading annotators see; else the usual one.")
    parser.add_argument("--invited-only", action="store_true", help="Let in nobody by the open link.")
    parser.add_argument("--consent", type=Path, metavar="FILE.md", help="What annotators agree to before they rate.")
    for when in ("before", "after"):
        parser.add_argument(
            f"--questions-{when}", type=Path, metavar="FILE", help=f"About the person, {when} rating, one a line."
        )
    parser.add_argument("--repeat-every", type=int, default=0, help="One repeated pair in so many; 0: none.")
    parser.add_argument("--gold-every", type=int, default=0, help="One gold item in so many pairs; 0: none.")
    parser.add_argument("--ask-guess", action="store_true", help="Ask at the end which text was the large model's.")
    parser.add_argument("--completion-code", default="", help="Shown at the end, for a platform.")
    parser.add_argument("--completion-url", default="", help="Where annotators go at the end.")
    for name, what in (("--opens-at", "begins"), ("--closes-at", "ends")):
        parser.add_argument(name, type=moment, metavar="TIME", help=f"When rating {what}, such as 2026-12-01T09:00.")


class Command(BaseCommand):
    help = "Open a study in which annotators compare the summaries of several systems, two at a time and blind."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--title", default="")
        parser.add_argument("--draft", action="store_true", help="Do not open it for rating yet.")
        for add in (
            _add_scope,
            _add_questions,
            _add_pair_in_question,
            _add_looks,
            _add_sampling,
            _add_answers,
            _add_people,
        ):
            add(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            study = setup.store_study(wanted(options))
        except (UnknownDatasetError, UnknownSystemError, setup.StudySetupError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Study {study.slug}: {study.comparisons.count()} comparisons, {study.quota} votes each.")
        for system, summaries in progress.coverage(study):
            if not summaries:
                self.stdout.write(
                    f"  {system.slug} has no {study.instruction} summaries yet; its comparisons appear after: "
                    f"generate --dataset {study.dataset.name} --system {system.slug} --instruction {study.instruction}"
                )
        self.stdout.write(f"Annotators join at {site_address(links.invitation_path(study))}")
