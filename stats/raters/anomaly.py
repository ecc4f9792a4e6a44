"""Test whether an annotator's votes look unlike those of the others; the test is sequential and valid at any time."""

from dataclasses import dataclass

import numpy as np
import scipy

from stats.votes.arrays import FloatArray, IntArray, InvalidVotesError, OutcomeCode, check_codes, check_columns

ALPHA = 0.05
LOOKS = 5
FIRST_VOTES = 100
MINIMUM_VOTES = 10


@dataclass(frozen=True)
class Anomaly:
    """Hold the result of the test for one annotator.

    Attributes:
        flagged: Whether the votes look unlike the others'; None with a reason where there are too few votes.
        p_value: Five times the smallest p of the looks, at most 1; None with a reason.
        n_votes: Votes that could be tested.
        n_alone: Votes left out because nobody else rated that pair of systems.
        looks: Numbers of votes after which the test looked.
        statistic, limit: Fisher's M, and the bound that it must reach, at each look.
        reason: Why flagged is None; "" where it is not.
    """

    flagged: bool | None
    p_value: float | None
    n_votes: int
    n_alone: int
    looks: tuple[int, ...]
    statistic: tuple[float, ...]
    limit: tuple[float, ...]
    reason: str


def vote_p_values(pair: IntArray, annotator: IntArray, outcome: IntArray) -> FloatArray:
    """Score how unusual each vote is among the others' votes on the same pair of systems.

    p = (1 + number of others' votes whose value is at most as frequent as this vote's) / (others' votes + 1), with
    frequencies counted over the others' votes and this one together. Including the vote itself makes the score
    symmetric, so that p is valid (P(p <= t) <= t) whenever this vote and the others' are exchangeable.

    The paper scores outcomes by h >= H', one tail of an ordered outcome, which finds annotators who vote too often for
    one side but not for the other. Here every rare value is unusual: a contrarian votes for whichever system the
    majority rejects, on some pairs the first and on some the second, and "tie" and "both bad" do not fit into one
    order. Frequency needs no order and covers both tails.

    Args:
        pair: Index of the unordered pair of systems, shape (n,); see system_pairs.
        annotator: Index of the annotator, shape (n,).
        outcome: OutcomeCode seen from the pair's first system, shape (n,).
    Returns:
        Shape (n,), in (0, 1]; NaN where nobody else voted on the pair.
    Raises:
        InvalidVotesError: Shapes differ, or an outcome is unknown.
    Source:
        Chiang et al. (2024), arXiv:2403.04132, section 6; the symmetric score: Vovk, Gammerman and Shafer (2005),
        Algorithmic Learning in a Random World, chapter 2 (conformal p-values).
    """
    check_columns(pair=pair, annotator=annotator, outcome=outcome)
    check_codes("outcome", outcome, OutcomeCode)
    n_pairs = int(pair.max()) + 1 if len(pair) else 0
    counts = _counts(pair, outcome, n_pairs)
    p = np.full(len(pair), np.nan)
    for person in np.unique(annotator).tolist():
        own = np.flatnonzero(annotator == person)
        others = counts - _counts(pair[own], outcome[own], n_pairs)
        p[own] = _p_table(others)[pair[own], outcome[own]]
    return p


def _counts(pair: IntArray, outcome: IntArray, n_pairs: int) -> IntArray:
    """Count votes by pair and OutcomeCode, shape (n_pairs, n_values)."""
    values = len(OutcomeCode)
    return np.bincount(pair * values + outcome, minlength=n_pairs * values).reshape(n_pairs, values)


def _p_table(others: IntArray) -> FloatArray:
    """Compute p of a vote of each value given the others' counts, both (n_pairs, n_values); NaN without other votes."""
    total = others.sum(axis=1)
    with_this = others[:, np.newaxis, :] + np.eye(others.shape[1], dtype=np.int64)
    unusual = with_this <= (others + 1)[:, :, np.newaxis]
    p = (1 + (others[:, np.newaxis, :] * unusual).sum(axis=2)) / (total + 1)[:, np.newaxis]
    return np.where(total[:, np.newaxis] > 0, p, np.nan)


def anomalies(
    pair: IntArray, annotator: IntArray, outcome: IntArray, *, seed: int, alpha: float = ALPHA
) -> dict[int, Anomaly]:
    """Test every annotator for votes unlike the others'.

    Fisher's M_j = -2 sum_(i <= j) log p_i over the first j votes is compared with the quantile of chi-square with 2j
    degrees of freedom at 1 - alpha / 5, at five j drawn at random from 1 to min(100, votes). By Bonferroni an honest
    annotator is flagged with probability alpha at most.

    The test approximates in five ways. (1) Outcomes are few, so p takes few values and lies above its level, often at
    1; the test flags fewer than alpha. (2) The votes of one annotator on one pair are compared with the same others, so
    their p are positively dependent, which alone would flag more (Bates et al. 2023); simulations in the tests show
    that (1) outweighs it. (3) Votes count as exchangeable within a pair of systems, though documents differ. (4) alpha
    is for one annotator: of 100 honest ones, up to 100 * alpha are flagged. (5) The others' votes count as honest: with
    many random clickers among them nobody stands out.
    A flag says "unlike the others", not "dishonest": an honest minority taste is flagged too. Look before excluding.

    Args:
        pair, annotator, outcome: As in vote_p_values, on one criterion, in the order in which the votes were given.
        seed: Of the five looks. The looks of one annotator depend only on the seed and their own index and votes.
        alpha: Highest probability that one honest annotator is flagged, between 0 and 1.
    Returns:
        Result by annotator; undecided below MINIMUM_VOTES testable votes. Five votes that each contradict nine others
        in ten cannot reach the limit, six can, and the looks are drawn at random.
    Raises:
        InvalidVotesError: As in vote_p_values, or alpha is not between 0 and 1.
    Source:
        Chiang et al. (2024), arXiv:2403.04132, section 6. Fisher (1925), Statistical Methods for Research Workers.
        Dependence: Bates et al. (2023), Annals of Statistics 51, 149-178.
    """
    if not 0 < alpha < 1:
        raise InvalidVotesError(f"alpha is {alpha}; expected a number between 0 and 1.")
    p = vote_p_values(pair, annotator, outcome)
    return {
        person: _test(p[annotator == person], np.random.default_rng([seed, person]), alpha)
        for person in np.unique(annotator).tolist()
    }


def _test(p: FloatArray, generator: np.random.Generator, alpha: float) -> Anomaly:
    """Test one annotator's p-values in the order of their votes."""
    testable = p[~np.isnan(p)]
    n, alone = len(testable), int(np.isnan(p).sum())
    if n < MINIMUM_VOTES:
        reason = f"only {n:,} votes on pairs that others rated too; at least {MINIMUM_VOTES} are needed"
        return Anomaly(None, None, n, alone, (), (), (), reason)
    looks = 1 + np.sort(generator.choice(min(FIRST_VOTES, n), size=LOOKS, replace=False))
    statistic = -2 * np.log(testable).cumsum()[looks - 1]
    limit = scipy.special.chdtri(2 * looks, alpha / LOOKS)
    return Anomaly(
        flagged=bool((statistic >= limit).any()),
        p_value=min(1.0, LOOKS * float(scipy.special.chdtrc(2 * looks, statistic).min())),
        n_votes=n,
        n_alone=alone,
        looks=tuple(looks.tolist()),
        statistic=tuple(statistic.tolist()),
        limit=tuple(limit.tolist()),
        reason="",
    )
