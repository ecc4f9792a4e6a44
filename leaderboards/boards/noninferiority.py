"""Each small system against each that it could stand in for: one computation for page, trust data and scripts."""

import math
from dataclasses import asdict
from typing import Any

from leaderboards.data.inputs import BoardInputs
from models_runner.models import Regime, System
from stats.decisions.noninferiority import NonInferiority, Scale, noninferiorities, votes_to_decide

RESAMPLES = 1000
# Where a study has none: intervals need no margin, and what does is left out.
ANY_MARGIN = 0.05


def is_compact(system: System) -> bool:
    return system.size_class == "compact" or system.regime == Regime.BASELINE


def is_reference(system: System) -> bool:
    """What a small system could stand in for: all others, also those whose size is not told, and people."""
    return not is_compact(system)


def compare_pairs(inputs: BoardInputs, margin: float | None, seed: int) -> list[dict[str, Any]]:
    """JSON-able, by pair: difference of the chance that the small one wins from 1/2, its interval, and the verdict.

    verdict: superior, not inferior, inferior, undecided (the votes do not decide), undefined (with a reason), or None
    without a margin, as are p and votes_needed.
    """
    small = [i for i, system in enumerate(inputs.systems) if is_compact(system)]
    references = [i for i, system in enumerate(inputs.systems) if is_reference(system)]
    pairs = [(i, j) for i in small for j in references]
    found = noninferiorities(
        inputs.arrays, pairs, margin=margin or ANY_MARGIN, seed=seed, scale=Scale.WIN_PROBABILITY, resamples=RESAMPLES
    )
    votes = len(inputs.arrays)
    return [
        {"small": inputs.slugs[i], "large": inputs.slugs[j], **_line(result, margin, votes)}
        for (i, j), result in zip(pairs, found, strict=True)
    ]


def _line(found: NonInferiority, margin: float | None, votes: int) -> dict[str, Any]:
    needed = votes_to_decide(found, votes) if margin else math.nan
    numbers = {name: _defined(value) for name, value in asdict(found).items() if isinstance(value, float)}
    return numbers | {
        "reason": found.reason,
        "margin": margin,
        "p": numbers["p"] if margin else None,
        "verdict": _word(found) if margin else None,
        "votes_needed": math.ceil(needed) if math.isfinite(needed) else None,
    }


def _word(found: NonInferiority) -> str:
    if found.reason:
        return "undefined"
    if found.non_inferior:
        return "superior" if found.superior else "not inferior"
    return "inferior" if found.inferior else "undecided"


def _defined(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
