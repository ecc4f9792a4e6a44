"""Small against large: what each system costs, how good it is, and whether a small one is as good as a large one."""

import math
from collections import defaultdict
from dataclasses import asdict
from typing import Any

import numpy as np

from leaderboards.costs import read_costs
from leaderboards.material import Material
from leaderboards.stats.arrays import FloatArray
from leaderboards.stats.noninferiority import NonInferiority, Scale, noninferiorities, votes_to_decide
from leaderboards.stats.significance import mean_intervals
from models_runner.models import Regime, System

RESAMPLES = 1000
# Higher is better in all of them; the rating itself comes from the board.
METRICS = {
    "rouge1": "ROUGE-1",
    "rouge2": "ROUGE-2",
    "rougeL": "ROUGE-L",
    "rougeLsum": "ROUGE-Lsum",
    "bertscore_f1": "BERTScore",
}
# Where a study has none: intervals need no margin, and what does is left out.
ANY_MARGIN = 0.05


def small_large(material: Material, seed: int) -> dict[str, Any]:
    """JSON-able; None where undefined, with its reason. One query, for what the summaries took.

    metrics, costs: by name and system. small, large: the systems a verdict can be about. verdicts: of every such pair.
    """
    margin = material.study.noninferiority_margin
    return {
        "fingerprint": material.fingerprint,
        "seed": seed,
        "resamples": RESAMPLES,
        "votes": len(material.arrays),
        "margin": margin,
        "metrics": _metrics(material, seed),
        "costs": {
            measure: {system: found._asdict() for system, found in costs.items()}
            for measure, costs in read_costs(material).items()
        },
        "small": [system.slug for system in material.systems if is_small(system)],
        "large": [system.slug for system in material.systems if is_reference(system)],
        "verdicts": _verdicts(material, margin, seed),
    }


def is_small(system: System) -> bool:
    return system.size_class == "compact" or system.regime == Regime.BASELINE


def is_reference(system: System) -> bool:
    """What a small system could stand in for: all others, also those whose size is not told, and people."""
    return not is_small(system)


def _metrics(material: Material, seed: int) -> dict[str, dict[str, dict[str, Any]]]:
    found = {}
    for name in METRICS:
        values = _by_document(material, name)
        if np.isnan(values).all():
            continue
        means = mean_intervals(values, seed=seed, resamples=RESAMPLES)
        found[name] = {
            system: {
                "value": _defined(means.mean[i]),
                "lower": _defined(means.lower[i]),
                "upper": _defined(means.upper[i]),
                "reason": means.reason[i] and "not scored yet",
            }
            for i, system in enumerate(material.slugs)
        }
    return found


def _by_document(material: Material, name: str) -> FloatArray:
    """Shape (n_systems, n_documents); a document's queries are averaged."""
    place = {system: i for i, system in enumerate(material.slugs)}
    documents = {name: j for j, name in enumerate(sorted({s.document for s in material.summaries}))}
    of = {s.pk: (place[s.system], documents[s.document]) for s in material.summaries}
    values: dict[tuple[int, int], list[float]] = defaultdict(list)
    for score in material.scores:
        if score.name == name and score.value is not None:
            values[of[score.summary]].append(score.value)
    result = np.full((len(place), len(documents)), np.nan)
    for cell, scores in values.items():
        result[cell] = math.fsum(scores) / len(scores)
    return result


def _verdicts(material: Material, margin: float | None, seed: int) -> list[dict[str, Any]]:
    small = [i for i, system in enumerate(material.systems) if is_small(system)]
    references = [i for i, system in enumerate(material.systems) if is_reference(system)]
    pairs = [(i, j) for i in small for j in references]
    found = noninferiorities(
        material.arrays, pairs, margin=margin or ANY_MARGIN, seed=seed, scale=Scale.WIN_PROBABILITY, resamples=RESAMPLES
    )
    votes = len(material.arrays)
    return [
        {"small": material.slugs[i], "large": material.slugs[j], **_verdict(result, margin, votes)}
        for (i, j), result in zip(pairs, found, strict=True)
    ]


def _verdict(found: NonInferiority, margin: float | None, votes: int) -> dict[str, Any]:
    """decision: superior, non-inferior, inferior, open (the votes do not decide), or "" without a margin."""
    needed = votes_to_decide(found, votes) if margin else math.nan
    numbers = {name: _defined(value) for name, value in asdict(found).items() if isinstance(value, float)}
    return numbers | {
        "reason": found.reason,
        "margin": margin,
        "p": numbers["p"] if margin else None,
        "decision": _decision(found) if margin else "",
        "votes_needed": math.ceil(needed) if math.isfinite(needed) else None,
    }


def _decision(found: NonInferiority) -> str:
    if found.non_inferior:
        return "superior" if found.superior else "non-inferior"
    return "inferior" if found.inferior else "open"


def _defined(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
