"""Simulate whether adaptive sampling of system pairs pays: draw votes from known strengths by both rules, many times.

    python -m benchmarks.adaptive_sampling [--repeats 400] [--seed 1] [--csv FILE] [--svg FILE]

There are eight systems with Bradley–Terry strengths, no ties, and one annotator to whom every pair is always available.
For each number of votes the benchmark reports these means over the repeats:

- standard error: the standard error of a pair's win rate from the true chance, averaged over the 28 pairs. The rule of
  Chiang et al. (2024), eq. 9, minimizes it.
- width: the width of the 95 % Wilson interval of a pair's win rate, averaged over the pairs; readers see this interval.
- win rate error: the root mean square of (win rate - true chance) over the pairs; a pair without votes counts as 1/2.
- order errors: the share of the 28 pairs that Bradley–Terry strengths put in the wrong order.
- strength error: the root mean square error of the strengths, in rating points.

"Weighted" means that a vote weighs 1 / P(pair), as eq. 7 of the paper asks; this does not change a pair's win rate.
"""

import argparse
import csv
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from tabulate import tabulate

from stats.decisions.sampling import EPSILON, PairMoments, pair_probabilities, smoothed_variance
from stats.strengths.bradley_terry import SCALE, fit_many
from stats.votes.arrays import FloatArray, IntArray

SYSTEMS = 8
# Distances between neighbours in log-odds: 0.15 are 26 rating points, 1 are 174.
SCENARIOS = {"close": 0.15, "spread": 0.5, "wide": 1.0}
CHECKPOINTS = (56, 112, 224, 448, 896, 1792)
RULES = ("uniform", "adaptive", "adaptive, weighted")
Z = 1.96


@dataclass(frozen=True)
class SamplingResult:
    scenario: str
    rule: str
    votes: int
    standard_error: float
    width: float
    win_rate_error: float
    order_errors: float
    strength_error: float


@dataclass
class VotesSoFar:
    """The simulated votes so far.

    Attributes:
        votes: Number of votes, shape (repeats, pairs).
        wins: Wins of the first system, same shape.
        weighted: Sums of 1 / P(pair) over wins of the first and of the second system, shape (2, repeats, pairs).
    """

    votes: IntArray
    wins: FloatArray
    weighted: FloatArray


def strengths_of(step: float) -> FloatArray:
    return step * (np.arange(SYSTEMS) - (SYSTEMS - 1) / 2)


def simulate(
    strengths: FloatArray,
    *,
    adaptive: bool,
    repeats: int,
    checkpoints: Sequence[int],
    seed: int,
    epsilon: float = EPSILON,
) -> Iterator[VotesSoFar]:
    """Yield the votes so far at each checkpoint; it is the same object each time, so read it before the next."""
    generator = np.random.default_rng(seed)
    chance = chances(strengths)
    shape = (repeats, len(chance))
    state = VotesSoFar(np.zeros(shape, dtype=np.int64), np.zeros(shape), np.zeros((2, *shape)))
    rows, available = np.arange(repeats), np.ones(shape, dtype=bool)
    probabilities = np.full(shape, 1 / len(chance))
    for vote in range(1, max(checkpoints) + 1):
        if adaptive:
            # Scores are 1 or 0, so their squares sum to the wins too.
            moments = PairMoments(state.votes, smoothed_variance(state.votes, state.wins, state.wins))
            probabilities = pair_probabilities(moments, available, epsilon=epsilon)
        reached = probabilities.cumsum(axis=1) < generator.random((repeats, 1))
        pair = np.minimum(reached.sum(axis=1), len(chance) - 1)
        won = generator.random(repeats) < chance[pair]
        state.votes[rows, pair] += 1
        state.wins[rows, pair] += won
        state.weighted[np.where(won, 0, 1), rows, pair] += 1 / probabilities[rows, pair]
        if vote in checkpoints:
            yield state


def chances(strengths: FloatArray) -> FloatArray:
    """Return the chance that the first system of each pair wins."""
    first, second = pairs_of(len(strengths))
    return 1 / (1 + np.exp(strengths[second] - strengths[first]))


def pairs_of(systems: int) -> tuple[IntArray, IntArray]:
    """Return the first and the second system of every pair."""
    first, second = np.array(list(combinations(range(systems), 2))).T
    return first, second


def fitted(won: FloatArray, lost: FloatArray, systems: int) -> FloatArray:
    """Fit Bradley–Terry strengths for each repeat, from wins of the first and of the second system of each pair."""
    first, second = pairs_of(systems)
    wins = np.zeros((len(won), systems, systems))
    wins[:, first, second] = won
    wins[:, second, first] = lost
    return fit_many(wins)


