"""Test whether a judge may stand in for a person: does it represent the others as well as the one left out?"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from stats.judges.agreement import counts_by_item
from stats.judges.arrays import CLASSES, ItemAnswers, Items, PeopleVotes, classes
from stats.votes.arrays import BoolArray, FloatArray, IntArray, InvalidVotesError, check_once

# What a person's higher price is worth: 0.2 for experts, 0.15 for skilled people, 0.1 for crowds (the authors' advice).
EPSILON = 0.1
RATE = 0.05
# From so many units on the t-test is used, below it Wilcoxon's signed ranks (the authors' advice).
LEAST_FOR_T = 30
# With fewer units no result of Wilcoxon's test is small enough after the correction for several people.
LEAST_UNITS = 10
LEAST_PEOPLE = 2
PASSING = 0.5
TOO_FEW_PEOPLE = (
    f"too few to say: fewer than {LEAST_PEOPLE} people with {LEAST_UNITS} pairs each that another person and the judge "
    "answered too"
)
TWO_PEOPLE = "with two people it only asks which of them the judge is nearer to; three at least are advised"


@dataclass(frozen=True)
class PersonResult:
    """Hold the comparison of the judge with one person.

    Attributes:
        annotator: Index of the person.
        units: Items, or documents, that it comes from.
        advantage: Share of items on which the judge agrees with the others at least as much as the person.
        person_advantage: Share on which the person agrees at least as much as the judge.
        p_value: Of the hypothesis that the person is better by epsilon or more.
        won: Whether it is rejected, with the false discovery rate held over all people.
        method: "t" or "Wilcoxon".
    """

    annotator: int
    units: int
    advantage: float
    person_advantage: float
    p_value: float
    won: bool
    method: str


@dataclass(frozen=True)
class AltTest:
    """Hold the alternative annotator test.

    Attributes:
        winning_rate: Share of people that the judge wins against; None with a reason.
        advantage: Average advantage probability: how often the judge is as good as a person or better.
        epsilon: What a person's price is worth.
        passes: Whether the winning rate is one half or more; None with a reason.
        people: One result for each person with enough units.
        left_out: People with too few.
        reason: Why there is no result, or a caution; "" for neither.
    """

    winning_rate: float | None
    advantage: float | None
    epsilon: float
    passes: bool | None
    people: tuple[PersonResult, ...]
    left_out: int
    reason: str


def alt_test(
    items: Items,
    votes: PeopleVotes,
    judge: ItemAnswers,
    *,
    epsilon: float = EPSILON,
    rate: float = RATE,
    least: int = LEAST_UNITS,
    by_document: bool = False,
) -> AltTest:
    """Do the alternative annotator test on answers to pairs, a tie and both bad as one.

    Each person is left out in turn. On each of their items that others answered, the judge and the person are scored
    by the share of the others' answers that are theirs. The test asks whether the person scores higher in less than
    epsilon more of the items than the judge. Over people the false discovery rate is held by Benjamini and
    Yekutieli's procedure.

    Args:
        items: What was compared.
        votes: People's, at most one of a person on an item.
        judge: The judge's answer on each item.
        epsilon: From 0 to below 1.
        rate: False discovery rate.
        least: A person with fewer units is left out; the authors' program asks for 30.
        by_document: Take the mean over each document as one unit, as items of one document resemble each other; the
            published test takes items as independent.
    Raises:
        InvalidVotesError: epsilon or rate out of range, or a person voted on an item twice.
    Source:
        Calderon, Reichart and Dror (2025), ACL, arXiv 2501.10970, sections 3 and 4. Benjamini and Yekutieli (2001),
        Annals of Statistics 29, 1165-1188.
    """
    if not 0 <= epsilon < 1 or not 0 < rate < 1:
        raise InvalidVotesError(f"epsilon is {epsilon} and rate {rate}; expected 0 <= epsilon < 1 and 0 < rate < 1.")
    check_once(votes.item, votes.annotator)
    results, left_out = _by_person(items, votes, judge, epsilon, max(least, 2), by_document=by_document)
    if len(results) < LEAST_PEOPLE:
        return AltTest(None, None, epsilon, None, (), left_out, TOO_FEW_PEOPLE)
    won = rejected(np.array([result.p_value for result in results]), rate)
    people = tuple(replace(result, won=bool(w)) for result, w in zip(results, won, strict=True))
    winning = float(won.mean())
    advantage = float(np.mean([result.advantage for result in results]))
    caution = TWO_PEOPLE if len(results) == LEAST_PEOPLE else ""
    return AltTest(winning, advantage, epsilon, winning >= PASSING, people, left_out, caution)


def _by_person(
    items: Items, votes: PeopleVotes, judge: ItemAnswers, epsilon: float, least: int, *, by_document: bool
) -> tuple[list[PersonResult], int]:
    """Compare the judge with each person who has enough units; gives how many have not."""
    judge_as_good, person_as_good, kept = _indicators(len(items), votes, judge)
    results, left_out = [], 0
    for person in np.unique(votes.annotator).tolist():
        chosen = kept & (votes.annotator == person)
        units = items.document[votes.item[chosen]] if by_document else votes.item[chosen]
        if len(np.unique(units)) < least:
            left_out += 1
            continue
        results.append(_person(person, judge_as_good[chosen], person_as_good[chosen], units, epsilon))
    return results, left_out


def _indicators(n_items: int, votes: PeopleVotes, judge: ItemAnswers) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Tell by vote whether the judge is as good as this person, the person as the judge, and if it can be told."""
    counts = counts_by_item(votes, n_items)[votes.item]
    rows, own = np.arange(len(votes)), classes(votes.outcome)
    others = counts.copy()
    others[rows, own] -= 1
    verdict = judge.outcome[votes.item]
    by_judge = others[rows, np.minimum(np.maximum(verdict, 0), CLASSES - 1)]
    by_person = others[rows, own]
    kept = judge.given[votes.item] & (others.sum(axis=1) > 0)
    return (by_judge >= by_person).astype(np.float64), (by_person >= by_judge).astype(np.float64), kept


