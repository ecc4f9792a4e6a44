"""Simulate studies that are not run yet: how often would a board's verdict on small against large be a decision?

A study that is planned needs to know beforehand what its votes will be worth. Formulas for single votes promise too
much, because votes of one annotator, and votes on one document, resemble each other. So studies are drawn, and each is
decided by the function that boards use.
"""

from dataclasses import dataclass

import numpy as np
import scipy

from stats.decisions.noninferiority import Scale
from stats.decisions.selection import compare_chosen
from stats.strengths.bradley_terry import MAX_STEPS, PENALTY, TOLERANCE, NotConvergedError
from stats.uncertainty.bootstrap import draw
from stats.votes.arrays import A_SHARE, FloatArray, IntArray, OutcomeCode, VoteArrays, renumbered
from stats.votes.least import too_few
from stats.votes.tallies import units

# Log-odds. An answer is a tie, or both bad, where neither summary is ahead by so much: a quarter of the answers between
# equals. The side that a summary stands on moves an answer by so much; sides are drawn evenly.
TIE_BAND = 0.5
SIDE = 0.2
# They only tell whether there is an interval.
RESAMPLES = 200
NODES = 60
LARGEST_GAP = 12.0
PAIR = (0, 1)


@dataclass(frozen=True)
class Tastes:
    """How much annotators differ in which system they prefer, and documents in which system does them better.

    Attributes:
        annotators, documents: Standard deviations in log-odds.
    """

    annotators: float
    documents: float


@dataclass(frozen=True)
class VotingDesign:
    """How many votes on the two systems there will be, and from whom.

    Attributes:
        annotators: Who vote, each at most once on a document.
        documents: On which there are votes.
        votes_per_document: Each by another annotator.
    """

    annotators: int
    documents: int
    votes_per_document: int

    def __post_init__(self) -> None:
        if not 1 <= self.votes_per_document <= self.annotators or self.documents < 1:
            raise ValueError(
                f"{self.votes_per_document} votes on each of {self.documents} documents by {self.annotators} "
                "annotators: expected at least one document, and from 1 vote on it up to one by each annotator."
            )

    @property
    def votes(self) -> int:
        return self.documents * self.votes_per_document


@dataclass(frozen=True)
class Bounds:
    """Hold the ends of the intervals of the share that prefers the small system, one entry for each simulated study.

    Attributes:
        lower, upper: Shape (n,), between 0 and 1; NaN where a board would give no interval.
    """

    lower: FloatArray
    upper: FloatArray

    def good(self, margin: float) -> float:
        """Give the share of studies whose verdict is “Good enough”: the interval lies above 1/2 - margin."""
        return float((self.lower > 0.5 - margin).mean())

    def bad(self, margin: float) -> float:
        """Give the share of studies whose verdict is “Not good enough”: the interval lies below 1/2 - margin."""
        return float((self.upper < 0.5 - margin).mean())


def simulate_bounds(
    design: VotingDesign,
    tastes: Tastes,
    share: float,
    *,
    studies: int,
    seed: int,
    resamples: int = RESAMPLES,
    enforce_least: bool = True,
) -> Bounds:
    """Draw studies and compute the interval of each as boards do.

    Args:
        design: Of every study.
        tastes: Of their annotators and documents.
        share: Share of comparisons in which infinitely many annotators prefer the small system on infinitely many
            documents, a tie as half; between 0 and 1.
        studies: How many.
        seed: Of the votes, and of the bootstrap.
        resamples: Of each study's bootstrap.
        enforce_least: Whether designs below the least numbers get no interval, as on a board.
    Source:
        compare_chosen for a pair named before the votes. The least numbers: stats.votes.least.
    """
    bounds = np.full((2, studies), np.nan)
    if enforce_least and too_few(design.votes, design.annotators, design.documents):
        return Bounds(*bounds)
    gap = gap_of(share, tastes)
    for number in range(studies):
        rng = np.random.default_rng([seed, number])
        bounds[:, number] = bounds_of(draw_votes(design, tastes, gap, rng), seed=int(rng.integers(2**31)), n=resamples)
    return Bounds(*bounds)


