"""Ratings helped by the metrics (PPI++): metrics predict comparisons nobody judged, votes correct their errors."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from leaderboards.boards.analysis.alike import Comparable, Rule, comparable, documents_alike
from leaderboards.boards.analysis.inputs import LENGTH, AnalysisData, RatedVotes
from leaderboards.boards.analysis.values import Values, estimate, number, points
from stats.metrics.metric_model import FOLDS, cross_predict
from stats.ratings.prediction_powered import PoweredRatings, Predictions, powered_ratings
from stats.votes.arrays import FloatArray, IntArray

# Most comparisons to predict.
MOST_PREDICTED = 200_000
METHOD = (
    f"PPI++, one-step Bradley–Terry; logistic model of metric differences, cross-fitted over {FOLDS} folds of "
    "documents; bounds of the two-way sandwich with t for few documents or annotators"
)


@dataclass(frozen=True)
class _UnvotedPairs:
    """Comparisons on documents without votes.

    Attributes:
        system_a, system_b: Numbers among the rated systems.
        available: Number of such comparisons, of which these were taken.
        names: The documents, those left out included.
    """

    system_a: IntArray
    system_b: IntArray
    document: IntArray
    summary_a: IntArray
    summary_b: IntArray
    available: int
    names: list[str]


def helped_ratings(data: AnalysisData) -> Values:
    """Rate the systems from votes and metrics together, beside the ratings from votes alone."""
    rated, rule = data.rated, comparable(data)
    unvoted = None if rated is None else _unvoted_pairs(data, rated, rule)
    reason = _why_not(data, unvoted, rule)
    if reason or rated is None or unvoted is None:
        return {"reason": reason, "systems": [], "method": METHOD, "documents": None}
    alike = documents_alike(data, rule, unvoted.names, [data.inputs.slugs[i] for i in rated.systems.tolist()])
    if alike["refused"]:
        return {"reason": alike["refused"], "systems": [], "method": METHOD, "documents": alike}
    powered = _powered(data, rated, unvoted)
    return {
        "reason": "",
        "documents": alike,
        "systems": _rows(data, rated, powered),
        "tuning": powered.tuning,
        "metrics": _features(data),
        "votes": len(rated.votes),
        "other_documents": len(np.unique(unvoted.document)),
        "other_comparisons": len(unvoted.document),
        "other_comparisons_left_out": unvoted.available - len(unvoted.document),
        "method": METHOD,
    }


def _rows(data: AnalysisData, rated: RatedVotes, powered: PoweredRatings) -> list[Values]:
    rows = [
        {
            "system": data.inputs.slugs[system],
            "human": _points(powered.classical, powered.classical_lower, powered.classical_upper, i),
            "helped": _points(powered.strengths, powered.lower, powered.upper, i),
            "effective_votes": number(powered.effective[i]),
            "extra_votes": number(powered.effective[i] - len(rated.votes)),
        }
        for i, system in enumerate(rated.systems.tolist())
    ]
    return sorted(rows, key=lambda row: (-row["helped"]["value"], row["system"]))


def _points(value: FloatArray, lower: FloatArray, upper: FloatArray, i: int) -> Values:
    return estimate(*(points(strengths[i]) for strengths in (value, lower, upper)))


def _why_not(data: AnalysisData, unvoted: "_UnvotedPairs | None", rule: Comparable) -> str:
    if unvoted is None:
        return data.why_not_rated
    if not data.scores:
        return "the summaries are not scored yet"
    if len(data.inputs.documents) < 2:
        return "all votes are about one document"
    if not len(unvoted.document) and rule.rule == Rule.CHOSEN:
        return (
            "the documents with votes were chosen, so others may be unlike them, and of the chosen ones none is "
            "without votes"
        )
    if not len(unvoted.document):
        return "there is no document with summaries of two systems that nobody has voted on"
    return ""


def _features(data: AnalysisData) -> list[str]:
    return list(data.scores)


def _powered(data: AnalysisData, rated: RatedVotes, unvoted: _UnvotedPairs) -> PoweredRatings:
    voted = np.column_stack([difference(name, *data.by_vote(name)) for name in _features(data)])
    beyond = np.column_stack([difference(name, *_values_of(data, name, unvoted)) for name in _features(data)])
    votes = rated.votes
    fitted, predicted = cross_predict(voted, votes.a_share, votes.weights, votes.document, beyond, seed=data.seed)
    predictions = Predictions(unvoted.system_a, unvoted.system_b, predicted, unvoted.document)
    return powered_ratings(votes, fitted, predictions)


def difference(name: str, a: FloatArray, b: FloatArray) -> FloatArray:
    """Subtract a metric's values, 0 where one is missing; of lengths the relative one, as in the length control."""
    gap = (a - b) / np.maximum(a + b, 1) if name == LENGTH else a - b
    filled: FloatArray = np.nan_to_num(gap, nan=0.0)
    return filled


def _values_of(data: AnalysisData, name: str, unvoted: _UnvotedPairs) -> tuple[FloatArray, FloatArray]:
    values = data.scores[name]
    a, b = (
        np.array([values.get(pk, np.nan) for pk in side.tolist()], dtype=np.float64)
        for side in (unvoted.summary_a, unvoted.summary_b)
    )
    return a, b


def _unvoted_pairs(data: AnalysisData, rated: RatedVotes, rule: Comparable) -> _UnvotedPairs:
    """Pairs of systems that have votes, on comparable documents that have none and that no system was trained on.

    Whole documents are drawn, as many as MOST_PREDICTED allows.
    """
    summaries = _unvoted_summaries(data, rated, rule)
    documents = sorted({document for document, _ in summaries})
    order = np.random.default_rng(data.seed).permutation(len(documents))
    wins = rated.votes.wins()
    voted_pairs = np.argwhere(np.triu(wins + wins.T > 0, 1)).tolist()
    by_document: dict[str, list[dict[int, int]]] = defaultdict(list)
    for (document, _), by_system in sorted(summaries.items()):
        by_document[document].append(by_system)
    rows: list[tuple[int, int, int, int, int]] = []
    available = 0
    for number_drawn, document in enumerate(documents[i] for i in order.tolist()):
        of_document = [
            (a, b, number_drawn, by_system[a], by_system[b])
            for by_system in by_document[document]
            for a, b in voted_pairs
            if a in by_system and b in by_system
        ]
        available += len(of_document)
        if len(rows) + len(of_document) <= MOST_PREDICTED:
            rows += of_document
    columns = np.array(rows, dtype=np.int64).reshape(len(rows), 5).T
    return _UnvotedPairs(columns[0], columns[1], columns[2], columns[3], columns[4], available, documents)


def _unvoted_summaries(
    data: AnalysisData, rated: RatedVotes, rule: Comparable
) -> dict[tuple[str, int], dict[int, int]]:
    """By document and query (-1: none), the summary of each rated system."""
    number_of = {data.inputs.slugs[system]: i for i, system in enumerate(rated.systems.tolist())}
    left_out = set(data.inputs.documents) | {s.document for s in data.inputs.summaries if s.leaked}
    summaries: dict[tuple[str, int], dict[int, int]] = defaultdict(dict)
    for summary in data.inputs.summaries:
        named = rule.documents is None or summary.document in rule.documents
        if named and summary.system in number_of and summary.document not in left_out:
            query = -1 if summary.query is None else summary.query
            summaries[summary.document, query][number_of[summary.system]] = summary.pk
    return summaries
