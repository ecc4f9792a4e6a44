"""A model that tells from metrics who wins a comparison, fitted so that no vote has a part in its own prediction."""

import numpy as np

from stats.strengths.bradley_terry import MAX_STEPS, TOLERANCE, NotConvergedError
from stats.votes.arrays import FloatArray, IntArray

FOLDS = 5
RIDGE = 1.0


def fit_logistic(x: FloatArray, share: FloatArray, weight: FloatArray, *, ridge: float = RIDGE) -> FloatArray:
    """Coefficients of log-odds(a wins) = x @ coefficients, without intercept: which system is a means nothing.

    Args:
        x: Shape (n, k), differences a minus b.
        share, weight: Shape (n,), what each vote gives to a, 0 to 1, and how much it counts.
        ridge: Of the penalty ridge / 2 * sum of squares, which keeps them finite.
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
    """Predicted shares of a: for each vote by a model of the other folds' votes, for other pairs by the models' mean.

    Args:
        x: Shape (n, k), differences of metrics, a minus b; 0 where unknown.
        unit: Shape (n,), the document: a fold has whole documents. others: Shape (m, k), pairs without votes.
    Returns:
        Shapes (n,) and (m,).
    Raises:
        ValueError: Votes on fewer than two units.
    Source:
        Zrnic and Candes (2024), Cross-prediction-powered inference, PNAS 121, arXiv 2309.16598.
    """
    units, place = np.unique(unit, return_inverse=True)
    if len(units) < 2:
        raise ValueError("Votes on two documents at least are needed to predict one from the other.")
    folds = min(folds, len(units))
    fold = np.random.default_rng(seed).permutation(np.arange(len(units)) % folds)[place]
    scale = np.sqrt((x**2).mean(axis=0))
    scale = np.where(scale > 0, scale, 1)
    own, beyond = np.empty(len(x)), np.zeros(len(others))
    for i in range(folds):
        left_out = fold == i
        at = fit_logistic(x[~left_out] / scale, share[~left_out], weight[~left_out]) / scale
        own[left_out] = 0.5 + 0.5 * np.tanh(x[left_out] @ at / 2)
        beyond += (0.5 + 0.5 * np.tanh(others @ at / 2)) / folds
    return own, beyond
