"""Hold pairs, people's votes and verdicts as checked arrays; make one answer of both orders and all samples."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from stats.votes.arrays import (
    A_SHARE,
    SWAPPED,
    BoolArray,
    FloatArray,
    IntArray,
    InvalidVotesError,
    OutcomeCode,
    check_columns,
)

# A verdict that is none: refused, malformed, endless.
NO_VERDICT = -1
# Both bad counts as a tie where answers are held against each other: neither says which of the two is better.
CLASSES = 3
# Chances closer than this are the same, whatever rounding says.
AS_LIKELY = 1e-9


class OrderRule(StrEnum):
    """Say what becomes of two orders that disagree.

    Attributes:
        CONSERVATIVE: A tie.
        MEAN: What is likeliest by the mean of the chances: a, b, or neither; an answer without chances is sure.
    """

    CONSERVATIVE = "conservative"
    MEAN = "mean"


@dataclass(frozen=True)
class Items:
    """Hold what can be asked: one entry for each pair of summaries of a document, shape (n_items,).

    Attributes:
        system_a, system_b: Index of each system; the two differ.
        document: Index of the document.
    """

    system_a: IntArray
    system_b: IntArray
    document: IntArray

    def __post_init__(self) -> None:
        check_columns(system_a=self.system_a, system_b=self.system_b, document=self.document)
        if (self.system_a == self.system_b).any():
            raise InvalidVotesError("An item compares a system with itself.")

    def __len__(self) -> int:
        return len(self.document)

    @property
    def n_systems(self) -> int:
        """Count systems by their largest index."""
        return int(max(self.system_a.max(initial=-1), self.system_b.max(initial=-1))) + 1


@dataclass(frozen=True)
class PeopleVotes:
    """Hold people's answers, shape (n_votes,): item, annotator, and OutcomeCode by the item's a and b."""

    item: IntArray
    annotator: IntArray
    outcome: IntArray

    def __post_init__(self) -> None:
        check_columns(item=self.item, annotator=self.annotator, outcome=self.outcome)
        _check_outcomes(self.outcome, lowest=0)

    def __len__(self) -> int:
        return len(self.item)

    def take(self, chosen: BoolArray | IntArray) -> "PeopleVotes":
        """Keep only the chosen votes."""
        return PeopleVotes(self.item[chosen], self.annotator[chosen], self.outcome[chosen])


@dataclass(frozen=True)
class Verdicts:
    """Hold a judge's verdicts as given, shape (n,).

    Attributes:
        item: Index of the item.
        outcome: OutcomeCode by the item's a and b, or NO_VERDICT.
        a_first: Whether a was shown first.
        sample: Number of the sample.
        share: Chance of a plus half the chance of neither, where the engine told chances; NaN elsewhere.
        neither: Chance of a tie or both bad, where the engine told chances; None if it is 0 in all of them.
    """

    item: IntArray
    outcome: IntArray
    a_first: BoolArray
    sample: IntArray
    share: FloatArray
    neither: FloatArray | None = None

    def __post_init__(self) -> None:
        columns = {} if self.neither is None else {"neither": self.neither}
        check_columns(item=self.item, a_first=self.a_first, sample=self.sample, share=self.share, **columns)
        if self.outcome.shape != self.item.shape:
            raise InvalidVotesError(f"outcome has shape {self.outcome.shape}, item {self.item.shape}.")
        _check_outcomes(self.outcome, lowest=NO_VERDICT)
        given = self.share[~np.isnan(self.share)]
        if ((given < 0) | (given > 1)).any():
            raise InvalidVotesError("A chance lies outside 0 to 1.")

    def __len__(self) -> int:
        return len(self.item)

    @property
    def given(self) -> BoolArray:
        """Mark the verdicts that are one."""
        return self.outcome != NO_VERDICT

    def shares(self) -> FloatArray:
        """Give the share of a: the chance where there is one, else 1, 1/2 or 0; NaN for no verdict."""
        told = np.where(self.given, A_SHARE[np.maximum(self.outcome, 0)], np.nan)
        return np.where(self.given & ~np.isnan(self.share), self.share, told)

    def chances(self) -> FloatArray:
        """Give the chances of a, b and neither, shape (n, 3): 1 for an answer without chances; NaN for no verdict."""
        sure = np.eye(CLASSES)[classes(np.maximum(self.outcome, 0))]
        neither = np.zeros(len(self)) if self.neither is None else self.neither
        told = np.column_stack([self.share - neither / 2, 1 - self.share - neither / 2, neither])
        known = np.where(np.isnan(self.share)[:, np.newaxis], sure, told)
        return np.where(self.given[:, np.newaxis], known, np.nan)

    def take(self, chosen: BoolArray | IntArray) -> "Verdicts":
        """Keep only the chosen verdicts."""
        neither = None if self.neither is None else self.neither[chosen]
        item, outcome, a_first = self.item[chosen], self.outcome[chosen], self.a_first[chosen]
        return Verdicts(item, outcome, a_first, self.sample[chosen], self.share[chosen], neither)


@dataclass(frozen=True)
class ItemAnswers:
    """Hold one answer a judge gives of each item, shape (n_items,).

    Attributes:
        outcome: OutcomeCode, NO_VERDICT where there is none.
        share: Share of a, from 0 to 1; NaN where there is no verdict.
    """

    outcome: IntArray
    share: FloatArray

    @property
    def given(self) -> BoolArray:
        """Mark the items with an answer."""
        return self.outcome != NO_VERDICT


def answers(verdicts: Verdicts, n_items: int, rule: OrderRule = OrderRule.CONSERVATIVE) -> ItemAnswers:
    """Make one answer of a judge's verdicts on each item.

    Conservative: the verdicts of the two orders of a sample are one answer, a tie if they differ. The item's outcome is
    the commonest of its samples' answers, a tie if two are as common; its share is their mean. Mean: chances are
    averaged over the orders of a sample, and then over samples; the likeliest of a, b and neither is the outcome, a tie
    if two are as likely.

    Args:
        verdicts: Of one judge on one criterion.
        n_items: Number of items.
        rule: The judge's own.
    Source:
        Zheng et al. (2023), arXiv 2306.05685 (a win must survive the swap).
    """
    verdicts = verdicts.take(verdicts.given)
    if rule == OrderRule.MEAN:
        return _likeliest(verdicts, n_items)
    item, outcome, share = _by_sample(verdicts)
    counts = np.bincount(item * CLASSES + classes(outcome), minlength=n_items * CLASSES).reshape(n_items, CLASSES)
    alone = (counts == counts.max(axis=1, keepdims=True)).sum(axis=1) == 1
    commonest = np.where(alone, counts.argmax(axis=1), OutcomeCode.TIE)
    return ItemAnswers(np.where(counts.any(axis=1), commonest, NO_VERDICT), _means(item, share, n_items))


def answers_from_scores(score: FloatArray) -> ItemAnswers:
    """Make answers of a judge that scores each summary alone: the higher score wins, equal ones are a tie.

    Args:
        score: Scores of a's and b's summaries, means over samples, shape (n_items, 2); NaN where there is none.
    """
    gap = score[:, 0] - score[:, 1]
    outcome = np.where(gap > 0, OutcomeCode.A, np.where(gap < 0, OutcomeCode.B, OutcomeCode.TIE))
    missing = np.isnan(gap)
    return ItemAnswers(np.where(missing, NO_VERDICT, outcome), np.where(missing, np.nan, A_SHARE[outcome]))


def _samples(verdicts: Verdicts) -> tuple[IntArray, IntArray]:
    """Give the item of each sample of an item, and the number of each verdict's sample among these."""
    key = verdicts.item * (int(verdicts.sample.max(initial=0)) + 1) + verdicts.sample
    _, first, row = np.unique(key, return_index=True, return_inverse=True)
    return verdicts.item[first], row


