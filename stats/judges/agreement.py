"""Compare a judge's answers with people's, and people's with each other's, which is the most to ask of a judge."""

from dataclasses import dataclass

import numpy as np

from stats.judges.arrays import CLASSES, ItemAnswers, Items, PeopleVotes, classes
from stats.judges.clustered import NOTHING, Figure, bounded, counted, mean
from stats.uncertainty.calibrated import LEVEL
from stats.uncertainty.two_way import UnitSums, smoothed_variance, two_way
from stats.votes.arrays import FloatArray, IntArray, check_once

# So many people at least must have voted on an item before they can be said to agree on it.
LEAST_AGREEING = 2
NOBODY_TWICE = "too few to say: no pair has votes of two people"


@dataclass(frozen=True)
class JudgeAgreement:
    """Hold how far a judge agrees with people.

    Attributes:
        with_people: Share of votes with the judge's answer, a tie and both bad as one.
        among_people: Share of pairs of votes on an item that are alike: the ceiling.
        where_people_agree: Share of items on which the judge says what all people say, of items with two votes or more
            that are all alike and no tie.
        confusion: Votes by people's answer (rows: a, b, tie) and the judge's (columns), shape (3, 3); a is always the
            system with the lower index.
        no_verdict: Votes on items that the judge has no verdict on.
    """

    with_people: Figure
    among_people: Figure
    where_people_agree: Figure
    confusion: IntArray
    no_verdict: int


def agreement(items: Items, votes: PeopleVotes, judge: ItemAnswers, *, level: float = LEVEL) -> JudgeAgreement:
    """Compare a judge with people; intervals are about other documents and other people.

    Args:
        items: What was compared.
        votes: People's, at most one of a person on an item.
        judge: The judge's answer on each item.
        level: Of the intervals, between 0 and 1.
    Raises:
        InvalidVotesError: A person voted on an item twice.
    Source:
        Zheng et al. (2023), arXiv 2306.05685, section 4.1 (agreement of a judge with people beside that among people).
    """
    check_once(votes.item, votes.annotator)
    answered = judge.given[votes.item]
    asked = votes.take(answered)
    same = classes(asked.outcome) == classes(judge.outcome[asked.item])
    return JudgeAgreement(
        mean(same.astype(np.float64), items.document[asked.item], asked.annotator, level=level),
        among_people(items, votes, level=level),
        _where_people_agree(items, asked, judge, level),
        _confusion(items, asked, judge),
        int((~answered).sum()),
    )


def among_people(items: Items, votes: PeopleVotes, *, level: float = LEVEL) -> Figure:
    """Give the share of pairs of votes on one item that are alike; every item counts by its pairs of votes.

    The interval is about other documents and other people; with two people nothing shows how people differ.
    """
    first, second = _pairs_of_votes(votes)
    if not len(first):
        return Figure.undefined(NOBODY_TWICE if len(votes) else NOTHING)
    same = (classes(votes.outcome[first]) == classes(votes.outcome[second])).astype(np.float64)
    document = items.document[votes.item[first]]
    people = np.sort(np.stack([votes.annotator[first], votes.annotator[second]]), axis=0)
    weight = np.ones(len(same))
    value = float(same.mean())
    influence = (same - value) / len(same)
    kinds = [UnitSums.of(influence, weight, document), UnitSums.of_pairs(influence, weight, people[0], people[1])]
    most = int(people.max()) + 1
    dyad = (document.astype(np.int64) * most + people[0]) * most + people[1]
    spread = two_way(influence, dyad, kinds, model=smoothed_variance(value, weight))
    count = counted(np.tile(document, 2), np.concatenate([people[0], people[1]]))
    return bounded(value, spread, count, level=level)


def _pairs_of_votes(votes: PeopleVotes) -> tuple[IntArray, IntArray]:
    """List the positions of every two votes on one item."""
    order = np.argsort(votes.item, kind="stable")
    item = votes.item[order]
    first, second = [], []
    for step in range(1, int(np.bincount(votes.item).max(initial=0))):
        same = np.flatnonzero(item[step:] == item[:-step])
        first.append(order[same])
        second.append(order[same + step])
    empty = np.zeros(0, dtype=np.int64)
    return (np.concatenate(first), np.concatenate(second)) if first else (empty, empty)


def _where_people_agree(items: Items, votes: PeopleVotes, judge: ItemAnswers, level: float) -> Figure:
    """Give the judge's accuracy on items where all people, two at least, prefer the same summary."""
    counts = counts_by_item(votes, len(items))
    total = counts.sum(axis=1)
    agreed = (counts.max(axis=1) == total) & (total >= LEAST_AGREEING) & (counts.argmax(axis=1) < CLASSES - 1)
    if not agreed.any():
        return Figure.undefined("too few to say: no pair on which two people agree which summary is better")
    right: FloatArray = (classes(judge.outcome[agreed]) == counts[agreed].argmax(axis=1)).astype(np.float64)
    return mean(right, items.document[agreed], level=level)


def counts_by_item(votes: PeopleVotes, n_items: int) -> IntArray:
    """Count the votes for a, for b and for neither by item, shape (n_items, 3)."""
    flat = np.bincount(votes.item * CLASSES + classes(votes.outcome), minlength=n_items * CLASSES)
    return flat.reshape(n_items, CLASSES)


def _confusion(items: Items, votes: PeopleVotes, judge: ItemAnswers) -> IntArray:
    """Count votes by people's answer and the judge's, a being the system with the lower index."""
    swap = np.array([1, 0, 2])
    turned = (items.system_a > items.system_b)[votes.item]
    people, verdict = classes(votes.outcome), classes(judge.outcome[votes.item])
    people, verdict = np.where(turned, swap[people], people), np.where(turned, swap[verdict], verdict)
    return np.bincount(people * CLASSES + verdict, minlength=CLASSES**2).reshape(CLASSES, CLASSES)
