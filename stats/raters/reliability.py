"""Measure how far each annotator's votes follow the differences that the others see, and find who clicks at random.

A judge-aware Bradley–Terry model: the log-odds of a vote are the annotator's discrimination times what everybody else
expects of it. The discriminations of careful annotators are spread around that of the group, those of careless ones
around 0.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import scipy

from stats.raters.others import DecidedVotes, expected_gap
from stats.raters.own_tastes import careless_ratios
from stats.uncertainty.proportions import LEVEL
from stats.uncertainty.sandwich import expected_share
from stats.votes.arrays import FloatArray, IntArray, OutcomeCode, check_codes, check_columns

# Votes for one of two systems that a finding needs, and annotators who have so many.
MINIMUM_VOTES = 16
MINIMUM_PEOPLE = 5
# Discriminations for which likelihoods are computed.
GRID = np.linspace(-2.0, 4.0, 121)
# Spread of careless annotators around 0.
CARELESS_SD = 0.3
# Priors: discrimination of the group and its spread, as strong as so many annotators, and the careless among so many.
USUAL, USUAL_SD = 1.0, 0.25
SPREAD, SPREAD_WEIGHT = 0.3, 3.0
CARELESS, CARELESS_OF = 0.5, 10.0
MOST_CARELESS = 0.5
STEPS = 200
TOLERANCE = 1e-6
# A careful annotator looks as bad as this with this probability, at most.
ALPHA = 0.05
# And clicks at random are likelier than careful votes by this log-likelihood ratio, at least.
LEAST_RATIO = 2.0
# Preferences of one's own, whatever the others say, excuse from having clicked at random.
OWN_ALPHA = 0.02
# Beyond it an annotator votes against the others.
AGAINST_ALPHA = 0.001
VOTES_AT_ONCE = 65_536
NOBODY_ELSE = "nobody else voted for either of two systems"


class Finding(StrEnum):
    """Name what is worth a look.

    Attributes:
        AT_RANDOM: The votes look like clicks at random.
        AGAINST: The votes go against the others'.
    """

    AT_RANDOM = "at_random"
    AGAINST = "against"


@dataclass(frozen=True)
class Reliability:
    """Hold how well one annotator tells systems apart, in shares of what the group does.

    Attributes:
        value: 1 like the group, 0 at random, below 0 against the others; None with a reason.
        lower, upper: Interval; None with a reason.
        careless: Probability that the annotator clicks at random; None with a reason.
        p_value: Chance that a careful annotator of this group looks as bad; None with a reason.
        finding: What is worth a look; "" if nothing is.
        n_votes: Votes for one of two systems.
        reason: Why something is None; "" where nothing is.
    """

    value: float | None
    lower: float | None
    upper: float | None
    careless: float | None
    p_value: float | None
    finding: str
    n_votes: int
    reason: str


@dataclass(frozen=True)
class Group:
    """Hold how discriminations are spread.

    Attributes:
        mean, spread: Of careful annotators, in shares of what all votes together expect.
        careless: Share of careless ones.
    """

    mean: float
    spread: float
    careless: float


def log_likelihoods(votes: DecidedVotes, gap: FloatArray) -> FloatArray:
    """Give the log-likelihood of each annotator's votes at each discrimination, shape (n_annotators, len(GRID)).

    Args:
        votes: Sorted by annotator.
        gap: Expected log-odds of a, shape (n,).
    """
    starts, towards = votes.starts, np.where(votes.won > 0, gap, -gap)
    sums = np.zeros((len(starts) - 1, len(GRID)))
    begin = 0
    while begin < len(sums):
        last = np.searchsorted(starts, starts[begin] + VOTES_AT_ONCE, side="right") - 1
        end = max(begin + 1, int(last))
        part = slice(starts[begin], starts[end])
        values = scipy.special.log_expit(towards[part, np.newaxis] * GRID)
        sums[begin:end] = np.add.reduceat(values, starts[begin:end] - starts[begin], axis=0)
        begin = end
    return sums


def normal_on_grid(mean: float, spread: float) -> FloatArray:
    """Give the weights of a normal distribution on GRID, which sum to 1."""
    density = np.exp(-0.5 * ((GRID - mean) / spread) ** 2)
    return np.asarray(density / density.sum())


def fit_group(likelihood: FloatArray) -> Group:
    """Find the spread of discriminations by expectation and maximisation.

    Args:
        likelihood: Shape (n_annotators, len(GRID)), up to a factor for each annotator.
    Returns:
        The most probable group, given priors that are worth a few annotators.
    """
    group = Group(USUAL, SPREAD, CARELESS / CARELESS_OF)
    of_careless = likelihood @ normal_on_grid(0, CARELESS_SD)
    for _ in range(STEPS):
        before = group
        weights = likelihood * normal_on_grid(group.mean, group.spread)
        of_careful = weights.sum(axis=1)
        careful = (1 - group.careless) * of_careful / ((1 - group.careless) * of_careful + group.careless * of_careless)
        weights *= (careful / of_careful)[:, np.newaxis]
        n, total = careful.sum(), weights.sum(axis=0)
        pull = (group.spread / USUAL_SD) ** 2
        mean = (total @ GRID + pull * USUAL) / (n + pull)
        spread = np.sqrt((total @ (GRID - mean) ** 2 + SPREAD_WEIGHT * SPREAD**2) / (n + SPREAD_WEIGHT))
        share = (len(likelihood) - n + CARELESS) / (len(likelihood) + CARELESS_OF)
        group = Group(float(mean), float(spread), min(float(share), MOST_CARELESS))
        if abs(group.mean - before.mean) + abs(group.spread - before.spread) < TOLERANCE:
            break
    return group


def reliabilities(
    system_a: IntArray,
    system_b: IntArray,
    comparison: IntArray,
    annotator: IntArray,
    outcome: IntArray,
    *,
    level: float = LEVEL,
) -> dict[int, Reliability]:
    """Measure every annotator's discrimination, and find who clicks at random.

    Only votes for one of two systems are used: how often somebody says "tie" is a habit, not a fault. The log-odds of
    annotator j's vote are beta_j times expected_gap, which j's own votes have no part in. beta_j comes from
    (1 - c) N(mean, spread^2) + c N(0, CARELESS_SD^2), whose parameters are fitted over all annotators (empirical Bayes
    with weak priors); value and interval are its posterior mean and quantiles, divided by the group's mean.

    A finding needs three things: the votes are worse than a careful annotator's in ALPHA of cases at most (score test
    of beta_j = mean, with the spread of the group); clicks at random are likelier than careful votes with tastes of
    one's own by LEAST_RATIO (own_tastes.careless_ratios); and the votes show no preference of their own between
    systems, which somebody with other tastes has.

    Args:
        system_a, system_b: Index of each system, shape (n,).
        comparison: Index of what was compared, shape (n,); a and b are the same way round in all votes on one.
        annotator: Index of the annotator, shape (n,).
        outcome: OutcomeCode, shape (n,).
        level: Of the intervals, between 0 and 1.
    Returns:
        Result by annotator, also of those without enough votes.
    Raises:
        InvalidVotesError: Shapes differ, or an outcome is unknown.
    Source:
        Judge-aware Bradley-Terry: arXiv 2601.21817. Careless annotators as a class: Raykar and Yu (2012),
        Journal of Machine Learning Research 13, 491-518. Empirical Bayes: Efron (2010), Large-Scale Inference, chapter
        1. Score test with a random effect: Commenges and Jacqmin-Gadda (1997), JRSS B 59, 157-171.
    """
    check_columns(a=system_a, b=system_b, comparison=comparison, annotator=annotator, outcome=outcome)
    check_codes("outcome", outcome, OutcomeCode)
    nobody_decided = dict.fromkeys(np.unique(annotator).tolist(), _undecided(0))
    people, votes = _decided(system_a, system_b, comparison, annotator, outcome)
    return nobody_decided | dict(zip(people.tolist(), _all(votes, level) if len(people) else [], strict=True))


def discriminations(
    system_a: IntArray, system_b: IntArray, comparison: IntArray, annotator: IntArray, outcome: IntArray
) -> tuple[IntArray, FloatArray]:
    """Give the annotators who voted for one of two systems, and the `value` of each, however few votes they gave.

    Args:
        system_a, system_b, comparison, annotator, outcome: As in reliabilities.
    Returns:
        Indexes in rising order, and posterior means in shares of the group's; 1 where there is nobody to compare with.
    """
    people, votes = _decided(system_a, system_b, comparison, annotator, outcome)
    if len(people) < 2:
        return people, np.ones(len(people))
    log = log_likelihoods(votes, expected_gap(votes))
    likelihood = np.exp(log - log.max(axis=1, keepdims=True))
    group = fit_group(likelihood)
    return people, _posterior(likelihood, group)[0] @ GRID / group.mean


def _decided(
    system_a: IntArray, system_b: IntArray, comparison: IntArray, annotator: IntArray, outcome: IntArray
) -> tuple[IntArray, DecidedVotes]:
    """Give the annotators of votes for one of two systems, and these votes sorted by annotator, numbered anew."""
    decided = np.flatnonzero(outcome < OutcomeCode.TIE)
    decided = decided[np.argsort(annotator[decided], kind="stable")]
    people, row = np.unique(annotator[decided], return_inverse=True)
    systems, system = np.unique(np.r_[system_a[decided], system_b[decided]], return_inverse=True)
    item = np.unique(comparison[decided], return_inverse=True)[1]
    won = (outcome[decided] == OutcomeCode.A).astype(np.float64)
    return people, DecidedVotes(row, system[: len(row)], system[len(row) :], item, won, len(systems))


def _undecided(n: int) -> Reliability:
    reason = f"only {n:,} votes that prefer one of two summaries; at least {MINIMUM_VOTES} are needed"
    return Reliability(None, None, None, None, None, "", n, reason)


def _all(votes: DecidedVotes, level: float) -> list[Reliability]:
    """Give the results in the order of the annotators."""
    n = np.diff(votes.starts)
    if len(n) < 2:
        return [Reliability(None, None, None, None, None, "", int(n[0]), NOBODY_ELSE)]
    gap = expected_gap(votes)
    log = log_likelihoods(votes, gap)
    likelihood = np.exp(log - log.max(axis=1, keepdims=True))
    group = fit_group(likelihood)
    posterior, careless = _posterior(likelihood, group)
    bounds = [_quantile(posterior, tail) for tail in ((1 - level) / 2, (1 + level) / 2)]
    figures = np.column_stack([posterior @ GRID, *bounds]) / group.mean
    p, against = _tail_probabilities(votes, gap, group)
    findings = _findings(votes, gap, p, against)
    results = []
    for i, ((value, lower, upper), size) in enumerate(zip(figures.tolist(), n.tolist(), strict=True)):
        result = Reliability(value, lower, upper, float(careless[i]), float(p[i]), findings.get(i, ""), size, "")
        results.append(_undecided(size) if size < MINIMUM_VOTES else result)
    return results


def _posterior(likelihood: FloatArray, group: Group) -> tuple[FloatArray, FloatArray]:
    """Give each annotator's posterior on GRID, in rows that sum to 1, and the probability to be careless."""
    careful = (1 - group.careless) * likelihood * normal_on_grid(group.mean, group.spread)
    careless = group.careless * likelihood * normal_on_grid(0, CARELESS_SD)
    total = (careful + careless).sum(axis=1, keepdims=True)
    return (careful + careless) / total, (careless / total).sum(axis=1)


