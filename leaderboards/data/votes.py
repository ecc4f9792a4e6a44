"""Read the votes on a criterion as columns, straight from the rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

import numpy as np
from django.db.models import Case, F, Value, When
from django.db.models.functions import Coalesce
from numpy.typing import NDArray

from annotations.models import Criterion, Judgement, JudgementQuerySet, JudgeType, Study
from annotations.quality.vote_columns import OUTCOME_CODES
from leaderboards.data.columns import Columns, Kind, RowFormatError, read_columns
from leaderboards.data.filters import DEFAULT, Filters, restriction
from models_runner.models import Document, Summary, System
from stats.votes.arrays import FloatArray, IntArray, renumbered

CHUNK = 5_000


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
    """The votes on one criterion, one entry a vote in every array.

    The lists of names are sorted, and each name has a vote. Names, not database ids, set the order, so that the same
    votes give the same bootstrap draws in every database.

    Attributes:
        public_id: Two halves of 64 bits, shape (n, 2).
        document, annotator, system_a, system_b: Indices into the lists of names.
        summary_a, summary_b: Primary keys.
        chance: Chance of the draw times the number of comparisons it was drawn among; NaN where nothing was drawn.
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
        """Number of votes by language models."""
        llm = np.array([name in self.llm_annotators for name in self.annotators], dtype=bool)
        return int(llm[self.annotator].sum()) if len(self) else 0

    @cached_property
    def in_order(self) -> IntArray:
        """Indices of the votes by public id, the same order in every database."""
        first = self.public_id[:, 0]
        order = np.argsort(first)
        if (first[order][1:] == first[order][:-1]).any():
            order = np.lexsort((self.public_id[:, 1], first))
        return order

    def rows(self, indices: IntArray) -> list[VoteRow]:
        """Return these votes one by one, for lists and names; statistics take the arrays."""
        outcomes = {code.value: outcome for outcome, code in OUTCOME_CODES.items()}
        return [
            VoteRow(
                UUID(int=(int(self.public_id[i, 0]) << 64) + int(self.public_id[i, 1])),
                outcomes[int(self.outcome[i])],
                self.documents[self.document[i]],
                self.annotators[self.annotator[i]],
                self.systems[self.system_a[i]],
                self.systems[self.system_b[i]],
            )
            for i in indices.tolist()
        ]


def read_board_votes(criterion: Criterion, filters: Filters = DEFAULT) -> BoardVotes:
    """Read filtered_votes, in no order. Six queries, whatever the number of votes."""
    study = criterion.study
    votes, pairs = _votes_with_pairs(criterion, filters)
    people = list(study.annotators.values_list("pk", "pseudonym", "judge_type").order_by())
    annotator, annotators = _by_name(votes["annotator"], {pk: name for pk, name, _ in people})
    document, documents = _by_name(
        pairs["document"], dict(Document.objects.filter(dataset=study.dataset_id).values_list("pk", "external_id"))
    )
    both_systems, systems = _by_name(
        _system_of_each(study, np.concatenate([pairs["summary_a"], pairs["summary_b"]])),
        dict(System.objects.values_list("pk", "slug")),
    )
    return BoardVotes(
        public_id=votes["public_id"],
        outcome=votes["outcome"],
        document=document,
        annotator=annotator,
        system_a=both_systems[: len(annotator)],
        system_b=both_systems[len(annotator) :],
        summary_a=pairs["summary_a"],
        summary_b=pairs["summary_b"],
        chance=votes["chance"],
        documents=documents,
        annotators=annotators,
        systems=systems,
        llm_annotators=frozenset(name for _, name, judge_type in people if judge_type == JudgeType.LLM),
    )


def _votes_with_pairs(criterion: Criterion, filters: Filters) -> tuple[Columns, Columns]:
    """Read the votes, and the pair that each is about: two tables of as many rows."""
    votes, pairs = _vote_columns(criterion, filters), _pair_columns(criterion.study)
    pair_of_vote = _positions(pairs["comparison"], votes.pop("comparison"))
    for_rating = pair_of_vote >= 0
    if not for_rating.all():
        votes = {name: column[for_rating] for name, column in votes.items()}
        pair_of_vote = pair_of_vote[for_rating]
    return votes, {name: column[pair_of_vote] for name, column in pairs.items()}


def _pair_columns(study: Study) -> Columns:
    """Read the comparisons for rating."""
    columns = {"comparison": "pk", "document": "document_id", "summary_a": "summary_a_id", "summary_b": "summary_b_id"}
    return read_columns(
        study.comparisons.for_rating(), **{name: (Kind.INTEGER, field) for name, field in columns.items()}
    )


def _system_of_each(study: Study, summaries: IntArray) -> IntArray:
    """Return the system of each of these summaries. Joined here: in the database it takes twice the time."""
    rows = Summary.objects.filter(run__dataset=study.dataset_id)
    of_dataset = read_columns(rows, summary=(Kind.INTEGER, "pk"), system=(Kind.INTEGER, "run__system_id"))
    positions = _positions(of_dataset["summary"], summaries)
    if (positions < 0).any():
        raise RowFormatError(f"Comparisons of the study {study.slug} have summaries of another dataset's runs.")
    return of_dataset["system"][positions]


def _vote_columns(criterion: Criterion, filters: Filters) -> Columns:
    """Read filtered_votes together with answers to gold and training pairs, which have no row in _pair_columns.

    Asking the database for the purpose of each vote's pair takes longer than reading the pairs once.
    """
    held = Judgement.objects.held().by_included()
    rows = held.filter(restriction(filters, criterion.study), criterion=criterion)
    codes = Case(*(When(outcome=outcome, then=Value(code.value)) for outcome, code in OUTCOME_CODES.items()))
    chance = Coalesce(F("assignment__probability") * F("assignment__drawn_from"), Value(-1.0))
    columns = read_columns(
        rows,
        public_id=(Kind.UUID, "public_id"),
        outcome=(Kind.INTEGER, codes),
        comparison=(Kind.INTEGER, "assignment__comparison_id"),
        annotator=(Kind.INTEGER, "assignment__annotator_id"),
        chance=(Kind.FLOAT, chance),
    )
    columns["chance"][columns["chance"] < 0] = np.nan
    return columns


def _positions(keys: IntArray, wanted: IntArray) -> IntArray:
    """Return the index of each wanted key among the keys; -1 where it is not there."""
    if not len(keys) or not len(wanted):
        return np.full(len(wanted), -1, dtype=np.int64)
    first, span = int(keys.min()), int(keys.max() - keys.min()) + 1
    if span <= 4 * len(keys):
        # A lookup table by key: sorting takes ten times as long.
        table = np.full(span + 1, -1, dtype=np.int64)
        table[keys - first] = np.arange(len(keys))
        return table[np.where((wanted >= first) & (wanted < first + span), wanted - first, span)]
    order = np.argsort(keys)
    nearest = order[np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)]
    return np.where(keys[nearest] == wanted, nearest, -1)


def _by_name(keys: IntArray, name_of: Mapping[int, str]) -> tuple[IntArray, list[str]]:
    """Return the sorted names of the keys that occur, and the index of each key's name among them."""
    if not len(keys):
        return keys, []
    compact = renumbered(keys)
    key_of = np.zeros(int(compact.max()) + 1, dtype=np.int64)
    key_of[compact] = keys
    names = [name_of[key] for key in key_of.tolist()]
    order = np.array(sorted(range(len(names)), key=names.__getitem__))
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank[compact], [names[i] for i in order.tolist()]
