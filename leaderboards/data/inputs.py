"""Read everything a board is computed from, once, and take its fingerprint."""

import gc
import hashlib
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np

from annotations.blindness.leak_check import not_searched
from annotations.models import Criterion, Sampling, Study
from leaderboards.data.filters import PEOPLE, Filters
from leaderboards.data.help import JudgeHelp, read_help
from leaderboards.data.judge_votes import read_judge_votes
from leaderboards.data.votes import BoardVotes, VoteRow, filtered_votes, read_board_votes
from models_runner.metrics.declared import board_values, possible_board_values
from models_runner.models import Score, Summary, System
from stats.raters.weights import reliability_weights
from stats.votes.arrays import BoolArray, FloatArray, IntArray, VoteArrays, renumbered
from stats.votes.weights import chance_weights

STYLE_NAMES = ("headers", "list_items", "bold")


@contextmanager
def collection_paused() -> Iterator[None]:
    """Pause garbage collection while hundreds of thousands of rows are made.

    None of them refer to each other in circles, and looking for circles takes longer than making the rows.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class SummaryRow(NamedTuple):
    """A summary by one of the systems on the board."""

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
    """A metric's value of one summary, or why there is none."""

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
    """What a board is computed from.

    Attributes:
        systems: The study's, or those that the filters let on the board.
        votes: All that the filters let in, also about systems that have left the study.
        summaries: The newest run's of each system, document and query.
        scores: Those of the newest signature of each metric.
        flagged_annotators: Whose votes the filters leave out because a check flags them.
        help: What a judge says of the study's pairs, where it is to help the votes.
        not_searched: Where the filters leave out summaries with names, how many nobody has searched for them yet.
    """

    study: Study
    criterion: Criterion
    filters: Filters
    systems: list[System]
    votes: BoardVotes
    summaries: list[SummaryRow]
    scores: list[ScoreRow]
    flagged_annotators: list[str] = field(default_factory=list)
    not_searched: int = 0
    help: JudgeHelp | None = None

    @cached_property
    def slugs(self) -> list[str]:
        """Names of the systems in the order of their numbers in the arrays."""
        return [system.slug for system in self.systems]

    @cached_property
    def counts(self) -> BoolArray:
        """Whether each vote is between two systems on the board."""
        number = self._numbers
        return (number[self.votes.system_a] >= 0) & (number[self.votes.system_b] >= 0)

    @cached_property
    def _numbers(self) -> IntArray:
        """Number on the board of each system in the votes' list; -1 for one that is not on it."""
        number = {slug: i for i, slug in enumerate(self.slugs)}
        return np.array([number.get(slug, -1) for slug in self.votes.systems], dtype=np.int64)

    @cached_property
    def counted_votes(self) -> list[VoteRow]:
        """The votes in the arrays one by one, in the same order."""
        return self.votes.rows(self._chosen)

    @cached_property
    def _chosen(self) -> IntArray:
        """Indices of the votes in the arrays, by public id: sums of weights are then the same in every database."""
        order = self.votes.in_order
        return order[self.counts[order]]

    @cached_property
    def arrays(self) -> VoteArrays:
        """The votes between systems on the board, as statistics take them."""
        return self._alike if self.weights is None else replace(self._alike, weight=self.weights)

    @cached_property
    def _alike(self) -> VoteArrays:
        """The same votes without weights."""
        votes, chosen = self.votes, self._chosen
        return VoteArrays(
            system_a=self._numbers[votes.system_a[chosen]],
            system_b=self._numbers[votes.system_b[chosen]],
            outcome=votes.outcome[chosen],
            document=renumbered(votes.document[chosen]),
            annotator=renumbered(votes.annotator[chosen]),
            n_systems=len(self.systems),
            strength=None if votes.strength is None else votes.strength[chosen],
        )

    @cached_property
    def weights(self) -> FloatArray | None:
        """Weight of each vote in the arrays; None where all weigh alike."""
        if self.filters.weights == "chance" or (self.filters.weights == "equal" and self.is_directed):
            return chance_weights(self.votes.chance[self._chosen])
        if self.filters.weights == "reliability":
            return reliability_weights(self._alike, self._comparison, seed=self.study.seed)
        return None

    @property
    def is_directed(self) -> bool:
        """Whether pairs were drawn where judges and metrics are unsure, so that votes weigh by their chance."""
        return self.study.sampling == Sampling.DIRECTED and not np.isnan(self.votes.chance).all()

    @property
    def _comparison(self) -> IntArray:
        """Number what each vote in the arrays compares: two summaries."""
        a, b = self.votes.summary_a[self._chosen], self.votes.summary_b[self._chosen]
        return np.unique(a.astype(np.int64) * (int(b.max(initial=0)) + 1) + b, return_inverse=True)[1]

    def lengths(self, side: Literal["a", "b"]) -> FloatArray:
        """Words of the summary on this side of each vote in the arrays; NaN where they are not counted."""
        return self._by_vote(self.values_by_metric.get("words", {}), side)

    def markup(self, side: Literal["a", "b"]) -> FloatArray:
        """Headers, list items and bold stretches of the summary on this side of each vote, shape (n_votes, 3)."""
        values: dict[str, dict[int, float]] = {name: {} for name in STYLE_NAMES}
        for score in self.scores:
            if score.name in values and score.value is not None:
                values[score.name][score.summary] = score.value
        return np.column_stack([self._by_vote(by_summary, side) for by_summary in values.values()])

    def _by_vote(self, values: Mapping[int, float], side: Literal["a", "b"]) -> FloatArray:
        """A value of the summary on this side of each vote in the arrays; NaN where there is none."""
        summaries = (self.votes.summary_a if side == "a" else self.votes.summary_b)[self._chosen]
        distinct, index = np.unique(summaries, return_inverse=True)
        return np.array([values.get(pk, np.nan) for pk in distinct.tolist()], dtype=np.float64)[index]

    @cached_property
    def metric_names(self) -> tuple[str, ...]:
        """Names of the metrics' values that the board has columns for."""
        return board_values({score.name for score in self.scores})

    @cached_property
    def values_by_metric(self) -> dict[str, dict[int, float]]:
        """Values by metric and summary; only metrics that have a value."""
        values: dict[str, dict[int, float]] = {name: {} for name in self.metric_names}
        for score in self.scores:
            if score.value is not None and score.name in values:
                values[score.name][score.summary] = score.value
        return {name: by_summary for name, by_summary in values.items() if by_summary}

    def document_means(self, metric: str, documents: Sequence[str]) -> FloatArray:
        """Mean of a metric over each system's summaries of each document; there are several where there are queries.

        Returns:
            Shape (n_systems, n_documents), in the order of the slugs and of the documents given; NaN without a value.
        """
        row = {slug: i for i, slug in enumerate(self.slugs)}
        column = {name: i for i, name in enumerate(documents)}
        values = self.values_by_metric.get(metric, {})
        of_cell: dict[tuple[int, int], list[float]] = defaultdict(list)
        for summary in self.summaries:
            if summary.pk in values:
                of_cell[row[summary.system], column[summary.document]].append(values[summary.pk])
        means = np.full((len(row), len(column)), np.nan)
        for cell, numbers in of_cell.items():
            # fsum: the same mean in whatever order the database gives the rows.
            means[cell] = math.fsum(numbers) / len(numbers)
        return means

    @cached_property
    def documents(self) -> list[str]:
        """Names of the documents voted on, in the order of their numbers in the arrays."""
        return _names_used(self.votes.documents, self.votes.document[self.counts])

    @cached_property
    def annotators(self) -> list[str]:
        """Pseudonyms of those who voted, in the order of their numbers in the arrays."""
        return _names_used(self.votes.annotators, self.votes.annotator[self.counts])

    @cached_property
    @collection_paused()
    def fingerprint(self) -> str:
        """SHA-256 over all of it, by names that mean the same in every database."""
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
        for row in self._beside_votes():
            digest.update(line_of(row).encode() + b"\n")
        for part in _vote_bytes(self.votes):
            digest.update(part)
        return digest.hexdigest()

    def _beside_votes(self) -> Iterator[Sequence[object]]:
        """Yield the pair that the study names, prices, and who is left out; nothing where there is none of these."""
        study = self.study
        if study.pair_named_at is not None:
            slugs = {system.pk: system.slug for system in self.systems}
            pair = [slugs.get(key or 0) for key in (study.small_system_id, study.large_system_id)]
            yield ["pair", *pair, study.pair_named_at.isoformat()]
        if self.filters.source != PEOPLE:
            yield ["source", self.filters.source]
        yield from () if self.help is None else self.help.lines()
        yield from (["flagged", name] for name in self.flagged_annotators)
        if self.not_searched:
            yield ["not searched", self.not_searched]
        yield from (["price", s.slug, sorted(s.price.items())] for s in self.systems if s.price)


