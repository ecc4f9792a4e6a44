"""Whether the metrics agree with the votes, and which systems they tell from a chosen one."""

import numpy as np

from leaderboards.boards.analysis.inputs import AnalysisData
from leaderboards.boards.analysis.values import Values, estimate, number, points
from models_runner.metrics.declared import direction_of
from models_runner.metrics.protocol import Direction
from stats.metrics.interval import Interval
from stats.metrics.metric_trust import metric_trust
from stats.metrics.significance import ROUNDS, compare_with

RESAMPLES = 1000
LEAST_RESAMPLES = 200
# Most numbers to look at over all resamples of one metric: a larger study draws fewer resamples.
MOST_NUMBERS = 300_000_000
NOT_SCORED = "not scored yet"


def metric_agreement(data: AnalysisData) -> list[Values]:
    """Compare every metric with the votes, at the levels of systems, summaries and single votes."""
    resamples = resamples_for(data)
    return [
        _agreement_of(data, name, resamples) if name in data.scores else {"metric": name, "reason": NOT_SCORED}
        for name in data.inputs.metric_names
    ]


def resamples_for(data: AnalysisData) -> int:
    """Number of resamples that keeps the work within MOST_NUMBERS."""
    systems = len(data.inputs.slugs)
    numbers = len(data.votes) + len(data.inputs.documents) * systems * systems // 2
    return int(np.clip(MOST_NUMBERS // max(1, numbers), LEAST_RESAMPLES, RESAMPLES))


def _agreement_of(data: AnalysisData, name: str, resamples: int) -> Values:
    values = data.by_document(name)[:, : len(data.inputs.documents)]
    # Agreement with people is that of what is better with what is preferred.
    sign = -1.0 if direction_of(name) == Direction.LOWER else 1.0
    trust = metric_trust(data.votes, sign * values, seed=data.seed, resamples=resamples)
    return {
        "metric": name,
        "reason": "",
        "system": {key: _estimate(interval) for key, interval in trust.system.items()},
        "summary": {key: _estimate(interval) for key, interval in trust.summary.items()},
        "pairwise_accuracy": _estimate(trust.accuracy),
        "tie_threshold": number(trust.tie_threshold),
        "systems": trust.n_systems,
        "documents": trust.n_documents,
        "votes": trust.n_votes,
        "resamples": resamples,
        "points": _points(data, values),
    }


def _estimate(interval: Interval) -> Values:
    return estimate(
        interval.value,
        interval.lower,
        interval.upper,
        reason=interval.reason,
        interval_reason=interval.interval_reason,
    )


def _points(data: AnalysisData, values: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> list[Values]:
    """Mean over the documents voted on, and rating, of the systems that have both."""
    rated = data.rated
    if rated is None:
        return []
    rows = []
    for i, system in enumerate(rated.systems.tolist()):
        of_system = values[system][~np.isnan(values[system])]
        if of_system.size:
            rows.append(
                {
                    "system": data.inputs.slugs[system],
                    "metric": float(of_system.mean()),
                    "rating": points(rated.strengths[i]),
                }
            )
    return rows


def significance(data: AnalysisData, against: str | None) -> Values:
    """Compare each system's mean of each metric with that of one system, on the documents that both have.

    against: That system; without one default_opponent.
    """
    slugs = data.inputs.slugs
    chosen = against if against in slugs else default_opponent(data)
    if chosen is None:
        return {"against": None, "reason": "no systems yet", "metrics": []}
    metrics = []
    for name in data.scores:
        compared = compare_with(data.by_document(name), slugs.index(chosen), seed=data.seed)
        rows = [
            {
                "system": slug,
                "difference": number(compared.difference[i]),
                "documents": int(compared.documents[i]),
                "p": number(compared.p[i]),
                "p_holm": number(compared.p_holm[i]),
                "reason": "" if compared.documents[i] > 1 else "fewer than two documents with values of both",
            }
            for i, slug in enumerate(slugs)
            if slug != chosen
        ]
        metrics.append({"metric": name, "systems": rows})
    method = f"approximate randomization over documents, {ROUNDS} rounds or all sign flips; Holm within each metric"
    return {"against": chosen, "reason": "" if metrics else NOT_SCORED, "metrics": metrics, "method": method}


def default_opponent(data: AnalysisData) -> str | None:
    """Return the study's anchor if it has one, else the system rated highest, else the first."""
    slugs = data.inputs.slugs
    anchor = data.inputs.study.anchor
    if anchor is not None and anchor.slug in slugs:
        return str(anchor.slug)
    rated = data.rated
    if rated is not None:
        return slugs[int(rated.systems[int(rated.strengths.argmax())])]
    return slugs[0] if slugs else None
