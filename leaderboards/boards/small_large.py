"""Small versus large: what each system costs, how good it is, and whether a small one can replace a large one."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from leaderboards.boards.costs import read_costs
from leaderboards.boards.noninferiority import RESAMPLES, compare_pairs, compared_systems, large_ones, small_ones
from leaderboards.boards.rated import rate_board
from leaderboards.data.inputs import BoardInputs
from models_runner.metrics.declared import direction_of
from models_runner.metrics.protocol import Direction
from models_runner.models import System
from stats.metrics.significance import mean_intervals


def qualities_of(names: Iterable[str]) -> list[str]:
    """Return those of the metrics' values that measure quality: of which higher ones, or lower ones, are better."""
    return [name for name in names if direction_of(name) != Direction.NONE]


def compute_small_large(inputs: BoardInputs, seed: int) -> dict[str, Any]:
    """Compute values for JSON; undefined is None, with its reason. One query, for what the summaries took.

    "metrics" and "costs" are by name and system; "small" and "large" are the systems that verdicts are about, the best
    rated ones where there are many; then "many" says how many there are of each.
    """
    margin = inputs.study.noninferiority_margin
    ratings = rate_board(inputs, seed)
    compared = {inputs.slugs[i] for i in compared_systems(inputs, ratings)}
    sides = {"small": small_ones(inputs), "large": large_ones(inputs)}
    return {
        "fingerprint": inputs.fingerprint,
        "seed": seed,
        "resamples": RESAMPLES,
        "votes": len(inputs.arrays),
        "margin": margin,
        "metrics": _metrics(inputs, seed),
        "costs": {
            measure: {system: cost._asdict() for system, cost in costs.items()}
            for measure, costs in read_costs(inputs).items()
        },
        **{name: [system.slug for system in side if system.slug in compared] for name, side in sides.items()},
        **_many(sides, compared),
        "verdicts": compare_pairs(inputs, ratings, margin, seed),
    }


def _many(sides: dict[str, list[System]], compared: set[str]) -> dict[str, dict[str, int]]:
    if all(system.slug in compared for side in sides.values() for system in side):
        return {}
    return {"many": {name: len(side) for name, side in sides.items()}}


def _metrics(inputs: BoardInputs, seed: int) -> dict[str, dict[str, dict[str, Any]]]:
    documents = sorted({summary.document for summary in inputs.summaries})
    by_metric = {}
    for name in qualities_of(inputs.metric_names):
        values = inputs.document_means(name, documents)
        if np.isnan(values).all():
            continue
        means = mean_intervals(values, seed=seed, resamples=RESAMPLES)
        by_metric[name] = {
            system: {
                "value": _defined(means.mean[i]),
                "lower": _defined(means.lower[i]),
                "upper": _defined(means.upper[i]),
                "reason": means.reason[i] and "not scored yet",
                "interval_reason": means.interval_reason[i],
            }
            for i, system in enumerate(inputs.slugs)
        }
    return by_metric


def _defined(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