def _findings(votes: DecidedVotes, gap: FloatArray, p: FloatArray, against: FloatArray) -> dict[int, str]:
    """Say what is worth a look, by annotator; nothing among people too few to say what is usual."""
    tested = np.diff(votes.starts) >= MINIMUM_VOTES
    if tested.sum() < MINIMUM_PEOPLE:
        return {}
    findings = dict.fromkeys(np.flatnonzero(tested & (against <= AGAINST_ALPHA)).tolist(), Finding.AGAINST.value)
    suspects = np.flatnonzero(tested & (p <= ALPHA))
    ratios = careless_ratios(votes, gap, suspects) if len(suspects) else np.zeros(0)
    for i in suspects[ratios >= LEAST_RATIO].tolist():
        if i not in findings and own_preference(votes, i) > OWN_ALPHA:
            findings[i] = Finding.AT_RANDOM.value
    return findings


def _quantile(posterior: FloatArray, share: float) -> FloatArray:
    """Give a quantile of each row of weights on GRID, between its points by interpolation."""
    total = posterior.cumsum(axis=1) - posterior / 2  # half of a point's weight is below it
    at = (total < share).sum(axis=1).clip(1, len(GRID) - 1)
    row = np.arange(len(posterior))
    below, above = total[row, at - 1], total[row, at]
    part = np.clip((share - below) / np.maximum(above - below, 1e-300), 0, 1)
    return np.asarray(GRID[at - 1] + part * (GRID[at] - GRID[at - 1]))


