"""Does the result hang on a few votes, on one annotator, or on one document; every answer checked by a refit."""

from collections.abc import Sequence

import numpy as np

from leaderboards.boards.analysis.inputs import AnalysisData, Rated
from leaderboards.boards.analysis.values import Values, named, points
from stats.decisions.fragility import LeftOut, fewest_votes, leave_one_annotator_out, leave_one_document_out, top
from stats.strengths.bradley_terry import fit_bradley_terry
from stats.votes.arrays import IntArray

TOPS = (1, 3)
MOST = 0.1
VOTES_LISTED = 200
UNITS_TRIED = 1000


def robustness(data: AnalysisData) -> Values:
    rated = data.rated
    if rated is None or len(rated.systems) < 2:
        reason = data.why_not_rated or "only one system has votes"
        return {"reason": reason, "tops": [], "ranges": [], "tried": {}}
    documents, annotators = data.inputs.documents, data.inputs.annotators
    without_annotator = leave_one_annotator_out(rated.votes, chosen=_busiest(rated.votes.annotator))
    without_document = leave_one_document_out(rated.votes, chosen=_busiest(rated.votes.document))
    return {
        "reason": "",
        "tops": [
            {
                "k": k,
                "systems": _named(data, rated, top(rated.strengths, k)),
                "votes": _fewest(data, rated, k),
                "annotators": _changes(without_annotator, annotators, k),
                "documents": _changes(without_document, documents, k),
            }
            for k in TOPS
            if k < len(rated.systems)
        ],
        "ranges": _ranges(data, rated, without_annotator, without_document),
        "tried": {
            "annotators": len(without_annotator.units),
            "of_annotators": len(annotators),
            "documents": len(without_document.units),
            "of_documents": len(documents),
        },
    }


def _busiest(index: IntArray) -> IntArray:
    """All units, or as many as are tried, those with the most votes."""
    counts = np.bincount(index)
    return np.sort(np.argsort(-counts, kind="stable")[:UNITS_TRIED])


def _named(data: AnalysisData, rated: Rated, places: IntArray) -> list[str]:
    return named(data.inputs.slugs, rated.systems[places].tolist())


def _fewest(data: AnalysisData, rated: Rated, k: int) -> Values:
    found = fewest_votes(rated.votes, k=k, most=MOST)
    if found is None:
        return {"count": None, "reason": f"no set of up to {MOST:.0%} of the votes was found without which it changes"}
    kept = np.ones(len(rated.votes), dtype=np.bool_)
    kept[found.votes] = False
    after = fit_bradley_terry(rated.votes.take(kept).wins())
    listed = found.votes[:VOTES_LISTED].tolist()
    return {
        "count": len(found.votes),
        "reason": "",
        "share": found.share,
        "out": data.inputs.slugs[int(rated.systems[found.down])],
        "in": data.inputs.slugs[int(rated.systems[found.up])],
        "verified": set(top(after, k).tolist()) != set(top(rated.strengths, k).tolist()),
        "top_after": _named(data, rated, top(after, k)),
        "ids": [str(data.inputs.counted_votes[i].id) for i in listed],
        "comparisons": [int(data.details.comparison[i]) for i in listed],
        "not_listed": len(found.votes) - len(listed),
    }


def _changes(left_out: LeftOut, names: Sequence[str], k: int) -> Values:
    """Units without which the top is another, and those without which nothing can be said."""
    return {
        "change": named(names, left_out.changes_of(k).tolist()),
        "undecided": named(names, left_out.undecided.tolist()),
    }


def _ranges(data: AnalysisData, rated: Rated, annotators: LeftOut, documents: LeftOut) -> list[Values]:
    rows = []
    for place in np.argsort(-rated.strengths, kind="stable").tolist():
        rows.append(
            {
                "system": data.inputs.slugs[int(rated.systems[place])],
                "rating": points(rated.strengths[place]),
                "without_an_annotator": _range(annotators, place, "annotator"),
                "without_a_document": _range(documents, place, "document"),
            }
        )
    return rows


def _range(left_out: LeftOut, place: int, unit: str) -> Values:
    lower, upper = (points(bound[place]) for bound in (left_out.lower, left_out.upper))
    reason = "" if lower is not None else f"without any {unit} the votes do not connect the systems"
    return {"lower": lower, "upper": upper, "reason": reason}