def _likeliest(verdicts: Verdicts, n_items: int) -> ItemAnswers:
    item, row = _samples(verdicts)
    by_sample = [_means(row, chances, len(item)) for chances in verdicts.chances().T]
    a, b, neither = (_means(item, chances, n_items) for chances in by_sample)
    chances = np.column_stack([a, b, neither])
    best = chances.max(axis=1, keepdims=True)
    alone = (best - chances < AS_LIKELY).sum(axis=1) == 1
    known = ~np.isnan(a)
    outcome = np.where(alone, np.where(known[:, np.newaxis], chances, 0).argmax(axis=1), OutcomeCode.TIE)
    return ItemAnswers(np.where(known, outcome, NO_VERDICT), a + neither / 2)


def _by_sample(verdicts: Verdicts) -> tuple[IntArray, IntArray, FloatArray]:
    """Join the orders of each sample of an item: its item, outcome and share."""
    item, row = _samples(verdicts)
    seen = classes(verdicts.outcome)
    lowest, highest = np.full(len(item), CLASSES), np.full(len(item), -1)
    np.minimum.at(lowest, row, seen)
    np.maximum.at(highest, row, seen)
    same = lowest == highest
    share = np.where(same, _means(row, verdicts.shares(), len(item)), 0.5)
    return item, np.where(same, lowest, OutcomeCode.TIE), share


@dataclass(frozen=True)
class BothOrders:
    """Hold the pairs of verdicts that one sample gave of an item in both orders, shape (m,)."""

    item: IntArray
    a_first: IntArray
    b_first: IntArray

    @property
    def differ(self) -> BoolArray:
        """Mark those whose two answers differ."""
        return classes(self.a_first) != classes(self.b_first)


def both_orders(verdicts: Verdicts) -> BothOrders:
    """Find the items, by sample, that have a verdict in each order; a later verdict of the same order is left out."""
    verdicts = verdicts.take(verdicts.given)
    key = verdicts.item * (int(verdicts.sample.max(initial=0)) + 1) + verdicts.sample
    forward, backward = np.flatnonzero(verdicts.a_first), np.flatnonzero(~verdicts.a_first)
    _, at_forward, at_backward = np.intersect1d(key[forward], key[backward], return_indices=True)
    forward, backward = forward[at_forward], backward[at_backward]
    return BothOrders(verdicts.item[forward], verdicts.outcome[forward], verdicts.outcome[backward])


def classes(outcome: IntArray) -> IntArray:
    """Count both bad as a tie: 0 for a, 1 for b, 2 for neither."""
    merged: IntArray = np.minimum(outcome, OutcomeCode.TIE)
    return merged


def swapped(outcome: IntArray, swap: BoolArray) -> IntArray:
    """See outcomes from the other side where marked."""
    return np.where(swap & (outcome >= 0), SWAPPED[np.maximum(outcome, 0)], outcome)


def people_share(votes: PeopleVotes, n_items: int) -> FloatArray:
    """Give people's mean share of a by item, shape (n_items,); NaN where nobody voted."""
    return _means(votes.item, A_SHARE[votes.outcome], n_items)


def _means(group: IntArray, values: FloatArray, n: int) -> FloatArray:
    counts = np.bincount(group, minlength=n)
    sums = np.bincount(group, values, minlength=n)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _check_outcomes(outcome: IntArray, *, lowest: int) -> None:
    if len(outcome) and not lowest <= outcome.min() <= outcome.max() < len(OutcomeCode):
        raise InvalidVotesError(f"outcome has values {outcome.min()} to {outcome.max()}; expected {lowest} to 3.")
