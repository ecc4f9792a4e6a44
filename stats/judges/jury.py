"""Make one prediction of several judges and metrics, so that a bad judge counts for nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stats.judges.clustered import Figure, bounded, counted
from stats.metrics.metric_model import FOLDS, fit_logistic
from stats.uncertainty.calibrated import LEVEL
from stats.uncertainty.two_way import Spread, spread_of
from stats.votes.arrays import BoolArray, FloatArray, IntArray, InvalidVotesError

RIDGE = 1.0
# A judge whose coefficient is not this many standard errors above 0 is left out; of coins one in 20 is heard.
LEAST_RATIO = 1.645


@dataclass(frozen=True)
class Jury:
    """Hold what each judge or metric adds to the others.

    Attributes:
        weight: Log-odds for the preferred summary per standard deviation of each column, shape (k,); 0 if left out.
        discrimination: The same with intervals, documents and people as clusters; undefined for those left out.
    """

    weight: FloatArray
    discrimination: tuple[Figure, ...]

    @property
    def heard(self) -> BoolArray:
        """Mark the columns that count."""
        return self.weight != 0


LEFT_OUT = "left out: beside the other judges it says nothing more of what people prefer"


@dataclass(frozen=True)
class JuryRows:
    """Hold what judges and metrics say of the pairs that people voted on, and the votes; one entry for each vote.

    Attributes:
        x: What each column says of a less what it says of b, 0 where unknown, shape (n, k).
        share, weight: What each vote gives to a, and how much it counts, shape (n,).
        document, annotator: Of each vote.
    Raises:
        InvalidVotesError: Shapes differ.
    """

    x: FloatArray
    share: FloatArray
    weight: FloatArray
    document: IntArray
    annotator: IntArray

    def __post_init__(self) -> None:
        lengths = {len(c) for c in (self.x, self.share, self.weight, self.document, self.annotator)}
        if self.x.ndim != 2 or len(lengths) != 1:
            raise InvalidVotesError("x must have shape (n, k); share, weight, document and annotator n entries each.")

    def take(self, chosen: BoolArray) -> JuryRows:
        """Keep only the chosen votes."""
        rows = (self.document[chosen], self.annotator[chosen])
        return JuryRows(self.x[chosen], self.share[chosen], self.weight[chosen], *rows)

    def fitted(self, columns: IntArray) -> tuple[FloatArray, list[Spread]]:
        """Fit the coefficients of some columns, and give the spread of each."""
        at, influence = _fit(self.x[:, columns] / spreads(self.x)[columns], self.share, self.weight)
        return at, [spread_of(part, self.weight, self.document, self.annotator) for part in influence.T]


def fit_jury(told: JuryRows, *, judges: BoolArray | None = None, level: float = LEVEL) -> Jury:
    """Fit how far each judge or metric predicts people's votes, given the others.

    A logistic model of the columns' differences, without intercept, ties as halves. The judge that is least above 0 in
    standard errors is left out, until all that remain are LEAST_RATIO above it; metrics may have either sign and stay.

    Args:
        judges: Which columns are judges, shape (k,); all of them if None.
        level: Of the intervals, between 0 and 1.
    Source:
        Wolpert (1992), Stacked generalization, Neural Networks 5, 241-259. One discrimination for each judge: arXiv
        2601.21817 (judge-aware Bradley-Terry), whose judges' votes are replaced here by people's as the measure.
    """
    columns, at, spread = _heard(told, np.ones(told.x.shape[1], dtype=bool) if judges is None else judges)
    count = counted(told.document, told.annotator)
    figures = [Figure.undefined(LEFT_OUT, count.n) for _ in range(told.x.shape[1])]
    weight = np.zeros(told.x.shape[1])
    weight[columns] = at
    for column, value, of_column in zip(columns.tolist(), at.tolist(), spread, strict=True):
        figures[column] = bounded(value, of_column, count, level=level, share=False)
    return Jury(weight, tuple(figures))


def _heard(told: JuryRows, judges: BoolArray) -> tuple[IntArray, FloatArray, list[Spread]]:
    """Leave out judges until all that remain count; gives the columns, their coefficients and spreads."""
    columns = np.flatnonzero((told.x != 0).any(axis=0))
    while True:
        at, spread = told.fitted(columns)
        ratio = at / np.sqrt([max(s.variance, 1e-300) for s in spread])
        weak = np.where(judges[columns], ratio, np.inf)
        if not len(columns) or weak.min() >= LEAST_RATIO:
            return columns, at, spread
        columns = np.delete(columns, weak.argmin())


def _fit(x: FloatArray, share: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Fit coefficients, shape (k,), and give how far each vote moves them, shape (n, k), with sum 0."""
    at = fit_logistic(x, share, weight, ridge=RIDGE)
    chance = 0.5 + 0.5 * np.tanh(x @ at / 2)
    hessian = (x * (weight * chance * (1 - chance))[:, np.newaxis]).T @ x + RIDGE * np.eye(x.shape[1])
    influence = (x * (weight * (share - chance))[:, np.newaxis]) @ np.linalg.inv(hessian)
    return at, influence - influence.mean(axis=0)


def spreads(x: FloatArray) -> FloatArray:
    """Give the root mean square of each column, 1 for one of zeros, shape (k,)."""
    scale = np.sqrt((x**2).mean(axis=0)) if len(x) else np.ones(x.shape[1])
    return np.where(scale > 0, scale, 1)


def cross_fitted(
    told: JuryRows,
    items: FloatArray,
    document: IntArray,
    *,
    seed: int,
    judges: BoolArray | None = None,
    folds: int = FOLDS,
) -> FloatArray:
    """Predict the share of a on every item by a jury in whose fit its document had no part, shape (n_items,).

    Items of documents without votes are predicted by the mean of the folds' juries.

    Args:
        told: The votes.
        items: The same columns by item, shape (n_items, k).
        document: Of each item.
        seed: Of the deal of documents into folds.
        judges: As in fit_jury.
        folds: At most the number of documents with votes.
    Raises:
        InvalidVotesError: Votes on fewer than two documents.
    Source:
        Zrnic and Candes (2024), Cross-prediction-powered inference, PNAS 121, arXiv 2309.16598.
    """
    voted = np.unique(told.document)
    if len(voted) < 2:
        raise InvalidVotesError("Votes on two documents at least are needed to predict one from the other.")
    folds = min(folds, len(voted))
    fold = np.random.default_rng(seed).permutation(np.arange(len(voted)) % folds)
    of_vote = fold[np.searchsorted(voted, told.document)]
    place = np.minimum(np.searchsorted(voted, document), len(voted) - 1)
    of_item = np.where(voted[place] == document, fold[place], -1)
    predicted = np.zeros(len(items))
    for i in range(folds):
        others = told.take(of_vote != i)
        jury = fit_jury(others, judges=judges)
        share = 0.5 + 0.5 * np.tanh(items @ (jury.weight / spreads(others.x)) / 2)
        predicted = np.where(of_item == i, share, predicted + np.where(of_item == -1, share / folds, 0))
    return predicted
