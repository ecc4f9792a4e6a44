"""Non-inferiority of each small system to each that it could replace: one computation for all pages and scripts."""

import math
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from annotations.models import Judgement, JudgementRevision
from leaderboards.data.inputs import BoardInputs
from models_runner.models import System
from stats.decisions.noninferiority import NonInferiority, Scale, growth_to_decide
from stats.decisions.planning import UNKNOWN, Forecast, StudySize
from stats.decisions.selection import ChosenPair, Pair, compare_all
from stats.ratings.ratings import Ratings
from stats.uncertainty.differences import Told
from stats.votes.arrays import FloatArray, VoteArrays

RESAMPLES = 1000
# For a study without a margin: its intervals do not depend on one, and what does is left out.
ANY_MARGIN = 0.05
# The best-rated of either side that are compared one by one: a thousand systems make a quarter of a million pairs.
MOST_OF_A_SIDE = 60


def small_ones(inputs: BoardInputs) -> list[System]:
    """Systems that could replace a larger one, and the one that the study asks about."""
    return [s for s in inputs.systems if s.can_replace or s.pk == inputs.study.small_system_id]


def large_ones(inputs: BoardInputs) -> list[System]:
    """Systems that could be replaced: all others, also those of unknown size, and people, and the one asked about."""
    return [s for s in inputs.systems if not s.can_replace or s.pk == inputs.study.large_system_id]


def compare_pairs(inputs: BoardInputs, ratings: Ratings, margin: float | None, seed: int) -> list[dict[str, Any]]:
    """Compare each small system with each reference: its chance to win minus 1/2, with interval and verdict.

    Intervals hold for all pairs at once, as a reader picks among them after a look at the votes; that of the pair which
    the study named before the first vote is its own. "pairs" says how many an interval holds for, and p is only that of
    a pair by itself. Of many systems, those of compared_systems are compared.
    The verdict is superior, not inferior, inferior, undecided (the votes do not decide) or undefined (with a reason).
    Superior is what is not inferior and, by the rule of the whole board, differs and is ahead. "equivalent" says
    whether neither is better by the margin or more. Without a margin verdict, equivalent, p and votes_needed are None.

    ratings: Of the board.
    """
    pairs, compared = all_pairs(inputs), compared_systems(inputs, ratings)
    answered = [pair for pair in pairs if compared.issuperset(pair)]
    results = compare_all(
        inputs.arrays,
        pairs,
        margin=margin or ANY_MARGIN,
        seed=seed,
        scale=Scale.WIN_PROBABILITY,
        resamples=RESAMPLES,
        named=named_pair(inputs),
        answered=answered,
    )
    outcomes = PairOutcomes.of(inputs.arrays)
    return [
        {
            "small": inputs.slugs[i],
            "large": inputs.slugs[j],
            **result_values(chosen, margin, size_of(inputs), told_apart(ratings, i, j)),
            "pairs": chosen.candidates,
            "outcomes": outcomes.between(i, j),
        }
        for (i, j), chosen in zip(answered, results, strict=True)
    ]


def all_pairs(inputs: BoardInputs) -> list[Pair]:
    """Return the numbers of every small system with each that it could replace."""
    number = {slug: i for i, slug in enumerate(inputs.slugs)}
    small, large = ([number[s.slug] for s in side(inputs)] for side in (small_ones, large_ones))
    return [(i, j) for i in small for j in large if i != j]


def compared_systems(inputs: BoardInputs, ratings: Ratings) -> set[int]:
    """Return the numbers of the systems that are compared one by one: of each side the best rated, up to a limit.

    The best of its size class is among them, as a board's verdict may be about it, and so is what the study asks about.
    """
    number = {slug: i for i, slug in enumerate(inputs.slugs)}
    asked_about = {inputs.study.small_system_id, inputs.study.large_system_id}
    compared = {number[system.slug] for system in inputs.systems if system.pk in asked_about}
    for side, size_class in ((small_ones, "compact"), (large_ones, "large")):
        best_first = sorted(side(inputs), key=lambda system: _order(ratings.rating[number[system.slug]]))
        best_of_class = [system for system in best_first if system.size_class == size_class][:1]
        compared |= {number[system.slug] for system in (*best_first[:MOST_OF_A_SIDE], *best_of_class)}
    return compared


def _order(rating: float) -> float:
    return math.inf if math.isnan(rating) else -rating


def named_pair(inputs: BoardInputs) -> Pair | None:
    """Return the numbers of the two systems that the study named before the first vote; one query if it names two."""
    number = {system.pk: inputs.slugs.index(system.slug) for system in inputs.systems}
    small, large = (number.get(key or 0) for key in (inputs.study.small_system_id, inputs.study.large_system_id))
    return None if small is None or large is None or not named_before_votes(inputs) else (small, large)


def named_before_votes(inputs: BoardInputs) -> bool:
    """Whether the study named its pair before the first answer to this question, one given elsewhere included."""
    answers = JudgementRevision.objects.filter(criterion=inputs.criterion)
    first = answers.order_by("pk").values_list("created_at", flat=True).first()
    named_at = inputs.study.pair_named_at
    if first is None:
        return True
    return named_at is not None and named_at <= first and not _given_elsewhere_before(inputs, named_at)


def _given_elsewhere_before(inputs: BoardInputs, moment: datetime) -> bool:
    """Whether an imported answer is dated before this moment; one without a date has that of its import."""
    imported = Judgement.objects.filter(criterion=inputs.criterion, assignment__annotator__imported=True)
    return imported.filter(created_at__lt=moment).exists()


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


def told_apart(ratings: Ratings, i: int, j: int) -> Told:
    """Say by the rule of the whole board what the votes say of two of its systems."""
    for part in ratings.parts:
        if part.differences is not None and np.isin((i, j), part.systems).all():
            return part.differences.told(*np.searchsorted(part.systems, (i, j)).tolist())
    return Told.TOO_FEW


def size_of(inputs: BoardInputs) -> StudySize:
    """Measure the votes that count."""
    return StudySize.of(inputs.arrays)


def result_values(chosen: ChosenPair, margin: float | None, size: StudySize, told: Told) -> dict[str, Any]:
    """Return a comparison as values for JSON. told: What the board's rule says of the two."""
    result = chosen.result
    numbers = {name: _defined(value) for name, value in asdict(result).items() if isinstance(value, float)}
    decided = numbers | {"margin": margin, "told": str(told), "reason": result.reason, **_needed(chosen, margin, size)}
    if margin is None:
        return decided | dict.fromkeys(("p", "p_equivalence", "distance", "verdict", "equivalent"))
    equivalent = None if result.reason else result.equivalent
    return decided | {"verdict": _verdict(result, told), "equivalent": equivalent}


def _needed(chosen: ChosenPair, margin: float | None, size: StudySize) -> dict[str, int | None]:
    """Return the study that decides; nothing without a margin."""
    forecast = UNKNOWN if margin is None else Forecast.of(size, growth_to_decide(chosen.result, chosen.tail))
    return forecast.numbers()


def _verdict(result: NonInferiority, told: Told) -> str:
    if result.reason:
        return "undefined"
    if result.non_inferior:
        return "superior" if told == Told.DIFFER and result.difference > 0 else "not inferior"
    return "inferior" if result.inferior else "undecided"


def _defined(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
