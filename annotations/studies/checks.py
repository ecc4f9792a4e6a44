"""What settings make a study: each check names the setting that is wrong."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Protocol

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug

from annotations.models import LookSpending, Sampling, Study, SummaryFormat
from annotations.studies.criteria import LIBRARY
from models_runner.models import System
from stats.votes.least import LEAST_VOTES

KEY = re.compile(r"[A-Za-z0-9_-]{1,50}")
LONGEST_QUESTION = 200
# The form for a new study has this address.
RESERVED = "new"
LONGEST_CONSENT = 20_000
# With one look nothing is planned; more than ten are hardly stricter or milder than ten.
LEAST_LOOKS, MOST_LOOKS = 2, 10
FIRST_YEAR, LAST_YEAR = 1970, 9998  # of a look; in any zone it is a date that is shown
LARGEST = 2_147_483_647  # the largest integer a column holds on every database


class StudySetupError(ValueError):
    """The settings make no study; the message names the setting that is wrong.

    Attributes:
        field: The setting, as the form for a new study names it; "" where it is none of them.
    """

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class AskedQuestion(Protocol):
    """A question by its short name."""

    @property
    def key(self) -> str: ...

    @property
    def question(self) -> str: ...


def check_name(slug: str) -> None:
    try:
        validate_slug(slug)
    except ValidationError as error:
        raise StudySetupError(
            f"{slug!r} is not a valid name for a study. Use letters, digits, - and _ only.", "slug"
        ) from error
    if slug == RESERVED:
        raise StudySetupError(f"A study cannot be named {slug!r}: that address belongs to another page.", "slug")
    if Study.objects.filter(slug=slug).exists():
        raise StudySetupError(f"A study named {slug!r} exists. Choose another name.", "slug")


def check_systems(systems: Sequence[System]) -> None:
    if len({s.pk for s in systems}) != len(systems):
        raise StudySetupError("A system is named twice. Name each system once.", "systems")
    if len(systems) < 2:
        raise StudySetupError(f"A study compares at least 2 systems; {len(systems)} given.", "systems")


def check_pair(small: System | None, large: System | None, systems: Sequence[System]) -> None:
    for field, system in (("small_system", small), ("large_system", large)):
        if system is not None and system not in systems:
            raise StudySetupError(f"{system.slug} is not one of the study's systems. Choose one of them.", field)
    if problem := pair_problem(small, large):
        raise StudySetupError(problem, "large_system")


def pair_problem(small: System | None, large: System | None) -> str:
    """Return what is wrong with the two systems in question; "" if nothing is."""
    if small is not None and small == large:
        return "The small and the large system in question are the same. Choose two systems."
    return ""


def check_dates(opens: datetime | None, closes: datetime | None) -> None:
    if problem := dates_problem(opens, closes):
        raise StudySetupError(problem, "closes_at")


def dates_problem(opens: datetime | None, closes: datetime | None) -> str:
    """Return what is wrong with a study's dates; "" if nothing is."""
    if opens and closes and closes <= opens:
        return "Rating ends before it begins. Change one of the two dates."
    return ""


def check_quota(quota: int) -> None:
    if quota < 1:
        raise StudySetupError(f"The quota is {quota}; at least 1 annotator must rate each comparison.", "quota")
    check_sizes(("quota", "quota", quota))


def check_page(break_minutes: int, summary_format: str) -> None:
    if break_minutes < 0:
        raise StudySetupError(
            f"A break after {break_minutes} minutes is not possible; expected 0 or more.", "break_minutes"
        )
    check_sizes(("break_minutes", "number of minutes before a break", break_minutes))
    if summary_format not in SummaryFormat.values:
        raise StudySetupError(
            f"{summary_format!r} is not a way to show summaries. Known: {', '.join(SummaryFormat.values)}.",
            "summary_format",
        )


def check_gold_every(number: int) -> None:
    if number < 0 or number == 1:
        raise StudySetupError(
            f"One gold item in {number} pairs is not possible; expected 0 for none, or 2 or more.", "gold_every"
        )
    check_sizes(("gold_every", "number of pairs with one gold item", number))


def check_repeat_every(number: int) -> None:
    if number < 0 or number == 1:
        raise StudySetupError(
            f"One repeated pair in {number} pairs is not possible; expected 0 for none, or 2 or more.", "repeat_every"
        )
    check_sizes(("repeat_every", "number of pairs with one repeated pair", number))


def check_consent(text: str) -> None:
    if len(text) > LONGEST_CONSENT:
        raise StudySetupError(
            f"The consent text has {len(text)} characters; expected at most {LONGEST_CONSENT}.", "consent"
        )


def check_columns(study: Study) -> None:
    """Refuse what a column of the study does not hold: too long a text, a choice or an address that is none."""
    checked_elsewhere = [field.name for field in Study._meta.concrete_fields if field.is_relation]
    try:
        study.clean_fields(exclude=checked_elsewhere)
    except ValidationError as error:
        field, (message, *_) = next(iter(error.message_dict.items()))
        what = getattr(Study._meta.get_field(field), "verbose_name", field)
        raise StudySetupError(f"{what}: {message}", field) from error


def check_sizes(*numbers: tuple[str, str, int | None]) -> None:
    """Refuse numbers that no column holds. numbers: (setting, the same in words, value)."""
    for field, what, number in numbers:
        if number is not None and not 0 <= number <= LARGEST:
            raise StudySetupError(f"The {what} is {number}; expected 0 to {LARGEST}.", field)


