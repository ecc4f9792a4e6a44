"""Read what a judge says of a study's pairs in the form of votes, for boards that say whose they are."""

from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.models import Criterion
from annotations.quality.vote_columns import OUTCOME_CODES
from judges.models import Judge
from judges.report.outcomes import judged_pairs
from leaderboards.data.filters import Filters, pair_restriction
from leaderboards.data.votes import BoardVotes
from stats.votes.arrays import IntArray

AT_ONCE = 5_000
COLUMNS = (
    *("pk", "document__external_id", "query__position", "summary_a_id", "summary_b_id"),
    *("summary_a__run__system__slug", "summary_b__run__system__slug"),
)


def read_judge_votes(criterion: Criterion, filters: Filters) -> BoardVotes:
    """Read one outcome for each pair on which the filters' judge has a verdict, both orders and all samples together.

    They are all one annotator's, so that intervals come from documents alone.
    """
    judge = Judge.objects.get(name=filters.judge)
    outcomes = judged_pairs(judge, criterion).outcomes
    pairs = criterion.study.comparisons.for_rating().filter(pair_restriction(filters)).order_by("pk")
    rows = [row for row in pairs.values_list(*COLUMNS).iterator(AT_ONCE) if row[0] in outcomes]
    document, documents = _numbered([row[1] for row in rows])
    both, systems = _numbered([row[5] for row in rows] + [row[6] for row in rows])
    return BoardVotes(
        public_id=_ids(judge.name, criterion.key, rows),
        outcome=_array([OUTCOME_CODES[outcomes[row[0]]].value for row in rows]),
        document=document,
        annotator=np.zeros(len(rows), dtype=np.int64),
        system_a=both[: len(rows)],
        system_b=both[len(rows) :],
        summary_a=_array([row[3] for row in rows]),
        summary_b=_array([row[4] for row in rows]),
        chance=np.full(len(rows), np.nan),
        documents=documents,
        annotators=[judge.name] if rows else [],
        systems=systems,
        llm_annotators=frozenset({judge.name}),
    )


def _array(values: list[int]) -> IntArray:
    return np.array(values, dtype=np.int64)


def _numbered(names: list[str]) -> tuple[IntArray, list[str]]:
    """Return the sorted names, and the index of each given one among them."""
    known = sorted(set(names))
    number = {name: i for i, name in enumerate(known)}
    return _array([number[name] for name in names]), known


def _ids(judge: str, criterion: str, rows: list[tuple[Any, ...]]) -> NDArray[np.uint64]:
    """Return an id of 128 bits for each row, the same in every database, shape (n, 2)."""
    digests = [
        blake2b(repr((judge, criterion, row[1], row[2], row[5], row[6])).encode(), digest_size=16).digest()
        for row in rows
    ]
    return np.frombuffer(b"".join(digests), dtype=">u8").reshape(-1, 2).astype(np.uint64)
