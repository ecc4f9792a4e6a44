"""Votes as the statistics and the exports need them: straight from the rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from django.db.models import Case, F, Value, When
from django.db.models.functions import Coalesce
from numpy.typing import NDArray

from annotations.models import Criterion, Judgement, JudgementQuerySet, JudgeType, Outcome, Strength, Study
from leaderboards.data.columns import Kind, RowFormatError, read_columns
from leaderboards.data.filters import DEFAULT, Filters, restriction
from models_runner.models import Document, Summary, System
from stats.votes.arrays import FloatArray, IntArray, OutcomeCode, renumbered

CHUNK = 5_000
CODES = {
    Outcome.A.value: OutcomeCode.A,
    Outcome.B.value: OutcomeCode.B,
    Outcome.TIE.value: OutcomeCode.TIE,
    Outcome.BOTH_BAD.value: OutcomeCode.BOTH_BAD,
}
# The wider world says model_a and model_b; tie and both_bad are the same words there.
WINNERS = {
    Outcome.A.value: "model_a",
    Outcome.B.value: "model_b",
    Outcome.TIE.value: "tie",
    Outcome.BOTH_BAD.value: "both_bad",
}
# A summary of the pair names a model or maker that its meeting does not: the vote counts, and may be left out.
NAMES_A_MODEL = "names_a_model"
EXPORT_FIELDS = (
    "id",
    "comparison_id",
    "document_id",
    "query",
    "criterion",
    "model_a",
    "model_b",
    "winner",
    "judge",
    "judge_type",
    "shown_left",
    "sampling_prob",
    "sampling_from",
    "strength",
    "lead_time",
    "active_time",
    "void_reason",
    "tstamp",
)

_COMPARISON = "assignment__comparison"
_SYSTEM_A, _SYSTEM_B = (f"{_COMPARISON}__summary_{side}__run__system__slug" for side in "ab")
_DOCUMENT, _JUDGE = f"{_COMPARISON}__document__external_id", "assignment__annotator__pseudonym"


class VoteRow(NamedTuple):
    """One vote; system_a is the system of the comparison's summary_a, whichever side it was shown on."""

    id: UUID
    outcome: str
    document: str
    annotator: str
    system_a: str
    system_b: str


def filtered_votes(criterion: Criterion, filters: Filters = DEFAULT) -> JudgementQuerySet:
    """Counted votes on one criterion that the filters let in."""
    return Judgement.objects.counted().filter(restriction(filters, criterion.study), criterion=criterion)


@dataclass(frozen=True)
class BoardVotes:
    """One entry a vote in every array; document, annotator, system_a and system_b are places in the lists of names.

    Names are sorted and each has a vote: names and not database ids set the order, so that the same exported votes give
    the same draws anywhere. public_id: two halves of 64 bits each. summary_a, summary_b: primary keys. chance: of the
    draw, times the number of comparisons it was drawn among; NaN where nothing was drawn.
    """

    public_id: NDArray[np.uint64]
    outcome: IntArray
    document: IntArray
    annotator: IntArray
    system_a: IntArray
    system_b: IntArray
    summary_a: IntArray
    summary_b: IntArray
    chance: FloatArray
    documents: list[str]
    annotators: list[str]
    systems: list[str]
    llm_annotators: frozenset[str]

    def __len__(self) -> int:
        return len(self.outcome)

    @property
    def by_llm(self) -> int:
        """How many language models gave."""
        llm = np.array([name in self.llm_annotators for name in self.annotators], dtype=bool)
        return int(llm[self.annotator].sum()) if len(self) else 0

    @cached_property
    def in_order(self) -> IntArray:
        """Places of the votes by public id: the same order in every database."""
        first = self.public_id[:, 0]
        order = np.argsort(first)
        if (first[order][1:] == first[order][:-1]).any():
            order = np.lexsort((self.public_id[:, 1], first))
        return order

    def rows(self, places: IntArray) -> list[VoteRow]:
        """These votes one by one, for lists and names; statistics take the arrays."""
        outcomes = {code.value: outcome for outcome, code in CODES.items()}
        return [
            VoteRow(
                UUID(int=(int(self.public_id[i, 0]) << 64) + int(self.public_id[i, 1])),
                outcomes[int(self.outcome[i])],
                self.documents[self.document[i]],
                self.annotators[self.annotator[i]],
                self.systems[self.system_a[i]],
                self.systems[self.system_b[i]],
            )
            for i in places.tolist()
        ]


def read_board_votes(criterion: Criterion, filters: Filters = DEFAULT) -> BoardVotes:
    """The answers on one criterion that the filters let in, in no order. Six queries, whatever the number of votes."""
    study = criterion.study
    given, pairs = _answers(criterion, filters), _pairs(study)
    about = _places(pairs["comparison"], given.pop("comparison"))
    if (about < 0).any():  # gold and training pairs
        given, about = {name: column[about >= 0] for name, column in given.items()}, about[about >= 0]
    pairs = {name: column[about] for name, column in pairs.items()}
    people = list(study.annotators.values_list("pk", "pseudonym", "judge_type").order_by())
    annotator, annotators = _by_name(given["annotator"], {pk: name for pk, name, _ in people})
    document, documents = _by_name(
        pairs["document"], dict(Document.objects.filter(dataset=study.dataset_id).values_list("pk", "external_id"))
    )
    both, systems = _by_name(
        _systems(study, np.concatenate([pairs["summary_a"], pairs["summary_b"]])),
        dict(System.objects.values_list("pk", "slug")),
    )
    return BoardVotes(
        public_id=given["public_id"],
        outcome=given["outcome"],
        document=document,
        annotator=annotator,
        system_a=both[: len(annotator)],
        system_b=both[len(annotator) :],
        summary_a=pairs["summary_a"],
        summary_b=pairs["summary_b"],
        chance=given["chance"],
        documents=documents,
        annotators=annotators,
        systems=systems,
        llm_annotators=frozenset(name for _, name, judge_type in people if judge_type == JudgeType.LLM),
    )


