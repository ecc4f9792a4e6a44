"""Put a decision report together from the stored snapshots: the board's, and one of what is said of people.

Nothing in it names an annotator: it is made to be passed on.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext, pgettext

from annotations.models import WhichDocuments
from leaderboards.boards.typical_pairs import RULE, typical_values
from leaderboards.presentation.analysis import words as analysis_words
from leaderboards.presentation.board_verdict import BoardVerdict, say_verdict, votes_on_the_two
from leaderboards.presentation.errors.words import with_why
from leaderboards.presentation.flags import flag_note
from leaderboards.presentation.looks import SaidLooks, looks_of
from leaderboards.presentation.methods import judging_of, paragraph
from leaderboards.presentation.report.limits import limits_of
from leaderboards.presentation.report.typical import PairNames, TypicalPair, show_typical
from leaderboards.presentation.trust.voters import all_said_of_voters
from leaderboards.snapshots.cache import cached_value
from leaderboards.snapshots.query import BoardQuery, SnapshotPendingError
from lib.numbers import UNDEFINED, format_count, format_fraction, format_parameters, format_percent
from lib.text.translated import translated, translated_list

Values = Mapping[str, Any]


@dataclass(frozen=True)
class StatedAgreement:
    """How far people agree: a sentence, and the numbers behind it; none where too little was said."""

    sentences: list[str]
    numbers: list[tuple[str, str]]


@dataclass(frozen=True)
class DecisionReport:
    """Everything on the report, ready to print.

    What this package says is in the language of the page. The verdict, the rule, the sentences on agreement and the
    methods are English, as those who say them write them, and translated where they are shown.

    Attributes:
        asks: The question of the decision.
        systems: The two systems as (small or large, slug, what it is).
        counts: Votes (on the two systems alone, where others were rated as well), annotators and documents, as (name,
            number).
        rule: How the typical pairs were chosen.
        goes_on: Whether somebody may still rate.
        looks: How planned looks stand, in the language of the page; "" where none are planned at this question.
        looks_settled: Whether votes added now change nothing of what the planned looks said.
        as_of: When the votes were as counted here.
        has_texts: Whether summaries are shown.
    """

    title: str
    question: str
    asks: str
    verdict: BoardVerdict
    systems: list[tuple[str, str, str]]
    counts: list[tuple[str, str]]
    pairs: list[TypicalPair]
    rule: str
    agreement: StatedAgreement
    limits: list[str]
    methods: list[str]
    sources: list[str]
    simulated: bool
    goes_on: bool
    looks: str
    looks_settled: bool
    as_of: datetime
    fingerprint: str
    has_texts: bool


def make_report(query: BoardQuery, left_out: list[str], *, texts: bool = True, comments: bool = True) -> DecisionReport:
    """Make the report of a question. Raises SnapshotPendingError where a worker is still computing.

    Args:
        left_out: What the filters leave out, in words.
        texts, comments: Whether the texts of summaries, and what annotators wrote, are shown.
    """
    served = query.served("board")
    if served.snapshot is None or served.values is None:
        raise SnapshotPendingError(query, served)
    board, people = served.values, query.values("people")
    verdict = with_why(say_verdict(board), query.study)
    # Pseudonyms of flagged annotators stay inside the study: the limits say how many they are.
    methods, sources = paragraph(board | {"flagged_annotators": []}, judging_of(query.study))
    looks = _looks(query)
    return DecisionReport(
        title=query.study.title,
        question=query.criterion.question,
        asks=_asks(verdict),
        verdict=verdict,
        systems=[(side, line["system"], _about(line)) for side, line in _lines_of(board, verdict)],
        counts=_counts(board),
        pairs=_pairs(query, board, verdict, texts=texts, comments=comments),
        rule=RULE,
        agreement=_agreement(people, simulated=query.study.simulated),
        limits=limits_of(
            board,
            flag_note(query.study, query.filters),
            left_out,
            simulated=query.study.simulated,
            chosen=query.study.which_documents == WhichDocuments.CHOSEN,
        ),
        methods=methods,
        sources=sources,
        simulated=query.study.simulated,
        goes_on=not query.study.is_over(timezone.now()),
        looks="" if looks is None else _said(looks),
        looks_settled=looks is not None and looks.settled,
        as_of=served.snapshot.as_of,
        fingerprint=board["fingerprint"],
        has_texts=texts,
    )


def _looks(query: BoardQuery) -> SaidLooks | None:
    """Return the planned looks if they are at the answers to this question."""
    looks = looks_of(query.study)
    return None if looks is None or looks.criterion != query.criterion else looks


def _said(looks: SaidLooks) -> str:
    return translated_list([gettext("Planned looks:"), looks.heading, *looks.sentences, looks.they_decide], " ")


def _asks(verdict: BoardVerdict) -> str:
    if verdict.small and verdict.large:
        names = {"small": verdict.small, "large": verdict.large}
        return gettext("Is %(small)s good enough in place of %(large)s?") % names
    return gettext("Is the small system good enough in place of the large one?")


def _counts(board: Values) -> list[tuple[str, str]]:
    counts = [(gettext("Votes"), board["votes"])]
    if (on_the_two := votes_on_the_two(board["verdict"])) < board["votes"]:
        counts = [(gettext("Votes on the two"), on_the_two), (gettext("Votes on all systems"), board["votes"])]
    counts += [(gettext("Annotators"), board["annotators"]), (gettext("Documents"), board["documents"])]
    return [(name, format_count(number)) for name, number in counts]


def _lines_of(board: Values, verdict: BoardVerdict) -> list[tuple[str, Values]]:
    """Return the lines of the two systems, with which of the two each is."""
    by_slug = {line["system"]: line for line in board["systems"]}
    sides = ((gettext("Small"), verdict.small), (gettext("Large"), verdict.large))
    return [(side, by_slug[slug]) for side, slug in sides if slug in by_slug]


def _about(line: Values) -> str:
    size = format_parameters(line["parameters"]) if line["parameters"] else ""
    sized = size and pgettext("a system", "%(size)s parameters") % {"size": size}
    named = line["name"] if line["name"] != line["system"] else ""
    return translated_list((part for part in (named, line["regime"], sized) if part), ", ")


def _pairs(
    query: BoardQuery, board: Values, verdict: BoardVerdict, *, texts: bool, comments: bool
) -> list[TypicalPair]:
    small, large = verdict.small, verdict.large
    if not (small and large) or not board["votes"]:
        return []
    chosen = cached_value(
        query,
        board["fingerprint"],
        f"typical pairs of {small} and {large}",
        lambda: typical_values(query.criterion, query.filters, small, large),
    )
    return show_typical(query, chosen, PairNames(small, large), texts=texts, comments=comments)


def _agreement(people: Values, *, simulated: bool) -> StatedAgreement:
    if people["too_few"]:
        return StatedAgreement([f"{people['too_few'].capitalize()}."], [])
    agreement, sides = people["agreement"], people["side_bias"]
    sentences = [analysis_words.on_agreement(agreement), analysis_words.on_sides(sides)]
    sentences = all_said_of_voters(sentences, simulated=simulated)
    numbers = [(gettext("Krippendorff’s α"), _estimate(agreement["alpha"], lambda value: format_fraction(value, 2)))]
    if agreement["observed"] is not None:
        shares = {name: format_percent(agreement[name]) for name in ("observed", "expected")}
        said = pgettext("votes that agree", "%(observed)s (by chance %(expected)s)") % shares
        numbers.append((gettext("Pairs of votes that agree"), said))
    numbers.append((gettext("Left summary wins"), _estimate(sides["left_wins"], format_percent)))
    return StatedAgreement(sentences, numbers)


def _estimate(estimate: Values, write: Callable[[float], str]) -> str:
    """Write a value with its interval, or a dash with the reason, in the language of the page."""
    if estimate["value"] is None:
        return pgettext("an estimate", "%(value)s (%(reason)s)") % {
            "value": UNDEFINED,
            "reason": translated(estimate["reason"]),
        }
    if estimate["lower"] is None:
        return pgettext("an estimate", "%(value)s (no interval: %(reason)s)") % {
            "value": write(estimate["value"]),
            "reason": translated(estimate["interval_reason"]),
        }
    return pgettext("an estimate", "%(value)s (%(lower)s to %(upper)s)") % {
        name: write(estimate[name]) for name in ("value", "lower", "upper")
    }