def _names_used(names: list[str], indices: IntArray) -> list[str]:
    return [names[i] for i in np.flatnonzero(np.bincount(indices, minlength=len(names))).tolist()]


def _vote_bytes(votes: BoardVotes) -> Iterable[bytes]:
    """Yield the names, then every vote as numbers of fixed width, sorted by public id."""
    names = [votes.documents, votes.annotators, votes.systems, sorted(votes.llm_annotators & set(votes.annotators))]
    yield json.dumps(names, ensure_ascii=False).encode() + b"\n"
    order = votes.in_order
    yield votes.public_id[order].astype(">u8").tobytes()
    for column in (votes.outcome, votes.document, votes.annotator, votes.system_a, votes.system_b):
        yield column[order].astype(">i4").tobytes()
    if votes.strength is not None:
        yield votes.strength[order].astype(">i4").tobytes()
    if not np.isnan(votes.chance).all():
        yield votes.chance[order].astype(">f8").tobytes()


@collection_paused()
def gather_inputs(
    study: Study, criterion: Criterion, *, flagged: bool = True, filters: Filters | None = None
) -> BoardInputs:
    """Read the inputs of a board in ten queries: systems, votes with their pairs and names, summaries, scores.

    flagged: Without filters, whether votes on summaries that name their system count.
    """
    filters = filters or Filters(flagged="in" if flagged else "out")
    systems = [system for system in study.systems.order_by("slug") if filters.size in ("", system.size_class)]
    criterion.study = study  # so that nothing reads it again
    votes = read_judge_votes(criterion, filters) if filters.judge else read_board_votes(criterion, _of_people(filters))
    summaries = _summaries(study, systems)
    names = possible_board_values()
    names = (*names, *STYLE_NAMES) if filters.control == "style" else names
    scores = _newest_scores(_scores(study, systems, names), {s.pk: s.language for s in summaries})
    named = _flagged(criterion, filters, votes)
    left = not_searched(study).count() if filters.flagged == "out" else 0
    told = read_help(criterion, filters) if filters.helped else None
    return BoardInputs(study, criterion, filters, systems, votes, summaries, scores, named, left, told)


