"""Compute the board of a release from the rows that go into it, so that reproduce.py can compute it again."""

import math
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.quality.vote_columns import OUTCOME_CODES
from leaderboards.exports.rows import EXCLUDED, ExportVote, Row
from models_runner.metrics.declared import board_values
from stats.raters.agreement import Agreement, krippendorff_alpha
from stats.ratings.ratings import rate
from stats.votes.arrays import ARBITRARY_LABELS, FloatArray, IntArray, VoteArrays, renumbered
from stats.votes.least import count_by_system
from stats.votes.weights import chance_weights, effective_votes

RESAMPLES = 1000
# How votes weigh, in the words of a board's address.
EQUAL, CHANCE = "equal", "chance"


@dataclass
class _Column:
    """A column of names, stored as numbers in the order of first appearance."""

    values: "array[int]" = field(default_factory=lambda: array("i"))
    numbers: dict[str, int] = field(default_factory=dict)

    def add(self, name: str) -> None:
        self.values.append(self.numbers.setdefault(name, len(self.numbers)))

    def by_name(self) -> IntArray:
        """Return the values, numbered in the order of the sorted names."""
        rank_of = np.empty(max(1, len(self.numbers)), dtype=self.values.typecode)
        for rank, name in enumerate(sorted(self.numbers)):
            rank_of[self.numbers[name]] = rank
        return _narrow(rank_of[_view(self.values)])

    def among(self, names: list[str]) -> IntArray:
        """Return the values as indices into these names; -1 for others."""
        index = {name: i for i, name in enumerate(names)}
        index_of = np.full(max(1, len(self.numbers)), -1, dtype=self.values.typecode)
        for name, number in self.numbers.items():
            index_of[number] = index.get(name, -1)
        return _narrow(index_of[_view(self.values)])


def _view(values: "array[int] | array[float]") -> NDArray[Any]:
    """View the values without a copy."""
    return np.frombuffer(values, dtype=np.dtype(values.typecode))


def _narrow(values: NDArray[Any]) -> IntArray:
    """Pass a narrow array of integers as IntArray: statistics take integers of any width."""
    return values


class _QuestionVotes:
    """The votes on one question, as they are written."""

    def __init__(self) -> None:
        # Two bytes for a system, four for a document and a judge.
        self.a, self.b, self.document, self.judge = _Column(array("h")), _Column(array("h")), _Column(), _Column()
        self.comparison, self.outcome, self.chance = array("q"), array("b"), array("d")

    def add(self, vote: ExportVote) -> None:
        self.a.add(vote.model_a)
        self.b.add(vote.model_b)
        self.document.add(vote.document_id)
        self.judge.add(vote.judge)
        self.comparison.append(vote.comparison)
        self.outcome.append(OUTCOME_CODES[vote.outcome])
        self.chance.append(math.nan if vote.probability is None else vote.probability * (vote.drawn_from or 1))

    def arrays(self, systems: list[str]) -> tuple[VoteArrays, FloatArray]:
        """Return the votes on these systems, and for each its chance times what it was drawn from, or NaN."""
        a, b = self.a.among(systems), self.b.among(systems)
        columns = [a, b, _narrow(_view(self.outcome)), self.document.by_name(), self.judge.by_name()]
        chance: FloatArray = _view(self.chance)
        kept = (a >= 0) & (b >= 0)
        if not kept.all():
            columns, chance = [column[kept] for column in columns], chance[kept]
        a, b, outcome, document, judge = columns
        # The bootstrap does not draw documents and judges that only voted on systems that left the study.
        return VoteArrays(a, b, outcome, renumbered(document), renumbered(judge), len(systems)), chance

    def agreement(self, seed: int) -> Agreement:
        comparison = _view(self.comparison)
        item = _narrow(np.searchsorted(np.unique(comparison), comparison).astype(np.int32))
        outcome, document = _narrow(_view(self.outcome)), self.document.by_name()
        return krippendorff_alpha(
            item, self.judge.by_name(), outcome, document=document, exchangeable=ARBITRARY_LABELS, seed=seed
        )


class BoardMaker:
    """Collects votes and scores while they are written, in 29 bytes a vote, and computes the boards."""

    def __init__(self, questions: Iterable[str], systems: Iterable[str]) -> None:
        self._questions = {key: _QuestionVotes() for key in questions}
        self._systems = sorted(systems)
        self._scores: dict[tuple[str, str], list[float]] = {}

    def of_votes(self, votes: Iterable[tuple[ExportVote, Row]]) -> Iterator[Row]:
        """Yield the rows, and keep the votes that count."""
        for vote, row in votes:
            if row["void_reason"] != EXCLUDED:
                self._questions[vote.criterion].add(vote)
            yield row

    def of_scores(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Yield the rows, and keep the values that metric means are made of."""
        for row in rows:
            value = row["value"]
            if row["current"] and isinstance(value, int | float):
                self._scores.setdefault((str(row["system"]), str(row["name"])), []).append(value)
            yield row

    def board(self, seed: int, resamples: int = RESAMPLES) -> dict[str, Any]:
        """Compute the boards of all questions, as in board.json."""
        boards = {key: self._board(question, seed, resamples) for key, question in self._questions.items()}
        return {"seed": seed, "resamples": resamples, "criteria": boards}

    def agreement(self, seed: int) -> dict[str, dict[str, Any]]:
        """Compute Krippendorff's alpha of each question."""
        return {key: asdict(question.agreement(seed)) for key, question in self._questions.items()}

    def _board(self, question: _QuestionVotes, seed: int, resamples: int) -> dict[str, Any]:
        """Compute a board, and under by_chance a weighted one; None where no chance of a draw is known."""
        arrays, chance = question.arrays(self._systems)
        board = {"weights": EQUAL, **self._rated(arrays, seed, resamples), "by_chance": None}
        if drawn := int((~np.isnan(chance)).sum()):
            weights = chance_weights(chance)
            about = {"weights": CHANCE, "drawn": drawn, "effective_votes": effective_votes(weights)}
            board["by_chance"] = about | self._rated(replace(arrays, weight=weights), seed, resamples)
        return board

    def _rated(self, arrays: VoteArrays, seed: int, resamples: int) -> dict[str, Any]:
        ratings = rate(arrays, seed=seed, resamples=resamples, names=self._systems)
        figures = {
            "rating": ratings.rating,
            "rating_lower": ratings.lower,
            "rating_upper": ratings.upper,
            "rank": ratings.rank,
            "votes": ratings.votes,
            "win_rate": ratings.win_rate,
            "both_bad_rate": ratings.both_bad_rate,
        }
        lines, counts = [], count_by_system(arrays)
        for i, system in enumerate(self._systems):
            line: dict[str, Any] = {"system": system, **{name: _defined(values[i]) for name, values in figures.items()}}
            line["metrics"] = {name: self._mean(system, name) for name in self._metric_names()}
            line["reason"] = ratings.reason[i] or ratings.interval_reason[i] or None
            line["too_few"] = counts.too_few(i)
            lines.append(line)
        lines.sort(key=lambda line: (line["rating"] is None, -(line["rating"] or 0), line["system"]))
        return {
            "votes": ratings.n_votes,
            "documents": ratings.n_documents,
            "annotators": ratings.n_annotators,
            "method": ratings.method,
            "warnings": list(ratings.warnings),
            "systems": lines,
        }

    def _metric_names(self) -> tuple[str, ...]:
        return board_values({name for _, name in self._scores})

    def _mean(self, system: str, name: str) -> float | None:
        values = self._scores.get((system, name))
        return math.fsum(values) / len(values) if values else None


def _defined(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
