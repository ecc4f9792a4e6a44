"""Everything that the page of a new study says about the study as it is filled in so far."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from hashlib import blake2s

from annotations.drafting.chance_picture import ChancePicture, draw_chances
from annotations.drafting.forecast import (
    Assumptions,
    Bill,
    StudyForecast,
    forecast_study,
)
from annotations.drafting.pair_preview import PairPreview, preview_pair
from annotations.drafting.plan import StudyPlan, plan_of
from annotations.models import Sampling
from annotations.studies.checks import StudySetupError
from annotations.studies.languages import language_name
from annotations.studies.setup import NewStudy
from annotations.studies.work_forecast import in_words, measured_pace
from lib.numbers import count_of, format_count
from models_runner.models import Summary, System
from models_runner.systems.readiness import system_needs
from stats.decisions.power import VotingDesign

CLASSES = {"compact": "Compact", "mid": "Mid-sized", "large": "Large", "": "Of unknown size, baselines, people"}


@dataclass(frozen=True)
class LiveDraft:
    """A study that is being set up.

    Attributes:
        pair: The first pair; None without one.
        design: Of the votes on the two systems in question; None where there are none.
        forecast: None without a margin, annotators or pairs.
        until_asked: How many ratings there are until the two systems in question have all their votes, where these
            come first; None where they do not, or where nothing comes after them.
        choices: What has been chosen, by step, in words.
        languages: What people are asked about languages; "" where nothing is.
    """

    plan: StudyPlan
    pair: PairPreview | None
    bill: Bill
    design: VotingDesign | None
    forecast: StudyForecast | None
    picture: ChancePicture | None
    until_asked: int | None
    choices: list[tuple[str, str]]
    languages: str


def look_at(
    wanted: NewStudy, assumed: Assumptions | None, annotators: int | None, hourly_rate: float | None
) -> LiveDraft:
    """Look at a study as far as it is filled in; nothing is stored."""
    plan = plan_of(wanted, annotators)
    bill = Bill(plan.pairs * wanted.quota, *measured_pace(), annotators, hourly_rate)
    design = _design(plan, wanted.quota, annotators)
    forecast = forecast_study(design, assumed) if design is not None and assumed is not None else None
    return LiveDraft(
        plan=plan,
        pair=_pair(wanted),
        bill=bill,
        design=design,
        forecast=forecast,
        picture=None if forecast is None or forecast.reason else draw_chances(forecast),
        until_asked=_until_asked(wanted, plan, bill),
        choices=list(_choices(wanted, plan, bill)),
        languages=_languages(plan),
    )


def _pair(wanted: NewStudy) -> PairPreview | None:
    try:
        return preview_pair(wanted)
    except StudySetupError:
        return None


def _design(plan: StudyPlan, quota: int, annotators: int | None) -> VotingDesign | None:
    if not annotators or not plan.asked_about:
        return None
    return VotingDesign(annotators, plan.asked_about, min(quota, annotators))


def _until_asked(wanted: NewStudy, plan: StudyPlan, bill: Bill) -> int | None:
    if wanted.sampling != Sampling.QUESTION or not wanted.pair_is_complete or not 0 < plan.asked_about < plan.pairs:
        return None
    share = 1 - wanted.epsilon + wanted.epsilon * plan.asked_about / plan.pairs
    return min(bill.ratings, round(plan.asked_about * wanted.quota / share))


def _choices(wanted: NewStudy, plan: StudyPlan, bill: Bill) -> Iterable[tuple[str, str]]:
    """Say what has been chosen."""
    many = "queries" if plan.noun == "query" else "documents"
    units = f"{format_count(plan.units)} {plan.noun if plan.units == 1 else many}"
    yield "What", f"{units} of {wanted.dataset.name}, {wanted.instruction} summaries"
    systems = count_of(len(wanted.systems), "system")
    yield "Who", ". ".join([f"{systems}, {count_of(plan.pairs, 'pair')} to rate", *_question(wanted)])
    questions, allows_ties = count_of(len(wanted.questions), "question"), wanted.options and wanted.options.allow_tie
    yield "How", f"{questions} on each pair" if allows_ties else f"{questions} on each pair without ties"
    yield "When", _work(bill, count_of(wanted.quota, "vote"))


def _work(bill: Bill, votes: str) -> str:
    if not bill.ratings:
        return f"{votes} on each pair"
    ratings, time = count_of(bill.ratings, "rating"), in_words(bill.ratings * bill.seconds)
    if bill.seconds_each is None:
        return f"{votes} on each pair: {ratings}, about {time}"
    return f"{votes} on each pair: {ratings}, about {time}, {in_words(bill.seconds_each)} for each of {bill.annotators}"


def _question(wanted: NewStudy) -> Iterable[str]:
    if wanted.small_system is None or wanted.large_system is None:
        return
    asked = f"May {wanted.small_system.slug} stand in for {wanted.large_system.slug}?"
    enough = (
        [] if wanted.margin is None else [f"Good enough: surely preferred in {100 * (0.5 - wanted.margin):g} of 100."]
    )
    yield " ".join([asked, *enough])


def _languages(plan: StudyPlan) -> str:
    if len(plan.languages) < 2:
        return ""
    named = ", ".join(f"{language_name(code)} ({n})" for code, n in sorted(plan.languages.items()))
    return f"The documents are in {named}. People are asked which of these they read, and are given no others."


@dataclass(frozen=True)
class SystemRow:
    """A system that can be chosen.

    Attributes:
        covered: How many documents it has summaries of; None while there is no dataset.
        being_written: Whether some of them wait or are being written.
        units: How many there are.
        missing: What it needs before it can run; "" if it is ready.
        used: Whether it has summaries of any dataset.
    """

    system: System
    chosen: bool
    covered: int | None
    being_written: bool
    units: int
    missing: str
    used: bool

    @property
    def is_first(self) -> bool:
        """Whether it is of use: chosen, ready to run, or with summaries of the dataset, of any while there is none."""
        has_summaries = self.used if self.covered is None else bool(self.covered)
        return self.chosen or has_summaries or (not self.missing and not self._is_made_elsewhere)

    @property
    def _is_made_elsewhere(self) -> bool:
        return self.system.adapter == "imported"


@dataclass(frozen=True)
class SystemChoice:
    """The systems that can be chosen, those of use first.

    Attributes:
        first: By size class.
        folded: The others, by name.
    """

    first: list[tuple[str, list[SystemRow]]]
    folded: list[SystemRow]

    @property
    def rows(self) -> list[SystemRow]:
        return [row for _, of_class in self.first for row in of_class] + self.folded

    @property
    def key(self) -> str:
        """Return a short text that is another one when the list is another; what is chosen does not matter."""
        shown = [(row.system.slug, bool(row.covered), bool(row.missing)) for row in self.rows]
        return blake2s(json.dumps(sorted(shown)).encode(), digest_size=8).hexdigest()


def choose_systems(systems: Iterable[System], chosen: Collection[str], draft: LiveDraft | None) -> SystemChoice:
    """List the systems by size class; within one, those with the most summaries first, then those being written."""
    covered = draft.plan.covered if draft else {}
    used = set(Summary.objects.done().order_by().values_list("run__system", flat=True).distinct())
    rows = [
        SystemRow(
            system,
            system.slug in chosen,
            covered.get(system.pk, 0) if draft else None,
            draft is not None and system.pk in draft.plan.being_written,
            draft.plan.units if draft else 0,
            system_needs(system, has_summaries=bool(covered.get(system.pk)) or draft is None),
            system.pk in used,
        )
        for system in systems
    ]
    rows.sort(key=lambda row: (-(row.covered or 0), not row.being_written, row.system.slug))
    first = [row for row in rows if row.is_first]
    groups = [(label, [row for row in first if (row.system.size_class or "") == key]) for key, label in CLASSES.items()]
    return SystemChoice([group for group in groups if group[1]], [row for row in rows if not row.is_first])
