"""Whether the metrics see what people mark: sentences against marked ones, and summaries against counts of errors."""

from dataclasses import asdict
from typing import Any

import numpy as np

from leaderboards.boards.analysis.marked_parts import ReadParts
from leaderboards.boards.analysis.values import Values, estimate
from leaderboards.data.inputs import BoardInputs
from marks.report.arrays import MarkedStudy, read_marked_study
from models_runner.metrics.declared import direction_of
from models_runner.metrics.protocol import Direction
from stats.judges.clustered import mean
from stats.marks.counts import ErrorCounts, value_trust
from stats.marks.rates import NOTHING, too_few_readings
from stats.marks.seeing import Suspicions, seen
from stats.metrics.interval import Interval
from stats.votes.arrays import BoolArray, FloatArray

RESAMPLES = 1000
LEAST_RESAMPLES = 200
# Most readings over all resamples of one metric: a larger study draws fewer resamples.
MOST_READINGS = 30_000_000
NO_DIRECTION = "neither high nor low values are better, so there is nothing to find errors by"
NOT_SCORED = "no summary that was read for errors has a value"


def compute_marks_seen(inputs: BoardInputs, seed: int = 0) -> Values:
    """Compare each metric with the study's marks. Votes have no part in it, nor have filters of votes."""
    marked = read_marked_study(inputs.study)
    numbers = {
        "readings": len(marked.readings),
        "documents": len({summary.document for summary in marked.summaries.values()}),
        "annotators": len({annotator for annotator, _ in marked.readings}),
    }
    about = {
        "study": inputs.study.slug,
        **numbers,
        "marks": len(marked.marks),
        "marks_on_words": sum(mark.start is not None for mark in marked.marks),
        "too_few": too_few_readings(*numbers.values()) if marked.readings else NOTHING,
        "seed": seed,
    }
    if not marked.readings:
        return about | {"metrics": [], "evidence": None}
    resamples = int(np.clip(MOST_READINGS // len(marked.readings), LEAST_RESAMPLES, RESAMPLES))
    parts = ReadParts(inputs, marked)
    names = [name for name in inputs.metric_names if name in inputs.values_by_metric]
    metrics = [_metric(inputs, marked, parts, name, seed, resamples) for name in names]
    return about | {"resamples": resamples, "metrics": metrics, "evidence": _evidence(parts.without_support().parts)}


def _metric(inputs: BoardInputs, marked: MarkedStudy, parts: ReadParts, name: str, seed: int, resamples: int) -> Values:
    direction = direction_of(name)
    values = _by_document(inputs, marked, name)
    problem = NO_DIRECTION if direction == Direction.NONE else "" if np.isfinite(values).any() else NOT_SCORED
    if problem:
        return {"metric": name, "reason": problem}
    better = -1.0 if direction == Direction.LOWER else 1.0
    trust = value_trust(_counts(marked), better * values, seed=seed, resamples=resamples)
    return {
        "metric": name,
        "reason": "",
        **_of_parts(marked, parts, name, -better),
        "system": {key: _estimate(interval) for key, interval in trust.system.items()},
        "summary": {key: _estimate(interval) for key, interval in trust.summary.items()},
        "systems": trust.n_systems,
        "documents": trust.n_documents,
        "readings": trust.n_readings,
    }


def _of_parts(marked: MarkedStudy, parts: ReadParts, name: str, sign: float) -> Values:
    """Say how well sentences are found, and places in them where the metric's values are of such."""
    if name not in parts.spans:
        return {"sentences": None, "places": None}
    own = parts.own_parts(name, sign)
    of_places = not parts.has_sentences(name)
    sentences = parts.sentences(name, sign) if of_places else own
    kinds = {kind.name: seen(sentences.of_kind(n)).auc for n, kind in enumerate(marked.kinds)}
    found = _seen(sentences.parts) | {"kinds": {kind: asdict(auc) for kind, auc in kinds.items()}}
    return {"sentences": found, "places": _seen(own.parts) if of_places else None}


def _seen(parts: Suspicions) -> Values:
    result = seen(parts)
    numbers: dict[str, Any] = {"auc": asdict(result.auc), "precision": asdict(result.precision)}
    return numbers | {"marked_share": result.share, "marked": result.marked, "parts": len(parts)}


def _evidence(parts: Suspicions) -> Values | None:
    """Say how often "No support found" is said of marked sentences, of the others, and how often rightly."""
    if not len(parts):
        return None
    flagged = parts.suspicion > 0

    def share(of: BoolArray, among: BoolArray) -> Values:
        units = (parts.document[among], parts.annotator[among])
        return asdict(mean(of[among].astype(np.float64), *units))

    return {
        "parts": len(parts),
        "marked": int(parts.marked.sum()),
        "flagged": int(flagged.sum()),
        "flagged_of_marked": share(flagged, parts.marked),
        "flagged_of_others": share(flagged, ~parts.marked),
        "marked_of_flagged": share(parts.marked, flagged),
    }


def _by_document(inputs: BoardInputs, marked: MarkedStudy, name: str) -> FloatArray:
    """Return the mean value of each system's summaries of each document that were read; NaN without one."""
    values = inputs.values_by_metric[name]
    documents = 1 + max(summary.document for summary in marked.summaries.values())
    sums, counts = (np.zeros((len(marked.systems), documents)) for _ in range(2))
    for key, summary in marked.summaries.items():
        if key in values:
            sums[summary.system, summary.document] += values[key]
            counts[summary.system, summary.document] += 1
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _counts(marked: MarkedStudy) -> ErrorCounts:
    readings = marked.arrays
    return ErrorCounts(readings.errors.sum(axis=1), readings.system, readings.document, readings.annotator)


def _estimate(interval: Interval) -> Values:
    bounds = (interval.value, interval.lower, interval.upper)
    return estimate(*bounds, reason=interval.reason, interval_reason=interval.interval_reason)
