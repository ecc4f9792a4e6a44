"""The board of a release, from the very rows that go into it: reproduce.py finds the same from the files."""

import math
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leaderboards.data.inputs import METRIC_NAMES
from leaderboards.data.votes import CODES
from leaderboards.exports.rows import EXCLUDED, ExportVote, Row
from stats.raters.agreement import Agreement, krippendorff_alpha
from stats.ratings.ratings import rate
from stats.votes.arrays import FloatArray, IntArray, VoteArrays, renumbered
from stats.votes.weights import chance_weights, effective_votes

RESAMPLES = 1000
# How votes weigh; the words of a board's address.
EQUAL, CHANCE = "equal", "chance"


@dataclass
class _Column:
    """Names as numbers, in the order in which they came."""

    values: "array[int]" = field(default_factory=lambda: array("i"))
    numbers: dict[str, int] = field(default_factory=dict)

    def add(self, name: str) -> None:
        self.values.append(self.numbers.setdefault(name, len(self.numbers)))

    def by_name(self) -> IntArray:
        """The values, numbered in the order of the names."""
        place = np.empty(max(1, len(self.numbers)), dtype=self.values.typecode)
        for rank, name in enumerate(sorted(self.numbers)):
            place[self.numbers[name]] = rank
        return _narrow(place[_view(self.values)])

    def among(self, names: list[str]) -> IntArray:
        """The values as places among these names; -1 for others."""
        known = {name: i for i, name in enumerate(names)}
        place = np.full(max(1, len(self.numbers)), -1, dtype=self.values.typecode)
        for name, number in self.numbers.items():
            place[number] = known.get(name, -1)
        return _narrow(place[_view(self.values)])


def _view(values: "array[int] | array[float]") -> NDArray[Any]:
    """The values where they are, without a copy."""
    return np.frombuffer(values, dtype=np.dtype(values.typecode))


def _narrow(values: NDArray[Any]) -> IntArray:
    """Statistics take whole numbers of any width, and name the usual one."""
    return values


class _Question:
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
        self.outcome.append(CODES[vote.outcome])
        self.chance.append(math.nan if vote.probability is None else vote.probability * (vote.drawn_from or 1))

    def arrays(self, systems: list[str]) -> tuple[VoteArrays, FloatArray]:
        """The votes on these systems, and the chance of each one's draw times what it was drawn from, or NaN."""
        a, b = self.a.among(systems), self.b.among(systems)
        columns = [a, b, _narrow(_view(self.outcome)), self.document.by_name(), self.judge.by_name()]
        chance: FloatArray = _view(self.chance)
        kept = (a >= 0) & (b >= 0)
        if not kept.all():
            columns, chance = [column[kept] for column in columns], chance[kept]
        a, b, outcome, document, judge = columns
        # Documents and judges of votes on systems that left the study are not drawn.
        return VoteArrays(a, b, outcome, renumbered(document), renumbered(judge), len(systems)), chance

    def agreement(self, seed: int) -> Agreement:
        comparison = _view(self.comparison)
        item = _narrow(np.searchsorted(np.unique(comparison), comparison).astype(np.int32))
        outcome, document = _narrow(_view(self.outcome)), self.document.by_name()
        return krippendorff_alpha(item, self.judge.by_name(), outcome, document=document, seed=seed)


class BoardMaker:
    """Takes votes and scores as they are written; holds 29 bytes a vote."""

    def __init__(self, questions: Iterable[str], systems: Iterable[str]) -> None:
        self._questions = {key: _Question() for key in questions}
        self._systems = sorted(systems)
        self._scores: dict[tuple[str, str], list[float]] = {}

    def of_votes(self, votes: Iterable[tuple[ExportVote, Row]]) -> Iterator[Row]:
        for vote, row in votes:
            if row["void_reason"] != EXCLUDED:
                self._questions[vote.criterion].add(vote)
            yield row

    def of_scores(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            value = row["value"]
            if row["current"] and isinstance(value, int | float):
                self._scores.setdefault((str(row["system"]), str(row["name"])), []).append(value)
            yield row

    def board(self, seed: int, resamples: int = RESAMPLES) -> dict[str, Any]:
        made = {key: self._board(question, seed, resamples) for key, question in self._questions.items()}
        return {"seed": seed, "resamples": resamples, "criteria": made}

    def agreement(self, seed: int) -> dict[str, dict[str, Any]]:
        return {key: asdict(question.agreement(seed)) for key, question in self._questions.items()}

    def _board(self, question: _Question, seed: int, resamples: int) -> dict[str, Any]:
        """by_chance: the board once more, with weights; None where no chance of a draw is known."""
        arrays, chance = question.arrays(self._systems)
        board = {"weights": EQUAL, **self._rated(arrays, seed, resamples), "by_chance": None}
        if drawn := int((~np.isnan(chance)).sum()):
            weights = chance_weights(chance)
            about = {"weights": CHANCE, "drawn": drawn, "effective_votes": effective_votes(weights)}
            board["by_chance"] = about | self._rated(replace(arrays, weight=weights), seed, resamples)
        return board

    def _rated(self, arrays: VoteArrays, seed: int, resamples: int) -> dict[str, Any]:
        found = rate(arrays, seed=seed, resamples=resamples, names=self._systems)
        figures = {
            "rating": found.rating,
            "rating_lower": found.lower,
            "rating_upper": found.upper,
            "rank": found.rank,
            "votes": found.votes,
            "win_rate": found.win_rate,
            "both_bad_rate": found.both_bad_rate,
        }
        lines = []
        for i, system in enumerate(self._systems):
            line: dict[str, Any] = {"system": system, **{name: _defined(values[i]) for name, values in figures.items()}}
            line["metrics"] = {name: self._mean(system, name) for name in METRIC_NAMES}
            line["reason"] = found.reason[i] or found.interval_reason[i] or None
            lines.append(line)
        lines.sort(key=lambda line: (line["rating"] is None, -(line["rating"] or 0), line["system"]))
        return {
            "votes": found.n_votes,
            "documents": found.n_documents,
            "annotators": found.n_annotators,
            "method": found.method,
            "warnings": list(found.warnings),
            "systems": lines,
        }

    def _mean(self, system: str, name: str) -> float | None:
        values = self._scores.get((system, name))
        return math.fsum(values) / len(values) if values else None


def _defined(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
