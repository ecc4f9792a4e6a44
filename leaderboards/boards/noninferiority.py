"""Non-inferiority of each small system to each that it could replace: one computation for all pages and scripts."""

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

from leaderboards.data.inputs import BoardInputs
from models_runner.models import Regime, System
from stats.decisions.noninferiority import NonInferiority, Scale, noninferiorities, votes_to_decide
from stats.votes.arrays import FloatArray, VoteArrays

RESAMPLES = 1000
# For a study without a margin: its intervals do not depend on one, and what does is left out.
ANY_MARGIN = 0.05


def is_compact(system: System) -> bool:
    """Whether the system is one that could replace a larger one: compact, or a baseline."""
    return system.size_class == "compact" or system.regime == Regime.BASELINE


def is_reference(system: System) -> bool:
    """Whether a small system could replace this one: all others, also those of unknown size, and people."""
    return not is_compact(system)


def small_ones(inputs: BoardInputs) -> list[System]:
    """Systems that could replace a larger one, and the one that the study asks about."""
    return [s for s in inputs.systems if is_compact(s) or s.pk == inputs.study.small_system_id]


def large_ones(inputs: BoardInputs) -> list[System]:
    """Systems that could be replaced, and the one that the study asks about."""
    return [s for s in inputs.systems if is_reference(s) or s.pk == inputs.study.large_system_id]


def compare_pairs(inputs: BoardInputs, margin: float | None, seed: int) -> list[dict[str, Any]]:
    """Compare each small system with each reference: its chance to win minus 1/2, with interval and verdict.

    The verdict is superior, not inferior, inferior, undecided (the votes do not decide) or undefined (with a reason).
    Without a margin verdict, p and votes_needed are None.
    """
    small, large = ([inputs.slugs.index(s.slug) for s in side(inputs)] for side in (small_ones, large_ones))
    pairs = [(i, j) for i in small for j in large if i != j]
    results = noninferiorities(
        inputs.arrays, pairs, margin=margin or ANY_MARGIN, seed=seed, scale=Scale.WIN_PROBABILITY, resamples=RESAMPLES
    )
    votes, outcomes = len(inputs.arrays), PairOutcomes.of(inputs.arrays)
    return [
        {
            "small": inputs.slugs[i],
            "large": inputs.slugs[j],
            **result_values(result, margin, votes),
            "outcomes": outcomes.between(i, j),
        }
        for (i, j), result in zip(pairs, results, strict=True)
    ]


@dataclass(frozen=True)
class PairOutcomes:
    """The votes between two systems each, shape (n, n); every vote counts 1."""

    wins: FloatArray
    ties: FloatArray

    @classmethod
    def of(cls, votes: VoteArrays) -> "PairOutcomes":
        counted = replace(votes, weight=None)
        return cls(counted.decided_wins(), counted.ties())

    def between(self, small: int, large: int) -> dict[str, int]:
        """Return how many prefer the small one, neither, and the large one."""
        counts = {"won": self.wins[small, large], "tied": self.ties[small, large], "lost": self.wins[large, small]}
        return {name: int(count) for name, count in counts.items()}


def result_values(
    result: NonInferiority, margin: float | None, votes: int, quantile: float | None = None
) -> dict[str, Any]:
    """Return a comparison as values for JSON. quantile: As in votes_to_decide."""
    needed = votes_to_decide(result, votes, quantile=quantile) if margin else math.nan
    numbers = {name: _defined(value) for name, value in asdict(result).items() if isinstance(value, float)}
    return numbers | {
        "reason": result.reason,
        "margin": margin,
        "p": numbers["p"] if margin else None,
        "verdict": _verdict(result) if margin else None,
        "votes_needed": math.ceil(needed) if math.isfinite(needed) else None,
    }


def _verdict(result: NonInferiority) -> str:
    if result.reason:
        return "undefined"
    if result.non_inferior:
        return "superior" if result.superior else "not inferior"
    return "inferior" if result.inferior else "undecided"


def _defined(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