def _of_people(filters: Filters) -> Filters:
    """Return the filters, which let in people's votes alone where a judge is to help them."""
    return replace(filters, source=PEOPLE, judges="human") if filters.helped else filters


def _flagged(criterion: Criterion, filters: Filters, votes: BoardVotes) -> list[str]:
    """Name the annotators whose votes the filters leave out because a check flags them. A query with that filter."""
    if filters.raters != "unflagged":
        return []
    voted = filtered_votes(criterion, replace(filters, raters="all")).order_by()
    names = voted.values_list("assignment__annotator__pseudonym", flat=True).distinct()
    return sorted(set(names) - set(votes.annotators))


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
    # Oldest run first: a later run's summary replaces an earlier one's, as in the study's comparisons.
    newest = {(row.system, row.document, row.query): row for row in map(SummaryRow._make, rows)}
    return list(newest.values())


def _scores(study: Study, systems: list[System], names: Sequence[str]) -> Iterable[ScoreRow]:
    rows = Score.objects.filter(
        summary__run__system__in=systems,
        summary__run__dataset=study.dataset_id,
        summary__run__instruction=study.instruction,
        name__in=names,
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


def _newest_scores(scores: Iterable[ScoreRow], language: dict[int, str]) -> list[ScoreRow]:
    """Keep the scores of these summaries under the newest signature of each metric for each language."""
    by_group: dict[tuple[str, str], list[ScoreRow]] = defaultdict(list)
    for score in scores:
        if score.summary in language:
            by_group[(score.metric, language[score.summary])].append(score)
    result = []
    for group in by_group.values():
        newest = max((score.signed_at, score.signature_id) for score in group)
        result += [score for score in group if (score.signed_at, score.signature_id) == newest]
    return result
