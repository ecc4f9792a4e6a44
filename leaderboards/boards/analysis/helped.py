"""Ratings helped by the metrics: they predict comparisons nobody judged, the votes correct their errors (PPI++)."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from leaderboards.boards.analysis.inputs import LENGTH, AnalysisData, Rated
from leaderboards.boards.analysis.values import Values, estimate, number, points
from stats.metrics.metric_model import FOLDS, cross_predict
from stats.ratings.prediction_powered import PoweredRatings, Predictions, powered_ratings
from stats.votes.arrays import FloatArray, IntArray

OTHERS = 200_000
METHOD = (
    f"PPI++, one-step Bradley–Terry; logistic model of metric differences, cross-fitted over {FOLDS} folds of "
    "documents; bounds of the two-way sandwich with t for few documents or annotators"
)


@dataclass(frozen=True)
class _UnvotedPairs:
    """Comparisons of documents without votes: places of the systems, the document, and the two summaries."""

    system_a: IntArray
    system_b: IntArray
    unit: IntArray
    summary_a: IntArray
    summary_b: IntArray
    there: int  # comparisons there are, of which these were taken


def helped_ratings(data: AnalysisData) -> Values:
    rated = data.rated
    others = None if rated is None else _others(data, rated)
    reason = _why_not(data, others)
    if reason or rated is None or others is None:
        return {"reason": reason, "systems": [], "method": METHOD}
    found = _powered(data, rated, others)
    rows = [
        {
            "system": data.inputs.slugs[system],
            "human": _points(found.classical, found.classical_lower, found.classical_upper, place),
            "helped": _points(found.strengths, found.lower, found.upper, place),
            "effective_votes": number(found.effective[place]),
            "extra_votes": number(found.effective[place] - len(rated.votes)),
        }
        for place, system in enumerate(rated.systems.tolist())
    ]
    rows.sort(key=lambda row: (-row["helped"]["value"], row["system"]))
    return {
        "reason": "",
        "systems": rows,
        "tuning": found.tuning,
        "metrics": _features(data),
        "votes": len(rated.votes),
        "other_documents": len(np.unique(others.unit)),
        "other_comparisons": len(others.unit),
        "other_comparisons_left_out": others.there - len(others.unit),
        "method": METHOD,
    }


def _points(value: FloatArray, lower: FloatArray, upper: FloatArray, place: int) -> Values:
    return estimate(*(points(bound[place]) for bound in (value, lower, upper)))


def _why_not(data: AnalysisData, others: "_UnvotedPairs | None") -> str:
    if others is None:
        return data.why_not_rated
    if not data.scores:
        return "the summaries are not scored yet"
    if len(data.inputs.documents) < 2:
        return "all votes are about one document"
    if not len(others.unit):
        return "there is no document with summaries of two systems that nobody has voted on"
    return ""


def _features(data: AnalysisData) -> list[str]:
    return list(data.scores)


def _powered(data: AnalysisData, rated: Rated, others: _UnvotedPairs) -> PoweredRatings:
    x = np.column_stack([_difference(name, *data.by_vote(name)) for name in _features(data)])
    beyond = np.column_stack([_difference(name, *_looked_up(data, name, others)) for name in _features(data)])
    votes = rated.votes
    own, told = cross_predict(x, votes.a_share, votes.weights, votes.document, beyond, seed=data.seed)
    return powered_ratings(votes, own, Predictions(others.system_a, others.system_b, told, others.unit))


def _difference(name: str, a: FloatArray, b: FloatArray) -> FloatArray:
    """Of a metric, 0 where one is unknown; of lengths the relative one, as in the length control."""
    gap = (a - b) / np.maximum(a + b, 1) if name == LENGTH else a - b
    known: FloatArray = np.nan_to_num(gap, nan=0.0)
    return known


def _looked_up(data: AnalysisData, name: str, others: _UnvotedPairs) -> tuple[FloatArray, FloatArray]:
    values = data.scores[name]
    a, b = (
        np.array([values.get(pk, np.nan) for pk in side.tolist()], dtype=np.float64)
        for side in (others.summary_a, others.summary_b)
    )
    return a, b


def _others(data: AnalysisData, rated: Rated) -> _UnvotedPairs:
    """Pairs of systems that have votes, on documents that have none and that no system was trained on.

    With more than can be looked at, whole documents are drawn.
    """
    summaries = _unvoted(data, rated)
    units = sorted({unit for unit, _ in summaries})
    order = np.random.default_rng(data.seed).permutation(len(units))
    met = rated.votes.wins()
    voted = np.argwhere(np.triu(met + met.T > 0, 1)).tolist()
    by_document: dict[str, list[dict[int, int]]] = defaultdict(list)
    for (unit, _), by_system in sorted(summaries.items()):
        by_document[unit].append(by_system)
    rows: list[tuple[int, int, int, int, int]] = []
    there = 0
    for number_of, unit in enumerate(units[i] for i in order.tolist()):
        own = [
            (a, b, number_of, by_system[a], by_system[b])
            for by_system in by_document[unit]
            for a, b in voted
            if a in by_system and b in by_system
        ]
        there += len(own)
        if len(rows) + len(own) <= OTHERS:
            rows += own
    columns = np.array(rows, dtype=np.int64).reshape(len(rows), 5).T
    return _UnvotedPairs(columns[0], columns[1], columns[2], columns[3], columns[4], there)


def _unvoted(data: AnalysisData, rated: Rated) -> dict[tuple[str, int], dict[int, int]]:
    """By document and query (-1: none), the summary of each rated system."""
    place = {data.inputs.slugs[system]: i for i, system in enumerate(rated.systems.tolist())}
    voted = set(data.inputs.documents)
    trained_on = {s.document for s in data.inputs.summaries if s.leaked}
    found: dict[tuple[str, int], dict[int, int]] = defaultdict(dict)
    for summary in data.inputs.summaries:
        if summary.system in place and summary.document not in voted and summary.document not in trained_on:
            query = -1 if summary.query is None else summary.query
            found[summary.document, query][place[summary.system]] = summary.pk
    return found
