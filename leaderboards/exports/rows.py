"""Select the votes of an export, say why others are left out, and make a row of each vote."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Case, CharField, Count, Q, QuerySet, Value, When

from annotations.blindness.leak_check import in_flagged_pair
from annotations.models import Criterion, Judgement, Outcome, Purpose, Strength, Study, included
from annotations.quality.flagged import flagged_annotators
from leaderboards.data.filters import DEFAULT, Filters, restriction
from leaderboards.data.votes import CHUNK
from models_runner.datasets.queries import query_number

Row = dict[str, object]

# The names of outcomes outside this site, where a pair is model_a and model_b.
WINNERS = {
    Outcome.A.value: "model_a",
    Outcome.B.value: "model_b",
    Outcome.TIE.value: "tie",
    Outcome.BOTH_BAD.value: "both_bad",
}
EXPORT_FIELDS = (
    "id",
    "comparison_id",
    "document_id",
    "query",
    "query_number",
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
# Values of void_reason. A vote on a summary that names a model or maker counts, and a reader may leave it out.
EXCLUDED = "annotator_excluded"
NAMES_A_MODEL = "names_a_model"
REPEATED = "repeated_pair"
# Why votes are left out, as the summary of an export says it.
ON_KNOWN_PAIRS = "on gold or training pairs"
ON_REPEATED = "on pairs that came again"
GIVEN_BACK = "in pairs given back unfinished"
OF_EXCLUDED = "of excluded annotators"
ON_FLAGGED = "on summaries that name a model"
OF_FLAGGED = "of annotators whom a check flags"
TOO_OLD = "given before the date asked for"
ON_OTHER_QUESTIONS = "on other questions"


@dataclass(frozen=True)
class Selection:
    """Which votes an export takes.

    Attributes:
        criterion: None for all questions.
        since: Only votes first given at this time or later.
        include_repeats: Also answers to pairs that came again, marked; only in formats that mark votes.
        unflagged: Without annotators whom a check of the quality page flags when the file is written.
    """

    criterion: Criterion | None = None
    since: datetime | None = None
    include_flagged: bool = False
    include_excluded: bool = False
    unflagged: bool = False
    include_repeats: bool = False

    def reasons(self, study: Study) -> dict[str, Q]:
        """Return conditions by the reason for which they leave a vote out; the first that holds counts.

        Votes left out for none of the first four are those of JudgementQuerySet.counted; a test holds them to it.
        """
        reasons = {
            ON_KNOWN_PAIRS: Q(assignment__comparison__purpose__in=(Purpose.GOLD, Purpose.TRAINING)),
            ON_REPEATED: Q(assignment__comparison__purpose=Purpose.REPEAT),
            GIVEN_BACK: Q(assignment__slot=None),
        }
        if self.include_repeats:
            del reasons[ON_REPEATED]
        if not self.include_excluded:
            reasons[OF_EXCLUDED] = ~included("assignment__annotator__")
        if self.unflagged:
            reasons[OF_FLAGGED] = Q(assignment__annotator__in=sorted(flagged_annotators(study)))
        if not self.include_flagged:
            reasons[ON_FLAGGED] = in_flagged_pair(study)
        if self.criterion is not None:
            reasons[ON_OTHER_QUESTIONS] = ~Q(criterion=self.criterion)
        if self.since is not None:
            reasons[TOO_OLD] = Q(created_at__lt=self.since)
        return reasons


class ExportVote(NamedTuple):
    """A vote with everything that any format writes of it."""

    id: UUID
    comparison: int
    document_id: str
    query: str | None
    query_position: int | None
    criterion: str
    model_a: str
    model_b: str
    outcome: str
    judge: str
    judge_type: str
    shown_left: str
    probability: float | None
    drawn_from: int | None
    strength: int | None
    lead_ms: int | None
    active_ms: int | None
    at: datetime
    excluded_at: datetime | None
    summary_a: int
    summary_b: int
    document: int
    instruction_version: int
    repeat: bool = False
    votes: int = 1  # how many votes a majority stands for


_PAIR = "assignment__comparison"
_COLUMNS = (
    "public_id",
    f"{_PAIR}_id",
    f"{_PAIR}__document__external_id",
    f"{_PAIR}__query__text",
    f"{_PAIR}__query__position",
    "criterion__key",
    f"{_PAIR}__summary_a__run__system__slug",
    f"{_PAIR}__summary_b__run__system__slug",
    "outcome",
    "assignment__annotator__pseudonym",
    "assignment__annotator__judge_type",
    "assignment__shown_left",
    "assignment__probability",
    "assignment__drawn_from",
    "strength",
    "lead_time_ms",
    "active_ms",
    "created_at",
    "assignment__annotator__excluded_at",
    f"{_PAIR}__summary_a_id",
    f"{_PAIR}__summary_b_id",
    f"{_PAIR}__document_id",
    f"{_PAIR}__summary_a__run__instruction_version",
    f"{_PAIR}__repeat",
)


def selected_votes(study: Study, selection: Selection) -> QuerySet[Judgement]:
    """Votes of the study that no reason leaves out."""
    rows = Judgement.objects.filter(criterion__study=study)
    for reason in selection.reasons(study).values():
        rows = rows.exclude(reason)
    return rows


def count_left_out(study: Study, selection: Selection) -> dict[str, int]:
    """Count the votes that the selection leaves out, by reason, and under "" those it takes. One query."""
    cases = [When(condition, then=Value(reason)) for reason, condition in selection.reasons(study).items()]
    rows = Judgement.objects.filter(criterion__study=study).order_by()
    why = Case(*cases, default=Value(""), output_field=CharField())
    counts: dict[str, int] = dict(rows.annotate(why=why).values_list("why").annotate(n=Count("pk")))
    return {"": 0, **counts}


def read_export_votes(study: Study, selection: Selection, *, by_comparison: bool = False) -> Iterator[ExportVote]:
    """Read the selected votes in chunks, oldest first or by comparison."""
    order = ("assignment__comparison_id", "pk") if by_comparison else ("pk",)
    return _in_chunks(selected_votes(study, selection).order_by(*order))


def export_rows(study: Study, criterion: Criterion | None = None, filters: Filters = DEFAULT) -> Iterator[Row]:
    """Yield the rows of the votes that a board counts, on one criterion or on all; oldest first, read in chunks."""
    votes = Judgement.objects.counted().filter(restriction(filters, study), criterion__study=study).order_by("pk")
    if criterion is not None:
        votes = votes.filter(criterion=criterion)
    flagged = flagged_summaries(study)
    for vote in _in_chunks(votes):
        yield as_row(vote, flagged)


def _in_chunks(votes: QuerySet[Judgement]) -> Iterator[ExportVote]:
    rows = votes.values_list(*_COLUMNS)
    return (ExportVote(*row) for row in rows.iterator(chunk_size=CHUNK))


def flagged_summaries(study: Study) -> frozenset[int]:
    """Primary keys of summaries that name a model or maker."""
    return frozenset(study.giveaway_checks.filter(flagged=True).values_list("summary_id", flat=True))


def as_row(vote: ExportVote, flagged: frozenset[int]) -> Row:
    """Write a vote as the row that CSV, JSON Lines and Parquet share, with EXPORT_FIELDS."""
    return {
        "id": str(vote.id),
        "comparison_id": vote.comparison,
        "document_id": vote.document_id,
        "query": vote.query,
        "query_number": None if vote.query_position is None else query_number(vote.query_position),
        "criterion": vote.criterion,
        "model_a": vote.model_a,
        "model_b": vote.model_b,
        "winner": WINNERS[vote.outcome],
        "judge": vote.judge,
        "judge_type": vote.judge_type,
        "shown_left": vote.shown_left or None,
        "sampling_prob": vote.probability,
        "sampling_from": vote.drawn_from,
        "strength": vote.strength and Strength(vote.strength).label,
        "lead_time": None if vote.lead_ms is None else vote.lead_ms / 1000,
        "active_time": None if vote.active_ms is None else vote.active_ms / 1000,
        "void_reason": _void_reason(vote, flagged),
        "tstamp": round(vote.at.timestamp(), 3),
    }


def _void_reason(vote: ExportVote, flagged: frozenset[int]) -> str | None:
    if vote.repeat:
        return REPEATED
    if vote.excluded_at is not None:
        return EXCLUDED
    return NAMES_A_MODEL if vote.summary_a in flagged or vote.summary_b in flagged else None
