"""Measure what moves a judge beside quality: which summary comes first, is longer, or is of its own family."""

from dataclasses import dataclass

import numpy as np

from stats.judges.arrays import ItemAnswers, Items, PeopleVotes, Verdicts, both_orders, classes, people_share
from stats.judges.clustered import Figure, bounded, counted, mean
from stats.metrics.metric_model import fit_logistic
from stats.uncertainty.calibrated import LEVEL
from stats.uncertainty.two_way import spread_of
from stats.votes.arrays import A_SHARE, BoolArray, FloatArray, IntArray, InvalidVotesError, OutcomeCode

ONE_ORDER = "too few to say: no pair was judged in both orders"
NO_LENGTHS = "undefined: the two summaries are always of one length"
NO_VERDICTS = "too few to say: the judge has no verdicts"
ONE_SIDED = "undefined: no pair sets the judge's own family against another"
# Weak, so that a judge that always prefers the longer summary has a finite slope.
RIDGE = 0.1


@dataclass(frozen=True)
class PositionBias:
    """Hold what the order of two summaries does to verdicts, over samples judged in both orders.

    Attributes:
        first_share: Share of verdicts for the summary shown first, of those that prefer one; 0.5 is no bias.
        flip_rate: Share of samples whose answer changes with the order, a tie in one order included.
        reversed_rate: Share of samples in which the other summary wins when the order changes.
        pairs: Samples with verdicts in both orders.
    """

    first_share: Figure
    flip_rate: Figure
    reversed_rate: Figure
    pairs: int


def position_bias(items: Items, verdicts: Verdicts, *, level: float = LEVEL) -> PositionBias:
    """Measure position bias; intervals are about other documents.

    Only samples with both orders count: there each summary is first once, so that quality favours no position.

    Args:
        items: What was compared.
        verdicts: The judge's, as given.
        level: Of the intervals, between 0 and 1.
    Source:
        Zheng et al. (2023), arXiv 2306.05685, section 3.3; Shi et al. (2024), arXiv 2406.07791.
    """
    orders = both_orders(verdicts)
    if not len(orders.item):
        none = Figure.undefined(ONE_ORDER)
        return PositionBias(none, none, none, 0)
    document = items.document[orders.item]
    forward, backward = classes(orders.a_first), classes(orders.b_first)
    first = (forward == OutcomeCode.A).astype(np.float64) + (backward == OutcomeCode.B)
    decided = (forward < OutcomeCode.TIE).astype(np.float64) + (backward < OutcomeCode.TIE)
    some = decided > 0
    turned = forward + backward == OutcomeCode.A + OutcomeCode.B
    return PositionBias(
        mean(first[some] / decided[some], document[some], weight=decided[some], level=level),
        mean(orders.differ.astype(np.float64), document, level=level),
        mean(turned.astype(np.float64), document, level=level),
        len(document),
    )


@dataclass(frozen=True)
class LengthBias:
    """Hold how far a judge prefers the longer summary.

    Attributes:
        slope: Log-odds for the longer summary per standard deviation of the relative difference in length, between
            summaries that people find equally good; 0 is no bias.
        beyond_people: Share that the judge gives to the longer summary less the share that people give it, on the same
            items, -1 to 1; 0 is no bias. Errors of people's votes do not bend it.
        given: What quality was held by: "people" where items have votes, else "systems".
    """

    slope: Figure
    beyond_people: Figure
    given: str


def length_bias(
    items: Items, length: FloatArray, votes: PeopleVotes, judge: ItemAnswers, *, level: float = LEVEL
) -> LengthBias:
    """Measure length bias, given people's preference on each item, or the systems where too few items have votes.

    Args:
        items: What was compared.
        length: Lengths of a's and b's summaries, any unit, shape (n_items, 2).
        votes: People's votes; may be empty.
        judge: The judge's answer on each item.
        level: Of the intervals, between 0 and 1.
    Source:
        Dubois et al. (2024), arXiv 2404.04475 (a logistic model with the difference in length). The difference from
        people's shares is a mean of paired differences.
    """
    if length.shape != (len(items), 2):
        raise InvalidVotesError(f"length has shape {length.shape}; expected ({len(items)}, 2).")
    total = length.sum(axis=1)
    gap = (length[:, 0] - length[:, 1]) / np.where(total > 0, total, 1)
    usable = judge.given & np.isfinite(gap)
    if not usable.any():
        return LengthBias(Figure.undefined(NO_VERDICTS), Figure.undefined(NO_VERDICTS), "systems")
    if not gap[usable].any():
        return LengthBias(Figure.undefined(NO_LENGTHS), Figure.undefined(NO_LENGTHS), "systems")
    people = people_share(votes, len(items))
    seen = usable & ~np.isnan(people)
    given = "people" if counted(items.document[seen], None).reason == "" else "systems"
    chosen = seen if given == "people" else usable
    held = (people[chosen] - 0.5)[:, np.newaxis] if given == "people" else _systems(items, chosen)
    scale = float(np.sqrt((gap[chosen] ** 2).mean()))
    x = np.column_stack([gap[chosen] / (scale or 1), held])
    slope = first_slope(x, judge.share[chosen], items.document[chosen], level)
    longer = seen & (gap != 0)
    return LengthBias(slope, _beyond_people(items, votes, judge, longer, gap > 0, level), given)


