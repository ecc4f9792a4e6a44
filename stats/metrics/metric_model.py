"""Predict from metrics who wins a comparison, with a model in which no vote takes part in its own prediction."""

import numpy as np

from stats.strengths.bradley_terry import MAX_STEPS, TOLERANCE, NotConvergedError
from stats.votes.arrays import FloatArray, IntArray

FOLDS = 5
RIDGE = 1.0


def fit_logistic(x: FloatArray, share: FloatArray, weight: FloatArray, *, ridge: float = RIDGE) -> FloatArray:
    """Fit the coefficients of log-odds(a wins) = x @ coefficients; no intercept, as which system is a means nothing.

    Args:
        x: Differences of metrics, a minus b, shape (n, k).
        share: What each vote gives to a, from 0 to 1, shape (n,).
        weight: How much each vote counts, shape (n,).
        ridge: Factor of the penalty ridge / 2 * sum of squares, which keeps the coefficients finite.
    Returns:
        Coefficients in log-odds per unit of x, shape (k,).
    Raises:
        NotConvergedError: The steps do not become small.
    Source:
        Papke and Wooldridge (1996), Econometric methods for fractional response variables, Journal of Applied
        Econometrics 11, 619-632 (the logistic likelihood for shares such as a tie's half).
    """
    at = np.zeros(x.shape[1])
    for _ in range(MAX_STEPS):
        chance = 0.5 + 0.5 * np.tanh(x @ at / 2)
        gradient = x.T @ (weight * (share - chance)) - ridge * at
        hessian = (x * (weight * chance * (1 - chance))[:, np.newaxis]).T @ x + ridge * np.eye(len(at))
        step = np.linalg.solve(hessian, gradient)
        change = float(np.abs(x @ step).max(initial=0))
        at = at + step * (np.log1p(change) / max(change, TOLERANCE))
        if change <= TOLERANCE:
            return at
    raise NotConvergedError(f"The model still moves after {MAX_STEPS} steps.")


def cross_predict(
    x: FloatArray,
    share: FloatArray,
    weight: FloatArray,
    unit: IntArray,
    others: FloatArray,
    *,
    seed: int,
    folds: int = FOLDS,
) -> tuple[FloatArray, FloatArray]:
    """Predict the share of a: of each vote by a model of the other folds' votes, of other pairs by the models' mean.

    Args:
        x: Differences of metrics, a minus b, shape (n, k); 0 where unknown.
        share, weight: As in fit_logistic.
        unit: Document of each vote, shape (n,); a fold holds whole documents.
        others: Differences of metrics of pairs without votes, shape (m, k).
        seed: Of the deal of documents into folds.
        folds: Number of folds, at most the number of documents.
    Returns:
        Predicted shares of the votes, shape (n,), and of the other pairs, shape (m,).
    Raises:
        ValueError: Votes on fewer than two units.
    Source:
        Zrnic and Candes (2024), Cross-prediction-powered inference, PNAS 121, arXiv 2309.16598.
    """
    fold, folds = _deal(unit, seed, folds)
    scale = np.sqrt((x**2).mean(axis=0))
    scale = np.where(scale > 0, scale, 1)
    of_votes, of_others = np.empty(len(x)), np.zeros(len(others))
    for i in range(folds):
        left_out = fold == i
        at = fit_logistic(x[~left_out] / scale, share[~left_out], weight[~left_out]) / scale
        of_votes[left_out] = 0.5 + 0.5 * np.tanh(x[left_out] @ at / 2)
        of_others += (0.5 + 0.5 * np.tanh(others @ at / 2)) / folds
    return of_votes, of_others


def _deal(unit: IntArray, seed: int, folds: int) -> tuple[IntArray, int]:
    """Deal units into folds; gives the fold of each vote, and the number of folds."""
    units, row = np.unique(unit, return_inverse=True)
    if len(units) < 2:
        raise ValueError("Votes on two documents at least are needed to predict one from the other.")
    folds = min(folds, len(units))
    return np.random.default_rng(seed).permutation(np.arange(len(units)) % folds)[row], folds