def _pairs(study: Study) -> dict[str, IntArray]:
    """The comparisons for rating."""
    columns = {"comparison": "pk", "document": "document_id", "summary_a": "summary_a_id", "summary_b": "summary_b_id"}
    return read_columns(
        study.comparisons.for_rating(), **{name: (Kind.INTEGER, field) for name, field in columns.items()}
    )


def _systems(study: Study, summaries: IntArray) -> IntArray:
    """Whose these summaries of the study's dataset are. Joined here: in the database it takes twice the time."""
    rows = Summary.objects.filter(run__dataset=study.dataset_id)
    known = read_columns(rows, summary=(Kind.INTEGER, "pk"), system=(Kind.INTEGER, "run__system_id"))
    place = _places(known["summary"], summaries)
    if (place < 0).any():
        raise RowFormatError(f"Comparisons of the study {study.slug} have summaries of another dataset's runs.")
    return known["system"][place]


def _answers(criterion: Criterion, filters: Filters) -> dict[str, NDArray[Any]]:
    """Columns of filtered_votes, and of answers to gold and training pairs, which _pairs leaves out.

    To ask the database for the purpose of each vote's pair takes longer than to read the pairs once.
    """
    held = Judgement.objects.held().by_included()
    rows = held.filter(restriction(filters, criterion.study), criterion=criterion)
    codes = Case(*(When(outcome=outcome, then=Value(code.value)) for outcome, code in CODES.items()))
    drawn = Coalesce(F("assignment__probability") * F("assignment__drawn_from"), Value(-1.0))
    columns = read_columns(
        rows,
        public_id=(Kind.UUID, "public_id"),
        outcome=(Kind.INTEGER, codes),
        comparison=(Kind.INTEGER, "assignment__comparison_id"),
        annotator=(Kind.INTEGER, "assignment__annotator_id"),
        chance=(Kind.FLOAT, drawn),
    )
    columns["chance"][columns["chance"] < 0] = np.nan
    return columns


def _places(keys: IntArray, wanted: IntArray) -> IntArray:
    """Where each of the wanted keys is among the keys; -1 where it is not."""
    if not len(keys) or not len(wanted):
        return np.full(len(wanted), -1, dtype=np.int64)
    first, span = int(keys.min()), int(keys.max() - keys.min()) + 1
    if span <= 4 * len(keys):
        # A table by number; sorting takes ten times as long.
        table = np.full(span + 1, -1, dtype=np.int64)
        table[keys - first] = np.arange(len(keys))
        return table[np.where((wanted >= first) & (wanted < first + span), wanted - first, span)]
    order = np.argsort(keys)
    place = order[np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)]
    return np.where(keys[place] == wanted, place, -1)


def _by_name(keys: IntArray, names: Mapping[int, str]) -> tuple[IntArray, list[str]]:
    """Each key's place among the names of those that occur, sorted."""
    if not len(keys):
        return keys, []
    compact = renumbered(keys)
    key_of = np.zeros(int(compact.max()) + 1, dtype=np.int64)
    key_of[compact] = keys
    found = [names[key] for key in key_of.tolist()]
    order = np.array(sorted(range(len(found)), key=found.__getitem__))
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return place[compact], [found[i] for i in order.tolist()]


def export_rows(
    study: Study, criterion: Criterion | None = None, filters: Filters = DEFAULT
) -> Iterator[dict[str, object]]:
    """The study's votes on one criterion, or on all, oldest first; read in chunks, never all at once."""
    values = _exported(study, criterion, filters).values_list(
        "public_id",
        f"{_COMPARISON}_id",
        _DOCUMENT,
        f"{_COMPARISON}__query__text",
        "criterion__key",
        _SYSTEM_A,
        _SYSTEM_B,
        "outcome",
        _JUDGE,
        "assignment__annotator__judge_type",
        "assignment__shown_left",
        "assignment__probability",
        "assignment__drawn_from",
        "strength",
        "lead_time_ms",
        "active_ms",
        f"{_COMPARISON}__summary_a_id",
        f"{_COMPARISON}__summary_b_id",
        "created_at",
    )
    named = set(study.giveaway_checks.filter(flagged=True).values_list("summary_id", flat=True))
    for row in values.iterator(CHUNK):
        vote, comparison, document, query, key, a, b, outcome, judge, kind, left, p, n, strength, *rest = row
        lead_ms, active_ms, first, second, at = rest
        yield {
            "id": str(vote),
            "comparison_id": comparison,
            "document_id": document,
            "query": query,
            "criterion": key,
            "model_a": a,
            "model_b": b,
            "winner": WINNERS[outcome],
            "judge": judge,
            "judge_type": kind,
            "shown_left": left or None,
            "sampling_prob": p,
            "sampling_from": n,
            "strength": strength and Strength(strength).label,
            "lead_time": None if lead_ms is None else lead_ms / 1000,
            "active_time": None if active_ms is None else active_ms / 1000,
            "void_reason": NAMES_A_MODEL if named & {first, second} else None,
            "tstamp": round(at.timestamp(), 3),
        }


def _exported(study: Study, criterion: Criterion | None, filters: Filters) -> JudgementQuerySet:
    rows = Judgement.objects.counted().filter(restriction(filters, study), criterion__study=study).order_by("pk")
    return rows if criterion is None else rows.filter(criterion=criterion)