def _systems(items: Items, chosen: BoolArray) -> FloatArray:
    """Give a column for each system but one: 1 where it is a, -1 where it is b."""
    n, rows = items.n_systems, np.arange(int(chosen.sum()))
    columns = np.zeros((len(rows), n))
    columns[rows, items.system_a[chosen]] = 1
    columns[rows, items.system_b[chosen]] = -1
    return columns[:, 1:]


def first_slope(x: FloatArray, share: FloatArray, document: IntArray, level: float = LEVEL) -> Figure:
    """Fit log-odds(share) = x @ slopes and give the first slope with its interval, documents as clusters.

    Source:
        As in metric_model.fit_logistic; Huber (1967) for the sandwich, as in sandwich_covariance.
    """
    weight = np.ones(len(x))
    at = fit_logistic(x, share, weight, ridge=RIDGE)
    chance = 0.5 + 0.5 * np.tanh(x @ at / 2)
    hessian = (x * (chance * (1 - chance))[:, np.newaxis]).T @ x + RIDGE * np.eye(x.shape[1])
    influence = (x * (share - chance)[:, np.newaxis]) @ np.linalg.inv(hessian)[:, 0]
    spread = spread_of(influence - influence.mean(), weight, document, None)
    return bounded(float(at[0]), spread, counted(document, None), level=level, share=False)


@dataclass(frozen=True)
class FamilyBias:
    """Hold how far a judge prefers systems related to its maker.

    Attributes:
        beyond_people: Share that the judge gives to the related system less the share that people give it, on items
            that set a related system against another, -1 to 1; 0 is no bias.
        judge_share, people_share: The two shares on these items.
    """

    beyond_people: Figure
    judge_share: Figure
    people_share: Figure


def family_bias(
    items: Items, related: BoolArray, votes: PeopleVotes, judge: ItemAnswers, *, level: float = LEVEL
) -> FamilyBias:
    """Measure whether a judge favours its own family more than people do.

    Args:
        items: What was compared.
        related: Whether each system is related to the judge's maker, shape (n_systems,).
        votes: People's votes.
        judge: The judge's answer on each item.
        level: Of the intervals, between 0 and 1.
    Source:
        Panickssery, Bowman and Feng (2024), arXiv 2404.13076 (judges prefer their own texts beyond what people do).
    """
    a, b = related[items.system_a], related[items.system_b]
    mixed = (a != b) & judge.given
    if not mixed.any():
        none = Figure.undefined(ONE_SIDED)
        return FamilyBias(none, none, none)
    share = np.where(a, judge.share, 1 - judge.share)
    asked = votes.take(mixed[votes.item])
    own = np.where(a[asked.item], A_SHARE[asked.outcome], 1 - A_SHARE[asked.outcome])
    return FamilyBias(
        _beyond_people(items, votes, judge, mixed, a, level),
        mean(share[mixed], items.document[mixed], level=level),
        mean(own, items.document[asked.item], asked.annotator, level=level),
    )


def _beyond_people(
    items: Items, votes: PeopleVotes, judge: ItemAnswers, chosen: BoolArray, a_side: BoolArray, level: float
) -> Figure:
    """Give the judge's share of one side less people's, over the votes on chosen items."""
    asked = votes.take(chosen[votes.item])
    gap = judge.share[asked.item] - A_SHARE[asked.outcome]
    signed = np.where(a_side[asked.item], gap, -gap)
    return mean(signed, items.document[asked.item], asked.annotator, level=level, share=False)


def sample_consistency(items: Items, verdicts: Verdicts, *, level: float = LEVEL) -> Figure:
    """Give the share of pairs of samples, of one item in one order, with the same answer; about other documents."""
    given = verdicts.take(verdicts.given)
    key = given.item * 2 + given.a_first
    kinds, row = np.unique(key, return_inverse=True)
    counts = np.zeros((len(kinds), 3))
    np.add.at(counts, (row, classes(given.outcome)), 1)
    total = counts.sum(axis=1)
    several = total > 1
    if not several.any():
        return Figure.undefined("too few to say: no pair was judged in one order more than once")
    alike = (counts * (counts - 1)).sum(axis=1)[several] / (total * (total - 1))[several]
    return mean(alike, items.document[kinds[several] // 2], level=level)