def _person(
    annotator: int, judge_as_good: FloatArray, person_as_good: FloatArray, units: IntArray, epsilon: float
) -> PersonResult:
    """Test one person."""
    _, row = np.unique(units, return_inverse=True)
    lead = np.bincount(row, person_as_good - judge_as_good) / np.bincount(row)
    p_value, method = _p_value(lead, epsilon)
    advantage, person = float(judge_as_good.mean()), float(person_as_good.mean())
    return PersonResult(annotator, len(lead), advantage, person, p_value, False, method)


def _p_value(lead: FloatArray, epsilon: float) -> tuple[float, str]:
    """Give the p-value that the mean lead of a person is epsilon or more."""
    if len(lead) < LEAST_FOR_T:
        off = lead - epsilon
        return (1.0, "Wilcoxon") if not off.any() else (_wilcoxon(tuple(np.sort(off).tolist())), "Wilcoxon")
    # Loaded here, because it takes a second, which every start of the site and of a worker would wait for.
    from scipy.stats import ttest_1samp

    if np.ptp(lead) == 0:
        return (0.0 if lead[0] < epsilon else 1.0), "t"
    return float(ttest_1samp(lead, epsilon, alternative="less").pvalue), "t"


@lru_cache(maxsize=256)
def _wilcoxon(off: tuple[float, ...]) -> float:
    """Give the p-value of Wilcoxon's signed ranks.

    Few units with ties are compared with every choice of signs, thousands. Where all units are of one group, its
    people have the leads that they have without groups.
    """
    from scipy.stats import wilcoxon

    return float(wilcoxon(np.array(off), alternative="less").pvalue)


def rejected(p_values: FloatArray, rate: float) -> BoolArray:
    """Tell which hypotheses Benjamini and Yekutieli's procedure rejects at this false discovery rate, shape (m,)."""
    m = len(p_values)
    order = np.argsort(p_values)
    limits = np.arange(1, m + 1) / m * rate / (1 / np.arange(1, m + 1)).sum()
    below = np.flatnonzero(p_values[order] <= limits)
    is_rejected = np.zeros(m, dtype=bool)
    if len(below):
        is_rejected[order[: below[-1] + 1]] = True
    return is_rejected
