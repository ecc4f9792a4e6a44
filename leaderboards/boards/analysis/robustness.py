"""Whether the result depends on a few votes, one annotator or one document. Every answer is checked by a refit."""

from collections.abc import Sequence

import numpy as np

from leaderboards.boards.analysis.inputs import AnalysisData, RatedVotes
from leaderboards.boards.analysis.values import Values, named, points
from leaderboards.boards.noninferiority import told_apart
from stats.decisions.fragility import LeftOut, fewest_votes, leave_one_annotator_out, leave_one_document_out, top
from stats.strengths.bradley_terry import fit_bradley_terry
from stats.uncertainty.differences import Told
from stats.votes.arrays import IntArray

TOPS = (1, 3)
# Largest share of the votes to look for.
MOST = 0.1
VOTES_LISTED = 200
UNITS_TRIED = 1000


def robustness(data: AnalysisData) -> Values:
    """Analyse what it takes to change the first place and the top three."""
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
                "systems": _systems_named(data, rated, top(rated.strengths, k)),
                **_told(data, rated, k),
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


def _told(data: AnalysisData, rated: RatedVotes, k: int) -> Values:
    """Say by the board's rule whether the top is told from all others, and name those from which it is not."""
    order = rated.systems[top(rated.strengths, len(rated.systems))].tolist()
    said = {j: {told_apart(data.ratings, i, j) for i in order[:k]} for j in order[k:]}
    words = set().union(*said.values())
    told = next((word for word in (Told.OPEN, Told.TOO_FEW) if word in words), Told.DIFFER)
    others = [data.inputs.slugs[j] for j, tellings in said.items() if tellings != {Told.DIFFER}]
    return {"told": str(told), "not_told_from": others}


def _busiest(index: IntArray) -> IntArray:
    """Return all units, or the UNITS_TRIED with the most votes."""
    counts = np.bincount(index)
    return np.sort(np.argsort(-counts, kind="stable")[:UNITS_TRIED])


def _systems_named(data: AnalysisData, rated: RatedVotes, numbers: IntArray) -> list[str]:
    return named(data.inputs.slugs, rated.systems[numbers].tolist())


def _fewest(data: AnalysisData, rated: RatedVotes, k: int) -> Values:
    removal = fewest_votes(rated.votes, k=k, most=MOST)
    if removal is None:
        return {"count": None, "reason": f"no removal of up to {MOST:.0%} of the votes was found that changes it"}
    remaining = np.ones(len(rated.votes), dtype=np.bool_)
    remaining[removal.votes] = False
    after = fit_bradley_terry(rated.votes.take(remaining).wins())
    listed = removal.votes[:VOTES_LISTED].tolist()
    return {
        "count": len(removal.votes),
        "reason": "",
        "share": removal.share,
        "told": str(told_apart(data.ratings, *rated.systems[[removal.down, removal.up]].tolist())),
        "out": data.inputs.slugs[int(rated.systems[removal.down])],
        "in": data.inputs.slugs[int(rated.systems[removal.up])],
        "verified": set(top(after, k).tolist()) != set(top(rated.strengths, k).tolist()),
        "top_after": _systems_named(data, rated, top(after, k)),
        "ids": [str(data.inputs.counted_votes[i].id) for i in listed],
        "comparisons": [int(data.details.comparison[i]) for i in listed],
        "not_listed": len(removal.votes) - len(listed),
    }


def _changes(left_out: LeftOut, names: Sequence[str], k: int) -> Values:
    """Name the units without which the top changes, and those without which nothing can be said."""
    return {
        "change": named(names, left_out.changes_of(k).tolist()),
        "undecided": named(names, left_out.undecided.tolist()),
    }


def _ranges(data: AnalysisData, rated: RatedVotes, annotators: LeftOut, documents: LeftOut) -> list[Values]:
    return [
        {
            "system": data.inputs.slugs[int(rated.systems[i])],
            "rating": points(rated.strengths[i]),
            "without_an_annotator": _range(annotators, i, "annotator"),
            "without_a_document": _range(documents, i, "document"),
        }
        for i in np.argsort(-rated.strengths, kind="stable").tolist()
    ]


def _range(left_out: LeftOut, i: int, unit: str) -> Values:
    lower, upper = (points(bound[i]) for bound in (left_out.lower, left_out.upper))
    reason = "" if lower is not None else f"whichever {unit} is left out, the votes no longer link all systems"
    return {"lower": lower, "upper": upper, "reason": reason}
