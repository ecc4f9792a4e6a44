"""Rows of the tables of errors: rates by system and kind, errors and votes, agreement of readers."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp
from typing import Any

from leaderboards.presentation.errors.bars import interval_text
from marks.kinds.library import kind_label

Values = Mapping[str, Any]


@dataclass(frozen=True)
class SystemErrors:
    """A system's line: readings, errors per 100 words and per summary, shares; kinds in the order of the study."""

    system: str
    readings: int
    per_words: str
    per_summary: str
    share: str
    major: str
    kinds: list[tuple[str, str]]


@dataclass(frozen=True)
class LosingKind:
    """A kind with the odds of losing for one more error of it, and whether the interval leaves out even odds."""

    label: str
    odds: str
    sure: bool
    reason: str


@dataclass(frozen=True)
class KindAgreement:
    label: str
    f1: str
    alpha: str


def system_rows(figures: Values) -> list[SystemErrors]:
    """Return a line for each system that somebody read, the most errors per 100 words first."""
    read = [system for system in figures.get("systems", ()) if system["readings"]]
    read.sort(key=lambda system: -(system["errors_per_100_words"]["value"] or 0.0))
    return [_system(system) for system in read]


def _system(system: Values) -> SystemErrors:
    return SystemErrors(
        system["system"],
        system["readings"],
        decimals(system["errors_per_100_words"]),
        decimals(system["errors_per_summary"]),
        interval_text(system["share"]),
        interval_text(system["major_share"]),
        [(kind_label(name), interval_text(kind["share"])) for name, kind in system["kinds"].items()],
    )


def decimals(figure: Values) -> str:
    """Return a figure with two decimals and its interval."""
    if figure["value"] is None:
        return "—"
    if figure["lower"] is None or figure["upper"] is None:
        return f"{figure['value']:.2f}"
    return f"{figure['value']:.2f} ({figure['lower']:.2f}–{figure['upper']:.2f})"


def losing_rows(figures: Values, criterion: str) -> list[LosingKind]:
    """Return the kinds with their odds of losing, the largest first, undefined ones last; none without votes."""
    of_criterion = figures.get("losing", {}).get("criteria", {}).get(criterion, {})
    found = of_criterion.get("log_odds_of_losing", {}) if of_criterion.get("votes") else {}
    ordered = sorted(found.items(), key=lambda item: -(item[1]["value"] if item[1]["value"] is not None else -99.0))
    return [_losing(name, figure) for name, figure in ordered]


def _losing(name: str, figure: Values) -> LosingKind:
    if figure["value"] is None or figure["lower"] is None:
        return LosingKind(kind_label(name), "—", sure=False, reason=figure["reason"])
    odds = {side: exp(min(figure[side], 9.0)) for side in ("value", "lower", "upper")}
    sure = not figure["reason"] and not figure["lower"] <= 0 <= figure["upper"]
    return LosingKind(kind_label(name), decimals(odds), sure, figure["reason"])


def agreement_rows(figures: Values) -> list[KindAgreement]:
    """Return how far readers agree on each kind."""
    kinds = figures.get("agreement", {}).get("kinds", {})
    return [
        KindAgreement(kind_label(name), decimals(found["span_f1"]), decimals(found["alpha"]))
        for name, found in kinds.items()
    ]
