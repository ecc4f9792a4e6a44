"""Read the votes on a criterion as columns, straight from the rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from annotations.models import Criterion, Judgement, JudgementQuerySet, JudgeType
from annotations.quality.vote_columns import OUTCOME_CODES
from leaderboards.data.cache.reading import keeps_votes, read_kept_votes
from leaderboards.data.filters import DEFAULT, Filters, restriction
from leaderboards.data.vote_rows import read_vote_rows
from models_runner.models import Document, System
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
        strength: As in VoteArrays; None where the filters do not ask for it.
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
    strength: IntArray | None = None

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
    """Read filtered_votes, in no order. Seven queries, whatever the number of votes, unless there are so many of them
    that they are kept in a file: then what was kept, and what may have changed since."""
    study = criterion.study
    kept = not (filters.restricts or filters.strength) and keeps_votes(criterion)
    votes = read_kept_votes(criterion) if kept else read_vote_rows(criterion, filters)
    people = list(study.annotators.values_list("pk", "pseudonym", "judge_type").order_by())
    annotator, annotators = _by_name(votes["annotator"], {pk: name for pk, name, _ in people})
    document, documents = _by_name(
        votes["document"], dict(Document.objects.filter(dataset=study.dataset_id).values_list("pk", "external_id"))
    )
    both_systems, systems = _by_name(
        np.concatenate([votes["system_a"], votes["system_b"]]),
        dict(System.objects.values_list("pk", "slug")),
    )
    return BoardVotes(
        public_id=votes["public_id"],
        outcome=votes["outcome"],
        document=document,
        annotator=annotator,
        system_a=both_systems[: len(annotator)],
        system_b=both_systems[len(annotator) :],
        summary_a=votes["summary_a"],
        summary_b=votes["summary_b"],
        chance=votes["chance"],
        documents=documents,
        annotators=annotators,
        systems=systems,
        llm_annotators=frozenset(name for _, name, judge_type in people if judge_type == JudgeType.LLM),
        strength=votes.get("strength"),
    )


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
