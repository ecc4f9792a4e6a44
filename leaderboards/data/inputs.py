"""Everything a board is computed from, read once, with its fingerprint."""

import gc
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np

from annotations.models import Criterion, Study
from leaderboards.data.filters import Filters
from leaderboards.data.votes import BoardVotes, VoteRow, read_board_votes
from models_runner.models import Score, Summary, System
from stats.votes.arrays import BoolArray, FloatArray, IntArray, VoteArrays, renumbered
from stats.votes.weights import chance_weights

METRIC_NAMES = ("rouge1", "rouge2", "rougeL", "rougeLsum", "bertscore_f1", "words")


@contextmanager
def collection_paused() -> Iterator[None]:
    """While hundreds of thousands of rows are made, none of which refer to each other in circles: to look through all
    of them for such circles again and again takes longer than to make them."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


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
class BoardInputs:
    """systems: the study's, or those that the filters let on the board. votes: all that the filters let in.

    summaries: of each system, document and query the newest run's. scores: those of the newest signatures.
    """

    study: Study
    criterion: Criterion
    filters: Filters
    systems: list[System]
    votes: BoardVotes
    summaries: list[SummaryRow]
    scores: list[ScoreRow]

    @cached_property
    def slugs(self) -> list[str]:
        """Names of the systems, in the order in which the arrays number them."""
        return [system.slug for system in self.systems]

    @cached_property
    def counts(self) -> BoolArray:
        """Of each vote, whether it is between systems that are still part of the study."""
        number = self._numbers
        return (number[self.votes.system_a] >= 0) & (number[self.votes.system_b] >= 0)

    @cached_property
    def _numbers(self) -> IntArray:
        """By place in the votes' list of systems, the number of the system here; -1 for one that is no longer here."""
        known = {slug: i for i, slug in enumerate(self.slugs)}
        return np.array([known.get(slug, -1) for slug in self.votes.systems], dtype=np.int64)

    @cached_property
    def counted_votes(self) -> list[VoteRow]:
        """The votes that count, one by one, in the order of the arrays."""
        return self.votes.rows(self._chosen)

    @cached_property
    def _chosen(self) -> IntArray:
        """Places of the votes that count, by public id: sums of weights come out the same in any database."""
        order = self.votes.in_order
        return order[self.counts[order]]

    @cached_property
    def arrays(self) -> VoteArrays:
        votes, chosen = self.votes, self._chosen
        return VoteArrays(
            system_a=self._numbers[votes.system_a[chosen]],
            system_b=self._numbers[votes.system_b[chosen]],
            outcome=votes.outcome[chosen],
            document=renumbered(votes.document[chosen]),
            annotator=renumbered(votes.annotator[chosen]),
            n_systems=len(self.systems),
            weight=self.weights,
        )

    @cached_property
    def weights(self) -> FloatArray | None:
        """None where votes weigh alike."""
        if self.filters.weights != "chance":
            return None
        return chance_weights(self.votes.chance[self._chosen])

    def lengths(self, side: Literal["a", "b"]) -> FloatArray:
        """Words of the summary on this side of each vote of the arrays; NaN where they are not counted."""
        words = {score.summary: score.value for score in self.scores if score.name == "words"}
        known = {pk: float(value) for pk, value in words.items() if value is not None}
        summaries = (self.votes.summary_a if side == "a" else self.votes.summary_b)[self._chosen]
        there, place = np.unique(summaries, return_inverse=True)
        return np.array([known.get(pk, np.nan) for pk in there.tolist()], dtype=np.float64)[place]

    @cached_property
    def documents(self) -> list[str]:
        """Names of the documents voted on, in the order in which the arrays number them."""
        return _named(self.votes.documents, self.votes.document[self.counts])

    @cached_property
    def annotators(self) -> list[str]:
        """Pseudonyms of those who voted, in the order in which the arrays number them."""
        return _named(self.votes.annotators, self.votes.annotator[self.counts])

    @cached_property
    @collection_paused()
    def fingerprint(self) -> str:
        """SHA-256 over all of it, by names that mean the same in any database."""
        digest = hashlib.sha256()
        line_of = json.JSONEncoder(ensure_ascii=False).encode
        study = self.study
        names = {s.pk: [s.system, s.document, s.query] for s in self.summaries}
        for rows in (
            [[study.slug, study.title, study.dataset.name, study.instruction]],
            [[self.criterion.key, self.criterion.question]],
            [[s.slug, s.name, s.regime, s.parameters] for s in self.systems],
            [list(s[1:]) for s in self.summaries],
            [[*names[s.summary], s.name, s.value, s.reason, s.signature] for s in self.scores],
        ):
            for line in sorted(map(line_of, rows)):
                digest.update(line.encode() + b"\n")
            digest.update(b"\n")
        for part in _vote_bytes(self.votes):
            digest.update(part)
        return digest.hexdigest()


def _named(names: list[str], places: IntArray) -> list[str]:
    return [names[i] for i in np.flatnonzero(np.bincount(places, minlength=len(names))).tolist()]


def _vote_bytes(votes: BoardVotes) -> Iterable[bytes]:
    """The names, then every vote as numbers of the same width, sorted by its public id."""
    names = [votes.documents, votes.annotators, votes.systems, sorted(votes.llm_annotators & set(votes.annotators))]
    yield json.dumps(names, ensure_ascii=False).encode() + b"\n"
    order = votes.in_order
    yield votes.public_id[order].astype(">u8").tobytes()
    for column in (votes.outcome, votes.document, votes.annotator, votes.system_a, votes.system_b):
        yield column[order].astype(">i4").tobytes()
    if not np.isnan(votes.chance).all():
        yield votes.chance[order].astype(">f8").tobytes()


@collection_paused()
def gather_inputs(
    study: Study, criterion: Criterion, *, flagged: bool = True, filters: Filters | None = None
) -> BoardInputs:
    """Nine queries: systems, votes with their pairs and names, summaries, scores.

    flagged: where no filters are given, also votes on summaries that give their author away.
    """
    filters = filters or Filters(flagged="in" if flagged else "out")
    systems = [one for one in study.systems.order_by("slug") if filters.size in ("", one.size_class)]
    criterion.study = study  # so that nothing reads it again
    votes = read_board_votes(criterion, filters)
    summaries = _summaries(study, systems)
    scores = _newest(_scores(study, systems), {s.pk: s.language for s in summaries})
    return BoardInputs(study, criterion, filters, systems, votes, summaries, scores)


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
