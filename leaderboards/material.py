"""Everything a board is computed from, read once, with its fingerprint."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from annotations.models import Criterion, JudgeType, Study
from leaderboards.stats.arrays import VoteArrays
from leaderboards.votes import VoteRow, counted, vote_arrays, vote_rows
from models_runner.models import Score, Summary, System

METRIC_NAMES = ("rouge1", "rouge2", "rougeL", "rougeLsum", "bertscore_f1", "words")


class SummaryRow(NamedTuple):
    pk: int
    system: str
    document: str
    query: int | None  # the query's position; None for a summary of the whole document
    language: str
    seconds: float | None
    dropped_tokens: int
    stop_reason: str
    leaked: bool  # the system was trained on this document


class ScoreRow(NamedTuple):
    summary: int
    name: str
    value: float | None
    reason: str
    metric: str
    signature: str
    signed_at: datetime
    signature_id: int


@dataclass(frozen=True)
class Material:
    """summaries: of each system, document and query the newest run's. scores: those of the newest signatures."""

    study: Study
    criterion: Criterion
    systems: list[System]
    votes: list[VoteRow]
    summaries: list[SummaryRow]
    scores: list[ScoreRow]
    llm_votes: int

    @cached_property
    def slugs(self) -> list[str]:
        """Names of the systems, in the order in which the arrays number them."""
        return [system.slug for system in self.systems]

    @cached_property
    def counted_votes(self) -> list[VoteRow]:
        """The votes between systems that are still part of the study, in the order of the arrays."""
        known = set(self.slugs)
        return [row for row in self.votes if row.system_a in known and row.system_b in known]

    @cached_property
    def arrays(self) -> VoteArrays:
        return vote_arrays(self.counted_votes, self.slugs)

    @cached_property
    def documents(self) -> list[str]:
        """Names of the documents voted on, in the order in which the arrays number them."""
        return sorted({row.document for row in self.counted_votes})

    @cached_property
    def annotators(self) -> list[str]:
        """Pseudonyms of those who voted, in the order in which the arrays number them."""
        return sorted({row.annotator for row in self.counted_votes})

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over all of it, by names that mean the same in any database."""
        digest = hashlib.sha256()
        study = self.study
        names = {s.pk: [s.system, s.document, s.query] for s in self.summaries}
        for rows in (
            [[study.slug, study.title, study.dataset.name, study.instruction]],
            [[self.criterion.key, self.criterion.question]],
            [[s.slug, s.name, s.regime, s.parameters] for s in self.systems],
            [[str(vote.id), *vote[1:]] for vote in self.votes],
            [list(s[1:]) for s in self.summaries],
            [[*names[s.summary], s.name, s.value, s.reason, s.signature] for s in self.scores],
        ):
            for line in sorted(json.dumps(row, ensure_ascii=False) for row in rows):
                digest.update(line.encode() + b"\n")
            digest.update(b"\n")
        return digest.hexdigest()


def gather(study: Study, criterion: Criterion, *, flagged: bool = True) -> Material:
    """Five queries: systems, votes, summaries, scores, and votes by language models. flagged: as in vote_rows."""
    systems = list(study.systems.order_by("slug"))
    votes = vote_rows(criterion, flagged=flagged)
    summaries = _summaries(study, systems)
    scores = _newest(_scores(study, systems), {s.pk: s.language for s in summaries})
    llm_votes = counted().filter(criterion=criterion, assignment__annotator__judge_type=JudgeType.LLM).count()
    return Material(study, criterion, systems, votes, summaries, scores, llm_votes)


def _summaries(study: Study, systems: list[System]) -> list[SummaryRow]:
    rows = (
        Summary.objects.done()
        .filter(run__system__in=systems, run__dataset=study.dataset_id, run__instruction=study.instruction)
        .order_by("run__created_at", "run_id", "pk")
        .values_list(
            "pk",
            "run__system__slug",
            "document__external_id",
            "query__position",
            "document__language",
            "seconds",
            "dropped_tokens",
            "stop_reason",
            "leaked",
        )
    )
    # Oldest run first: a later run's summary takes the place of an earlier one's, as in the study's comparisons.
    newest = {(row.system, row.document, row.query): row for row in map(SummaryRow._make, rows)}
    return list(newest.values())


def _scores(study: Study, systems: list[System]) -> Iterable[ScoreRow]:
    rows = Score.objects.filter(
        summary__run__system__in=systems,
        summary__run__dataset=study.dataset_id,
        summary__run__instruction=study.instruction,
        name__in=METRIC_NAMES,
    )
    values = rows.order_by().values_list(
        "summary_id",
        "name",
        "value",
        "reason",
        "signature__metric",
        "signature__text",
        "signature__created_at",
        "signature_id",
    )
    return map(ScoreRow._make, values.iterator(chunk_size=5_000))


def _newest(scores: Iterable[ScoreRow], language: dict[int, str]) -> list[ScoreRow]:
    """Scores of these summaries under the newest signature of each metric for each language."""
    by_group: dict[tuple[str, str], list[ScoreRow]] = defaultdict(list)
    for score in scores:
        if score.summary in language:
            by_group[(score.metric, language[score.summary])].append(score)
    result = []
    for group in by_group.values():
        newest = max((score.signed_at, score.signature_id) for score in group)
        result += [score for score in group if (score.signed_at, score.signature_id) == newest]
    return result
