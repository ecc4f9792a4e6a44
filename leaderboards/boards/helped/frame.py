"""Choose the pairs whose verdicts may help, and line them up with the votes; or say why there are none."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from judges.report.helping import verdicts_unlike
from leaderboards.boards.analysis.alike import Comparable, comparable, documents_alike
from leaderboards.boards.analysis.helped import difference
from leaderboards.boards.analysis.inputs import AnalysisData, RatedVotes
from leaderboards.data.help import JudgeHelp
from stats.judges.arrays import Items
from stats.ratings.ratings import Ratings
from stats.votes.arrays import BoolArray, FloatArray, IntArray, VoteArrays

NO_VERDICTS = "the judge was asked about no pair of the board"
ONE_DOCUMENT = "all votes are about one document"
NOT_ASKED = "people voted on pairs that the judge has no verdict on, and nothing says how its pairs were chosen"


@dataclass(frozen=True)
class Frame:
    """Everything that could be voted on, with what is said of it, and the votes; documents with votes come first.

    Attributes:
        votes: Of the rated systems, numbered from 0.
        systems: Their numbers on the board.
        item: Of each vote.
        predictors: The judge's share less one half, then what each metric says of a less b; shape (n_items, k).
        strata: Number of each item's language.
        alike: What metrics tell of documents with and without votes; None where all have some, or there are no metrics.
        doubt: Why documents without votes may be unlike the others, though no test shows it.
    """

    votes: VoteArrays
    systems: IntArray
    item: IntArray
    items: Items
    predictors: FloatArray
    strata: IntArray
    metrics: list[str]
    alike: dict[str, Any] | None
    doubt: str


def frame_of(data: AnalysisData, told: JudgeHelp, ratings: Ratings) -> Frame | str:
    """Return the pairs that may help, or why there are none. ratings: Of people's votes alone."""
    rated = data.rated
    if rated is None:
        return data.why_not_rated
    if reasons := [reason for i in rated.systems.tolist() if (reason := ratings.interval_reason[i])]:
        return reasons[0]
    if len(data.inputs.documents) < 2:
        return ONE_DOCUMENT
    if not told.asked.any():
        return NO_VERDICTS
    voted_pairs = set(_pairs(data))
    of_votes = np.array([tuple(pair) in voted_pairs for pair in told.summaries.tolist()], dtype=np.bool_)
    asked = told.asked | of_votes
    if (of_votes & ~told.asked).any():
        if told.imported:
            return NOT_ASKED
        asked = np.ones(len(asked), dtype=np.bool_)  # its pairs are a random draw from all of these
    return _framed(data, rated, told, asked)


def _pairs(data: AnalysisData) -> Iterator[tuple[int, int]]:
    """Yield the keys of the two summaries of each vote."""
    return zip(data.details.summary_a.tolist(), data.details.summary_b.tolist(), strict=True)


def _framed(data: AnalysisData, rated: RatedVotes, told: JudgeHelp, asked: BoolArray) -> Frame | str:
    """Keep pairs of rated systems, on documents with votes or comparable with these, and compare the two kinds."""
    rule, voted = comparable(data), set(data.inputs.documents)
    number = {data.inputs.slugs[system]: i for i, system in enumerate(rated.systems.tolist())}
    on_board = [asked[i] and a in number and b in number for i, (a, b) in enumerate(told.systems)]
    documents = [*data.inputs.documents, *sorted(_others(data, told, rule) - voted)]
    order = {name: i for i, name in enumerate(documents)}
    kept = [i for i, chosen in enumerate(on_board) if chosen and told.document[i] in order]
    items = Items(
        _array([number[told.systems[i][0]] for i in kept]),
        _array([number[told.systems[i][1]] for i in kept]),
        _array([order[told.document[i]] for i in kept]),
    )
    share, summaries = told.share[kept], told.summaries[kept]
    unvoted = sorted({told.document[i] for i in kept} - voted)
    alike = documents_alike(data, rule, unvoted, list(number)) if unvoted and data.scores else None
    if reason := _unlike(data, items, share, alike):
        return reason
    place = {tuple(pair): i for i, pair in enumerate(summaries.tolist())}
    languages = sorted(set(told.language))
    return Frame(
        votes=rated.votes,
        systems=rated.systems,
        item=_array([place[pair] for pair in _pairs(data)]),
        items=items,
        predictors=np.column_stack([share - 0.5, *(_metric(data, name, summaries) for name in data.scores)]),
        strata=_array([languages.index(told.language[i]) for i in kept]),
        metrics=list(data.scores),
        alike=alike,
        doubt=rule.doubt if unvoted else "",
    )


def _others(data: AnalysisData, told: JudgeHelp, rule: Comparable) -> set[str]:
    """Name documents that are comparable with those voted on, and that no system was trained on."""
    leaked = {summary.document for summary in data.inputs.summaries if summary.leaked}
    return {d for d in set(told.document) - leaked if rule.documents is None or d in rule.documents}


def _unlike(data: AnalysisData, items: Items, share: FloatArray, alike: dict[str, Any] | None) -> str:
    """Say how documents with votes differ from those without, in what the judge says or metrics measure; or ""."""
    voted = items.document < len(data.inputs.documents)
    if data.inputs.is_directed:
        return ""  # the draw makes them unlike, and the votes weigh by its chances
    said = verdicts_unlike(items, share, voted, np.ones(len(items), dtype=np.bool_), seed=data.seed)
    return said or str(alike["refused"] if alike else "")


def _metric(data: AnalysisData, name: str, summaries: IntArray) -> FloatArray:
    values = data.scores[name]
    a, b = (np.array([values.get(key, np.nan) for key in side], dtype=np.float64) for side in summaries.T.tolist())
    return difference(name, a, b)


def _array(values: list[int]) -> IntArray:
    return np.array(values, dtype=np.int64)