def check_sampling(sampling: str, epsilon: float) -> None:
    if sampling not in Sampling.values:
        raise StudySetupError(
            f"{sampling!r} is not a way to choose pairs. Known: {', '.join(Sampling.values)}.", "sampling"
        )
    if not 0 < epsilon <= 1:
        raise StudySetupError(f"The share drawn evenly is {epsilon:g}; expected more than 0 and at most 1.", "epsilon")


def check_margin(margin: float | None) -> None:
    if margin is not None and not 0 < margin < 0.5:
        raise StudySetupError(
            f"The margin is {100 * margin:g} points of win probability; expected more than 0 and less than 50.",
            "margin",
        )


@dataclass(frozen=True)
class LookPlan:
    """Planned looks: at numbers of votes, at dates, or none; see the fields of Study."""

    look_votes: Sequence[int] | None = None
    look_dates: Sequence[str] | None = None
    look_maximum: int | None = None
    look_spending: str = LookSpending.OBRIEN_FLEMING


def stored_moments(moments: Iterable[datetime]) -> list[str]:
    """Return moments with a zone as Study.look_dates has them."""
    return [_stored_moment(moment) for moment in moments]


def _stored_moment(moment: datetime) -> str:
    try:
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except OverflowError:  # in the first or the last year; refused by look_dates_problem
        return moment.isoformat()


def check_looks(plan: LookPlan, small: System | None, large: System | None, closes: datetime | None = None) -> None:
    """Refuse planned looks that cannot be taken. closes: When rating ends by its date."""
    if plan.look_spending not in LookSpending.values:
        raise StudySetupError(
            f"{plan.look_spending!r} is not a way to plan looks. Known: {', '.join(LookSpending.values)}.",
            "look_spending",
        )
    if plan.look_votes and (problem := looks_problem(plan.look_votes)):
        raise StudySetupError(problem, "look_votes")
    if plan.look_dates or plan.look_maximum is not None:
        _check_look_dates(plan, closes)
    if (plan.look_votes or plan.look_dates) and (small is None or large is None):
        raise StudySetupError(
            "Planned looks are about the two systems in question. Name both, or leave the looks empty.",
            "look_votes" if plan.look_votes else "look_dates",
        )


def _check_look_dates(plan: LookPlan, closes: datetime | None) -> None:
    if not plan.look_dates:
        raise StudySetupError(
            "A number of votes is planned for looks at dates, but no dates. Write the dates, or leave the number "
            "empty.",
            "look_maximum",
        )
    if plan.look_votes:
        raise StudySetupError("Looks are planned at numbers of votes and at dates. Keep one of the two.", "look_dates")
    if problem := look_dates_problem(plan.look_dates):
        raise StudySetupError(problem, "look_dates")
    if problem := look_maximum_problem(plan.look_maximum):
        raise StudySetupError(problem, "look_maximum")
    if closes is not None and closes < datetime.fromisoformat(plan.look_dates[-1]):
        raise StudySetupError("Rating ends before the last planned look. Change one of the two dates.", "look_dates")


def looks_problem(votes: Sequence[int]) -> str:
    """Return what is wrong with planned looks; "" if nothing is."""
    if problem := _number_problem(votes):
        return problem
    if any(later <= earlier for earlier, later in pairwise(votes)):
        return "The numbers of votes at planned looks do not rise. Write each one above the one before."
    if not votes[0] >= LEAST_VOTES or votes[-1] > LARGEST:
        return f"A look is planned at {votes[0]} votes; expected at least {LEAST_VOTES}, below which nothing is said."
    return ""


def look_dates_problem(dates: Sequence[str]) -> str:
    """Return what is wrong with looks at these dates, written as stored_moments does; "" if nothing is."""
    if problem := _number_problem(dates):
        return problem
    for text in dates:
        if not _is_moment(text):
            return f"{text!r} is no date with a time in UTC, such as 2026-12-01T17:00:00Z."
    if any(later <= earlier for earlier, later in pairwise(dates)):
        return "The dates of planned looks do not rise. Write each one after the one before."
    return ""


def look_maximum_problem(votes: int | None) -> str:
    """Return what is wrong with the number of votes that is planned for looks at dates; "" if nothing is."""
    if votes is None:
        return (
            "Looks at dates need the number of votes that is planned by the last one: how strict they are follows from "
            "it."
        )
    if not LEAST_VOTES <= votes <= LARGEST:
        return (
            f"By the last date {votes} votes are planned; expected at least {LEAST_VOTES}, below which nothing is said."
        )
    return ""


def _number_problem(looks: Sequence[object]) -> str:
    if LEAST_LOOKS <= len(looks) <= MOST_LOOKS:
        return ""
    return f"The number of planned looks is {len(looks)}; expected {LEAST_LOOKS} to {MOST_LOOKS}, or none."


def _is_moment(text: str) -> bool:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return False
    return FIRST_YEAR <= moment.year <= LAST_YEAR and stored_moments([moment]) == [text]


def check_criteria(chosen: Sequence[str], own: Sequence[AskedQuestion]) -> None:
    if unknown := [key for key in chosen if key not in LIBRARY]:
        raise StudySetupError(f"Unknown criterion {unknown[0]!r}. Known: {', '.join(LIBRARY)}.", "criteria")
    for criterion in own:
        if not (KEY.fullmatch(criterion.key) and 0 < len(criterion.question) <= LONGEST_QUESTION):
            raise StudySetupError(
                f"{criterion.key!r} is not a question: expected a short name of letters, digits, - and _, "
                f"then the question, of at most {LONGEST_QUESTION} characters.",
                "own_criteria",
            )
    keys = [*chosen, *(criterion.key for criterion in own)]
    if not keys or len(set(keys)) != len(keys):
        raise StudySetupError("Name at least one criterion, and each one once.", "criteria")