def measure(state: VotesSoFar, strengths: FloatArray, *, weighted: bool) -> tuple[float, ...]:
    """Return standard error, width, win rate error, order errors and strength error, as means over the repeats."""
    first, second = pairs_of(len(strengths))
    chance = chances(strengths)
    rate = np.where(state.votes > 0, state.wins / np.maximum(state.votes, 1), 0.5)
    standard_error = np.sqrt(chance * (1 - chance) / np.maximum(state.votes, 1))
    won, lost = state.wins, state.votes - state.wins
    if weighted:
        # Scaled to the number of votes, so that the prior weighs as much as without weights.
        won, lost = state.weighted * (state.votes.sum(axis=1) / state.weighted.sum(axis=(0, 2)))[:, np.newaxis]
    estimates = fitted(won, lost, len(strengths))
    wrong = np.sign(estimates[:, second] - estimates[:, first]) != np.sign(strengths[second] - strengths[first])
    errors = SCALE * (estimates - strengths)
    return (
        float(standard_error.mean()),
        float(wilson_width(rate, state.votes).mean()),
        float(np.sqrt(((rate - chance) ** 2).mean(axis=1)).mean()),
        float(wrong.mean()),
        float(np.sqrt((errors**2).mean(axis=1)).mean()),
    )


def wilson_width(rate: FloatArray, votes: IntArray) -> FloatArray:
    """Return the width of the 95 % Wilson interval of each pair's win rate; 1 for a pair without votes."""
    n = np.maximum(votes, 1)
    half = Z * np.sqrt(rate * (1 - rate) / n + Z**2 / (4 * n**2)) / (1 + Z**2 / n)
    return np.where(votes > 0, 2 * half, 1.0)


def compare(
    *,
    repeats: int,
    seed: int,
    scenarios: Sequence[str] = tuple(SCENARIOS),
    checkpoints: Sequence[int] = CHECKPOINTS,
) -> list[SamplingResult]:
    """Simulate every scenario, rule and number of votes.

    The rule "adaptive, weighted" takes the votes of "adaptive" and fits them with weights.
    """
    rows = []
    for scenario in scenarios:
        strengths = strengths_of(SCENARIOS[scenario])
        for adaptive in (False, True):
            states = simulate(strengths, adaptive=adaptive, repeats=repeats, checkpoints=checkpoints, seed=seed)
            for votes, state in zip(sorted(checkpoints), states, strict=True):
                for rule in RULES[1:] if adaptive else RULES[:1]:
                    measured = measure(state, strengths, weighted=rule == RULES[2])
                    rows.append(SamplingResult(scenario, rule, votes, *measured))
    return rows


def print_table(rows: Sequence[SamplingResult]) -> None:
    headings = (
        *("scenario", "rule", "votes", "std. error", "width"),
        *("win rate error", "order errors", "strength error"),
    )
    lines = [
        (
            *(row.scenario, row.rule, row.votes, row.standard_error, row.width),
            *(row.win_rate_error, row.order_errors, row.strength_error),
        )
        for row in sorted(rows, key=lambda row: (list(SCENARIOS).index(row.scenario), row.votes, RULES.index(row.rule)))
    ]
    formats = ("", "", "", ".4f", ".4f", ".4f", ".1%", ".1f")
    print(tabulate(lines, headings, tablefmt="plain", floatfmt=formats))


def write_csv(rows: Sequence[SamplingResult], path: Path) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(asdict(rows[0])))
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)


def write_svg(rows: Sequence[SamplingResult], path: Path) -> None:
    import matplotlib

    matplotlib.use("svg")
    # Text as text and fixed ids: the file is small, and the same numbers give the same file.
    matplotlib.rcParams.update({"svg.hashsalt": "punchweight", "svg.fonttype": "none", "font.size": 9})
    from matplotlib import pyplot

    panels = (("width", "Width of a pair's interval"), ("order_errors", "Pairs in the wrong order"))
    scenarios = list(dict.fromkeys(row.scenario for row in rows))
    figure, axes = pyplot.subplots(len(panels), len(scenarios), figsize=(9, 5), sharex=True, squeeze=False)
    for line, (field, label) in enumerate(panels):
        for column, scenario in enumerate(scenarios):
            for rule, style in zip(RULES, ("-", "--", ":"), strict=True):
                if field == "width" and rule == RULES[2]:
                    continue  # the same as without weights
                chosen = [row for row in rows if (row.scenario, row.rule) == (scenario, rule)]
                values = [getattr(row, field) for row in chosen]
                axes[line, column].plot([row.votes for row in chosen], values, style, marker=".", label=rule)
            axes[line, column].set(xscale="log", title=scenario if not line else "", xlabel="votes" if line else "")
        axes[line, 0].set_ylabel(label)
    axes[1, 0].legend(frameon=False)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--csv", type=Path)
    parser.add_argument("--svg", type=Path, help="a chart; needs matplotlib")
    options = parser.parse_args()
    rows = compare(repeats=options.repeats, seed=options.seed)
    print_table(rows)
    if options.csv:
        write_csv(rows, options.csv)
    if options.svg:
        write_svg(rows, options.svg)


if __name__ == "__main__":
    main()
