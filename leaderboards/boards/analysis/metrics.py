"""Can the metrics be trusted here, and which systems do they tell from a chosen one."""

import numpy as np

from leaderboards.boards.analysis.inputs import AnalysisData
from leaderboards.boards.analysis.values import Values, estimate, number, points
from leaderboards.data.inputs import METRIC_NAMES
from stats.metrics.metric_trust import Interval, metric_trust
from stats.metrics.significance import ROUNDS, compare_with

RESAMPLES = 1000
LEAST_RESAMPLES = 200
# Numbers looked at over all resamples of one metric; with more, fewer resamples are drawn.
WORK = 300_000_000
NOT_SCORED = "not scored yet"


def metric_agreement(data: AnalysisData) -> list[Values]:
    """Every metric against the votes, at the levels of systems, summaries and single votes."""
    resamples = resamples_for(data)
    return [
        _one(data, name, resamples) if name in data.scores else {"metric": name, "reason": NOT_SCORED}
        for name in METRIC_NAMES
    ]


def resamples_for(data: AnalysisData) -> int:
    systems = len(data.inputs.slugs)
    once = len(data.votes) + len(data.inputs.documents) * systems * systems // 2
    return int(np.clip(WORK // max(1, once), LEAST_RESAMPLES, RESAMPLES))


def _one(data: AnalysisData, name: str, resamples: int) -> Values:
    values = data.by_document(name)[:, : len(data.inputs.documents)]
    found = metric_trust(data.votes, values, seed=data.seed, resamples=resamples)
    return {
        "metric": name,
        "reason": "",
        "system": {key: _figure(interval) for key, interval in found.system.items()},
        "summary": {key: _figure(interval) for key, interval in found.summary.items()},
        "pairwise_accuracy": _figure(found.accuracy),
        "tie_threshold": number(found.tie_threshold),
        "systems": found.n_systems,
        "documents": found.n_documents,
        "votes": found.n_votes,
        "resamples": resamples,
        "points": _points(data, values),
    }


def _figure(interval: Interval) -> Values:
    return estimate(
        interval.value,
        interval.lower,
        interval.upper,
        reason=interval.reason,
        interval_reason=interval.interval_reason,
    )


def _points(data: AnalysisData, values: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> list[Values]:
    """Systems that have both: the metric's mean over the documents voted on, and the rating."""
    rated = data.rated
    if rated is None:
        return []
    found = []
    for place, system in enumerate(rated.systems.tolist()):
        known = values[system][~np.isnan(values[system])]
        if known.size:
            found.append(
                {
                    "system": data.inputs.slugs[system],
                    "metric": float(known.mean()),
                    "rating": points(rated.strengths[place]),
                }
            )
    return found


def significance(data: AnalysisData, against: str | None) -> Values:
    """Means of each metric on all documents that two systems both have, every system against the chosen one."""
    slugs = data.inputs.slugs
    chosen = against if against in slugs else default_opponent(data)
    if chosen is None:
        return {"against": None, "reason": "no systems yet", "metrics": []}
    metrics = []
    for name in data.scores:
        found = compare_with(data.by_document(name), slugs.index(chosen), seed=data.seed)
        rows = [
            {
                "system": slug,
                "difference": number(found.difference[i]),
                "documents": int(found.documents[i]),
                "p": number(found.p[i]),
                "p_holm": number(found.p_holm[i]),
                "reason": "" if found.documents[i] > 1 else "fewer than two documents with values of both",
            }
            for i, slug in enumerate(slugs)
            if slug != chosen
        ]
        metrics.append({"metric": name, "systems": rows})
    method = f"approximate randomization over documents, {ROUNDS} rounds or all sign flips; Holm within each metric"
    return {"against": chosen, "reason": "" if metrics else NOT_SCORED, "metrics": metrics, "method": method}


def default_opponent(data: AnalysisData) -> str | None:
    """The study's anchor if it has one, else the system rated highest, else the first."""
    slugs = data.inputs.slugs
    anchor = data.inputs.study.anchor
    if anchor is not None and anchor.slug in slugs:
        return str(anchor.slug)
    rated = data.rated
    if rated is not None:
        return slugs[int(rated.systems[int(rated.strengths.argmax())])]
    return slugs[0] if slugs else None
