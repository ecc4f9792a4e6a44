"""Votes as the statistics and the exports need them: straight from the rows, in one query."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

import numpy as np
from django.db.models import QuerySet

from annotations.giveaways import in_flagged_pair
from annotations.models import Criterion, Judgement, Outcome, Purpose, Strength, Study
from leaderboards.stats.arrays import OutcomeCode, VoteArrays

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


def counted() -> QuerySet[Judgement]:
    """Answers given in a place of their comparison, complete or not.

    A half-answered pair whose lease ran out keeps its answers but holds no place: they count again when its annotator
    takes it up, and until then somebody else's do. So no comparison counts more annotators than its quota. Answers to
    gold and training pairs tell about annotators, not about systems, and are none of these.
    """
    return Judgement.objects.filter(
        assignment__slot__isnull=False,
        assignment__annotator__excluded_at=None,
        assignment__comparison__purpose=Purpose.RATING,
    )


def vote_rows(criterion: Criterion, *, flagged: bool = True) -> list[VoteRow]:
    """The current answers on one criterion, in no order. flagged: also on summaries that give their author away."""
    rows = counted().filter(criterion=criterion).order_by()
    if not flagged:
        rows = rows.exclude(in_flagged_pair(criterion.study))
    values = rows.values_list("public_id", "outcome", _DOCUMENT, _JUDGE, _SYSTEM_A, _SYSTEM_B)
    return [VoteRow(*row) for row in values.iterator(chunk_size=CHUNK)]


def vote_arrays(rows: Iterable[VoteRow], systems: Sequence[str]) -> VoteArrays:
    """Votes between these systems, numbered as given; documents and annotators are numbered in order of their names.

    Names and not database ids set the order, so that the same exported votes give the same draws anywhere.
    """
    known = {slug: i for i, slug in enumerate(systems)}
    rows = [row for row in rows if row.system_a in known and row.system_b in known]
    documents, annotators = _numbered(row.document for row in rows), _numbered(row.annotator for row in rows)

    def column(values: Iterable[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.fromiter(values, dtype=np.int64, count=len(rows))

    return VoteArrays(
        system_a=column(known[row.system_a] for row in rows),
        system_b=column(known[row.system_b] for row in rows),
        outcome=column(CODES[row.outcome] for row in rows),
        document=column(documents[row.document] for row in rows),
        annotator=column(annotators[row.annotator] for row in rows),
        n_systems=len(systems),
    )


def _numbered(names: Iterable[str]) -> dict[str, int]:
    return {name: i for i, name in enumerate(sorted(set(names)))}


def export_rows(study: Study, criterion: Criterion | None = None) -> Iterator[dict[str, object]]:
    """The study's votes on one criterion, or on all, oldest first; read in chunks, never all at once."""
    values = _exported(study, criterion).values_list(
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


def _exported(study: Study, criterion: Criterion | None) -> QuerySet[Judgement]:
    rows = counted().filter(criterion__study=study).order_by("pk")
    return rows if criterion is None else rows.filter(criterion=criterion)