def _tail_probabilities(votes: DecidedVotes, gap: FloatArray, group: Group) -> tuple[FloatArray, FloatArray]:
    """Give the chance that a careful annotator agrees as little, and that one who clicks at random does."""
    share = expected_share(group.mean * gap)
    score = np.bincount(votes.annotator, gap * (votes.won - share))
    worth = np.bincount(votes.annotator, gap**2 * share * (1 - share))
    spread = np.sqrt(np.maximum(worth + (group.spread * worth) ** 2, 1e-12))
    at_zero = np.bincount(votes.annotator, gap * (votes.won - 0.5))
    zero_spread = np.sqrt(np.maximum(np.bincount(votes.annotator, gap**2) / 4, 1e-12))
    return scipy.special.ndtr(score / spread), scipy.special.ndtr(at_zero / zero_spread)


def own_preference(votes: DecidedVotes, person: int) -> float:
    """Test whether an annotator prefers some systems to others at all; a p-value.

    Under clicks at random each vote is a fair coin, and the wins of the systems less half their votes have the
    Laplacian of the annotator's pairs, over four, for a covariance: chi-square with its rank for degrees of freedom.
    """
    starts = votes.starts
    wins = votes.wins(slice(starts[person], starts[person + 1]))
    games = wins + wins.T
    laplacian = (np.diag(games.sum(axis=1)) - games) / 4
    score = (wins - games / 2).sum(axis=1)
    rank = int(np.linalg.matrix_rank(laplacian, hermitian=True))
    return float(scipy.special.chdtrc(rank, score @ np.linalg.pinv(laplacian, hermitian=True) @ score))
