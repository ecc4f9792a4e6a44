"""Small against large: what each system costs, how good it is, and whether a small one is as good as a large one."""

import math
from collections import defaultdict
from typing import Any

import numpy as np

from leaderboards.boards.costs import read_costs
from leaderboards.boards.noninferiority import RESAMPLES, compare_pairs, is_compact, is_reference
from leaderboards.data.inputs import BoardInputs
from stats.metrics.significance import mean_intervals
from stats.votes.arrays import FloatArray

# Higher is better in all of them; the rating itself comes from the board.
METRICS = {
    "rouge1": "ROUGE-1",
    "rouge2": "ROUGE-2",
    "rougeL": "ROUGE-L",
    "rougeLsum": "ROUGE-Lsum",
    "bertscore_f1": "BERTScore",
}


def compute_small_large(inputs: BoardInputs, seed: int) -> dict[str, Any]:
    """JSON-able; None where undefined, with its reason. One query, for what the summaries took.

    metrics, costs: by name and system. small, large: the systems a verdict can be about. verdicts: of every such pair.
    """
    margin = inputs.study.noninferiority_margin
    return {
        "fingerprint": inputs.fingerprint,
        "seed": seed,
        "resamples": RESAMPLES,
        "votes": len(inputs.arrays),
        "margin": margin,
        "metrics": _metrics(inputs, seed),
        "costs": {
            measure: {system: found._asdict() for system, found in costs.items()}
            for measure, costs in read_costs(inputs).items()
        },
        "small": [system.slug for system in inputs.systems if is_compact(system)],
        "large": [system.slug for system in inputs.systems if is_reference(system)],
        "verdicts": compare_pairs(inputs, margin, seed),
    }


def _metrics(inputs: BoardInputs, seed: int) -> dict[str, dict[str, dict[str, Any]]]:
    found = {}
    for name in METRICS:
        values = _by_document(inputs, name)
        if np.isnan(values).all():
            continue
        means = mean_intervals(values, seed=seed, resamples=RESAMPLES)
        found[name] = {
            system: {
                "value": _defined(means.mean[i]),
                "lower": _defined(means.lower[i]),
                "upper": _defined(means.upper[i]),
                "reason": means.reason[i] and "not scored yet",
                "interval_reason": means.interval_reason[i],
            }
            for i, system in enumerate(inputs.slugs)
        }
    return found


def _by_document(inputs: BoardInputs, name: str) -> FloatArray:
    """Shape (n_systems, n_documents); a document's queries are averaged."""
    place = {system: i for i, system in enumerate(inputs.slugs)}
    documents = {name: j for j, name in enumerate(sorted({s.document for s in inputs.summaries}))}
    of = {s.pk: (place[s.system], documents[s.document]) for s in inputs.summaries}
    values: dict[tuple[int, int], list[float]] = defaultdict(list)
    for score in inputs.scores:
        if score.name == name and score.value is not None:
            values[of[score.summary]].append(score.value)
    result = np.full((len(place), len(documents)), np.nan)
    for cell, scores in values.items():
        result[cell] = math.fsum(scores) / len(scores)
    return result


def _defined(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
