"""Annotators whose votes do not look like those of the others: a sequential test that can be asked at any time."""

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, chdtri

from stats.votes.arrays import FloatArray, IntArray, InvalidVotesError, OutcomeCode, check_codes, check_columns

ALPHA = 0.05
LOOKS = 5
FIRST_VOTES = 100
MINIMUM_VOTES = 10


@dataclass(frozen=True)
class Anomaly:
    """Result of the test for one annotator.

    flagged: None with a reason where there are too few votes. n_votes: votes that could be tested; n_alone: votes
    left out because nobody else rated that pair of systems. looks: after how many votes the test looked; statistic
    and limit: Fisher's M and the bound it must reach, at each look. p_value: five times the smallest p of the looks,
    at most 1.
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
    """How unusual each vote is among the votes of others on the same pair of systems.

    p = (1 + number of others' votes whose value is at most as frequent as this vote's) / (others' votes + 1), with
    frequencies counted over the others' votes and this one together. Counting the vote itself among them makes the
    score symmetric, so that p is valid (P(p <= t) <= t) whenever this vote and the others' are exchangeable.

    The paper scores outcomes by h >= H', one tail of an ordered outcome, which sees somebody who votes too often for
    one side but not the opposite. Here any rare value is unusual: a contrarian votes for whichever system the
    majority rejects, on some pairs the first and on some the second, and "tie" and "both bad" have no place in one
    order. Frequency needs no order and covers both tails.

    Args:
        pair: Index of the unordered pair of systems, shape (n,); see system_pairs.
        annotator: Index, shape (n,).
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
    values = len(OutcomeCode)
    n_pairs = int(pair.max()) + 1 if len(pair) else 0
    everybody = np.bincount(pair * values + outcome, minlength=n_pairs * values).reshape(n_pairs, values)
    result = np.full(len(pair), np.nan)
    for person in np.unique(annotator).tolist():
        own = np.flatnonzero(annotator == person)
        mine = np.bincount(pair[own] * values + outcome[own], minlength=n_pairs * values).reshape(n_pairs, values)
        result[own] = _p_table(everybody - mine)[pair[own], outcome[own]]
    return result


def _p_table(others: IntArray) -> FloatArray:
    """Shape (n_pairs, n_values): p of a vote of each value given the others' counts, same shape; NaN without any."""
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
    annotator is flagged with chance alpha at most.

    Approximated: (1) Outcomes are few, so p takes few values and lies above its level, often at 1: the test flags
    fewer than alpha. (2) The votes of one annotator on one pair are held against the same others, so their p are
    positively dependent, which by itself would flag more (Bates et al. 2023); the simulations in the tests show that
    (1) outweighs it. (3) Votes are taken as exchangeable within a pair of systems, though
    documents differ. (4) alpha is for one annotator: of 100 honest ones, up to 100 * alpha are flagged.
    (5) The others' votes are taken as honest: with many random clickers among them nobody stands out.
    A flag says "unlike the others", not "dishonest": an honest minority taste is flagged too. Look before excluding.

    Args:
        pair, annotator, outcome: As in vote_p_values, one criterion, in the order the votes were given.
        seed: Of the five looks; the looks of one annotator depend on the seed and their own index and votes only.
        alpha: Highest chance for one honest annotator to be flagged, between 0 and 1.
    Returns:
        An Anomaly for every annotator that occurs; undecided below MINIMUM_VOTES testable votes. Five votes that each
        contradict nine others in ten cannot reach the limit, six can, and the looks are drawn at random.
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
    known = p[~np.isnan(p)]
    n, alone = len(known), int(np.isnan(p).sum())
    if n < MINIMUM_VOTES:
        reason = f"{n} votes on pairs that others rated too; the test needs {MINIMUM_VOTES}"
        return Anomaly(None, None, n, alone, (), (), (), reason)
    looks = 1 + np.sort(generator.choice(min(FIRST_VOTES, n), size=LOOKS, replace=False))
    statistic = -2 * np.log(known).cumsum()[looks - 1]
    limit = chdtri(2 * looks, alpha / LOOKS)
    return Anomaly(
        flagged=bool((statistic >= limit).any()),
        p_value=min(1.0, LOOKS * float(chdtrc(2 * looks, statistic).min())),
        n_votes=n,
        n_alone=alone,
        looks=tuple(looks.tolist()),
        statistic=tuple(statistic.tolist()),
        limit=tuple(limit.tolist()),
        reason="",
    )