def gap_of(share: float, tastes: Tastes) -> float:
    """Give the log-odds by which the small system must be ahead, so that its share is this one over all tastes."""
    from scipy.optimize import brentq  # which every start of the site would wait for

    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    spread = nodes * np.hypot(tastes.annotators, tastes.documents)

    def excess(gap: float) -> float:
        at = gap + spread + np.array([[-SIDE], [SIDE]])
        return float((expected_share(at) @ weights).mean() / weights.sum() - share)

    return float(brentq(excess, -LARGEST_GAP, LARGEST_GAP))


def expected_share(at: FloatArray) -> FloatArray:
    """Give the chance to win plus half of that of a tie, where the small system is ahead by so much."""
    return np.asarray((scipy.special.expit(at - TIE_BAND) + scipy.special.expit(at + TIE_BAND)) / 2)


def draw_votes(design: VotingDesign, tastes: Tastes, gap: float, rng: np.random.Generator) -> VoteArrays:
    """Draw the votes of one study; the small system is number 0."""
    by_annotator = rng.normal(0, tastes.annotators, design.annotators)
    by_document = rng.normal(0, tastes.documents, design.documents)
    order = rng.random((design.documents, design.annotators)).argsort(axis=1)
    annotator = order[:, : design.votes_per_document].ravel()
    document = np.repeat(np.arange(design.documents), design.votes_per_document)
    n = len(document)
    at = gap + by_annotator[annotator] + by_document[document] + SIDE * rng.choice((-1, 1), n)
    drawn = rng.random(n)
    outcome = np.full(n, int(OutcomeCode.TIE))
    outcome[drawn < scipy.special.expit(at - TIE_BAND)] = OutcomeCode.A
    outcome[drawn > scipy.special.expit(at + TIE_BAND)] = OutcomeCode.B
    zeros: IntArray = np.zeros(n, dtype=np.int64)
    return VoteArrays(zeros, zeros + 1, outcome, document, renumbered(annotator), 2)


def bounds_of(votes: VoteArrays, *, seed: int, n: int = RESAMPLES) -> tuple[float, float]:
    """Give the interval of the share that prefers system 0 of two, as a board with these votes does."""
    compared = compare_chosen(
        votes, PAIR, [PAIR], margin=0.1, seed=seed, scale=Scale.WIN_PROBABILITY, drawn=drawn_strengths(votes, seed, n)
    )
    return 0.5 + compared.result.lower, 0.5 + compared.result.upper


def drawn_strengths(votes: VoteArrays, seed: int, resamples: int) -> list[FloatArray]:
    """Fit two systems in resamples; the numbers that noninferiority.draw_strengths gives, in a tenth of the time.

    With two systems a resample is two numbers, so that tables of documents by annotators replace its bookkeeping.
    """
    shape = units(votes.document), units(votes.annotator)
    draws = draw(np.random.default_rng(seed), *shape, resamples)
    wins, games = np.zeros((2, *shape))
    np.add.at(wins, (votes.document, votes.annotator), A_SHARE[votes.outcome])
    np.add.at(games, (votes.document, votes.annotator), 1)
    won, played = (((draws.documents @ table) * draws.annotators).sum(axis=1) for table in (wins, games))
    gaps = np.where(played > 0, fitted_gaps(won, played), np.nan)
    return [gaps / 2, -gaps / 2]


def fitted_gaps(won: FloatArray, played: FloatArray) -> FloatArray:
    """Fit the log-odds between two systems, as fit_many does: Newton's method with steps that cannot overshoot."""
    gaps = np.zeros(len(won))
    for _ in range(MAX_STEPS):
        chance = scipy.special.expit(gaps)
        step = (won - played * chance - PENALTY * gaps / 2) / (played * chance * (1 - chance) + PENALTY / 2)
        size = np.abs(step)
        gaps += step * np.log1p(size) / np.maximum(size, TOLERANCE)
        if size.max() <= TOLERANCE:
            return gaps
    raise NotConvergedError(f"Fits of two systems still move after {MAX_STEPS} steps.")
