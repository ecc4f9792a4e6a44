"""Show the typical pairs of a report: both texts, how the votes fall on every question, what annotators wrote."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Count, F
from django.utils.translation import gettext, ngettext, pgettext

from annotations.models import Comparison, Judgement, Remark, Strength, Study, SummaryFormat
from leaderboards.boards.typical_pairs import LOSS, TIE, WIN
from leaderboards.data.filters import restriction
from leaderboards.snapshots.query import BoardQuery
from lib.markup.plain import plain_text
from lib.numbers import format_count
from lib.text.cutting import cut_text
from lib.text.translated import translated_list

TEXT_COLUMNS, COMMENT_COLUMNS, MOST_COMMENTS = 700, 240, 3
SMALL, LARGE, EQUAL, BAD = "small", "large", "tie", "both_bad"


@dataclass(frozen=True)
class ShownComment:
    """What somebody wrote, with their answer in words; nothing says who."""

    answer: str
    text: str


@dataclass(frozen=True)
class TypicalPair:
    """A typical pair, or why there is none.

    Attributes:
        comparison: 0 without a pair.
        votes: How the votes on the report's question fall, in words.
        other_questions: The same of the study's other questions, by question.
        small_text, large_text: Cut where they are long; "" where texts are not shown.
        more_comments: How many are not shown.
        reason: Why there is none; "" with a pair.
    """

    kind: str
    title: str
    comparison: int = 0
    document: str = ""
    language: str = ""
    asked: str = ""
    votes: str = ""
    other_questions: list[tuple[str, str]] = field(default_factory=list)
    small_text: str = ""
    large_text: str = ""
    comments: list[ShownComment] = field(default_factory=list)
    more_comments: int = 0
    reason: str = ""


@dataclass(frozen=True)
class PairNames:
    """The two systems, for sentences in the language of the page."""

    small: str
    large: str

    def answer(self, side: str) -> str:
        """Name an answer, before what somebody wrote."""
        if side in (EQUAL, BAD):
            return {EQUAL: gettext("equally good"), BAD: gettext("both bad")}[side]
        return pgettext("an answer", "for %(system)s") % {"system": self._system(side)}

    def votes(self, side: str, votes: int, much: int) -> str:
        """Say how many votes an answer has, and how many of them say much better."""
        said = {
            EQUAL: pgettext("votes on a pair", "%(n)s equally good"),
            BAD: pgettext("votes on a pair", "%(n)s both bad"),
        }.get(side, pgettext("votes on a pair", "%(n)s for %(system)s"))
        text = said % {"n": format_count(votes), "system": self._system(side)}
        return text + (gettext(" (%(much)s of them: much better)") % {"much": format_count(much)} if much else "")

    def _system(self, side: str) -> str:
        return self.small if side == SMALL else self.large

    def title(self, kind: str, pair: Mapping[str, Any] | None) -> str:
        if kind == TIE and pair is not None and not pair["tie"] * 2 > sum(pair[n] for n in COUNTS):
            return gettext("A tie: evenly split")
        titles = {
            WIN: pgettext("a pair", "A clear win of %(system)s"),
            LOSS: pgettext("a pair", "A clear loss of %(system)s"),
            TIE: gettext("A tie"),
        }
        return titles[kind] % {"system": self.small}

    def missing(self, kind: str) -> str:
        if kind == TIE:
            return gettext(
                "There is no pair of at least two votes on which most people called both equally good, and none on "
                "which they are evenly split."
            )
        said = gettext("There is no pair of at least two votes on which most people preferred %(system)s.")
        return said % {"system": self.small if kind == WIN else self.large}


COUNTS = ("for_small", "for_large", "tie", "both_bad")


def show_typical(
    query: BoardQuery,
    chosen: Mapping[str, Mapping[str, Any] | None],
    names: PairNames,
    *,
    texts: bool,
    comments: bool,
) -> list[TypicalPair]:
    """Load what is shown of the chosen pairs (boards.typical_pairs), in four queries."""
    ids = [pair["comparison"] for pair in chosen.values() if pair is not None]
    comparisons = Comparison.objects.select_related(
        "document", "query", "summary_a__run__system", "summary_b__run__system"
    ).in_bulk(ids)
    small_is_a = {pk: pair.summary_a.run.system.slug == names.small for pk, pair in comparisons.items()}
    votes = _votes(query, ids, small_is_a, names)
    remarks = _comments(query, ids, small_is_a, names) if comments else {}
    shown = []
    for kind, pair in chosen.items():
        comparison = comparisons.get(pair["comparison"]) if pair is not None else None
        title = names.title(kind, pair)
        if comparison is None:
            shown.append(TypicalPair(kind, title, reason=names.missing(kind)))
            continue
        typical = _with_votes(query, TypicalPair(kind, title, comparison=comparison.pk), votes[comparison.pk])
        typical = _with_comments(typical, remarks.get(comparison.pk, []))
        shown.append(_with_texts(typical, query.study, comparison, small_is_a[comparison.pk]) if texts else typical)
    return shown


def _with_votes(query: BoardQuery, pair: TypicalPair, votes: Mapping[int, str]) -> TypicalPair:
    others = [other for other in query.study.criteria.all() if other.pk != query.criterion.pk and other.pk in votes]
    return replace(
        pair,
        votes=votes.get(query.criterion.pk, ""),
        other_questions=[(other.question, votes[other.pk]) for other in others],
    )


def _with_comments(pair: TypicalPair, said: list[ShownComment]) -> TypicalPair:
    return replace(pair, comments=said[:MOST_COMMENTS], more_comments=max(0, len(said) - MOST_COMMENTS))


def _with_texts(pair: TypicalPair, study: Study, comparison: Comparison, small_is_a: bool) -> TypicalPair:
    """Add the summaries, and which document they are of."""
    a, b = (_text(summary.text, study) for summary in (comparison.summary_a, comparison.summary_b))
    return replace(
        pair,
        document=str(comparison.document),
        language=comparison.document.language,
        asked=comparison.query.text if comparison.query is not None else "",
        small_text=a if small_is_a else b,
        large_text=b if small_is_a else a,
    )


def _text(text: str, study: Study) -> str:
    """Return a summary as annotators read it, without markup unless they saw it as written, and cut."""
    return cut_text(text if study.summary_format == SummaryFormat.WRITTEN else plain_text(text), TEXT_COLUMNS)


def _side(outcome: str, small_is_a: bool) -> str:
    if outcome in ("a", "b"):
        return SMALL if (outcome == "a") == small_is_a else LARGE
    return outcome


def _votes(
    query: BoardQuery, ids: Collection[int], small_is_a: Mapping[int, bool], names: PairNames
) -> dict[int, dict[int, str]]:
    """Write how the votes fall, by comparison and question."""
    counted = Judgement.objects.counted().filter(
        restriction(query.filters, query.study), criterion__study=query.study, assignment__comparison__in=ids
    )
    key = ("assignment__comparison", "criterion", "outcome", "strength")
    sides: dict[tuple[int, int], Counter[str]] = defaultdict(Counter)
    much: dict[tuple[int, int], Counter[str]] = defaultdict(Counter)
    for comparison, criterion, outcome, strength, n in (
        counted.order_by().values_list(*key).annotate(n=Count("pk")).values_list(*key, "n")
    ):
        side = _side(outcome, small_is_a[comparison])
        sides[comparison, criterion][side] += n
        much[comparison, criterion][side] += n if strength == Strength.MUCH else 0
    written: dict[int, dict[int, str]] = defaultdict(dict)
    for (comparison, criterion), votes in sides.items():
        written[comparison][criterion] = _in_words(votes, much[comparison, criterion], names)
    return written


def _in_words(votes: Counter[str], much: Counter[str], names: PairNames) -> str:
    parts = [names.votes(side, votes[side], much[side]) for side in (SMALL, LARGE, EQUAL, BAD) if votes[side]]
    said = ngettext("%(n)s vote: %(parts)s", "%(n)s votes: %(parts)s", votes.total())
    return said % {"n": format_count(votes.total()), "parts": translated_list(parts, ", ")}


def _comments(
    query: BoardQuery, ids: Sequence[int], small_is_a: Mapping[int, bool], names: PairNames
) -> dict[int, list[ShownComment]]:
    """Load the comments of those whose votes on the question count, in an order that tells nobody apart: by text."""
    votes = Judgement.objects.counted().filter(
        restriction(query.filters, query.study), criterion=query.criterion, assignment__comparison__in=ids
    )
    outcome_of = dict(votes.values_list("assignment", "outcome"))
    standing = Remark.objects.standing().filter(assignment__in=list(outcome_of), kind=Remark.Kind.COMMENT)
    by_pair: dict[int, list[ShownComment]] = defaultdict(list)
    rows: Iterable[tuple[int, int, str]] = standing.order_by("text", "pk").values_list(
        "assignment", F("assignment__comparison"), "text"
    )
    for assignment, comparison, text in rows:
        side = _side(outcome_of[assignment], small_is_a[comparison])
        by_pair[comparison].append(ShownComment(names.answer(side), cut_text(" ".join(text.split()), COMMENT_COLUMNS)))
    return by_pair
