"""Fit Davidson's model: Bradley–Terry with a parameter that says how readily votes tie."""

import numpy as np

from stats.strengths.bradley_terry import MAX_STEPS, PENALTY, TOLERANCE, InvalidWinsError, NotConvergedError, check
from stats.votes.arrays import FloatArray


def fit_davidson(wins: FloatArray, ties: FloatArray) -> tuple[FloatArray, float]:
    """Fit the log-strengths and the log of the tie parameter of one set of votes; see fit_davidson_many."""
    strengths, tie = fit_davidson_many(wins[np.newaxis], ties[np.newaxis])
    return strengths[0], float(tie[0])


def fit_davidson_many(wins: FloatArray, ties: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Fit strengths s and log tie parameters t of many sets of votes at once, by penalized maximum likelihood.

    The probabilities of a win of i, a win of j and a tie are in proportion to exp(s_i), exp(s_j) and
    exp(t + (s_i + s_j) / 2); Davidson's pi_i is exp(s_i) and his nu is exp(t). The penalty PENALTY / 2 on the squares
    of all s and of t keeps them finite, also without any tie (t falls) or without any win (t grows).

    Args:
        wins: Shape (r, n, n), how often i beat j at [:, i, j], without ties.
        ties: Shape (r, n, n), symmetric, how often i and j tied.
    Returns:
        Strengths in log-odds, shape (r, n), each row with mean zero; and t, shape (r,).
    Raises:
        InvalidWinsError: As in fit_many, or the ties are not symmetric or not of the shape of the wins.
        NotConvergedError: The steps do not become small.
    Source:
        Davidson (1970), On extending the Bradley-Terry model to accommodate ties in paired comparison experiments,
        Journal of the American Statistical Association 65, 317-328.
    """
    check(wins)
    check(ties)
    if ties.shape != wins.shape or not np.allclose(ties, ties.swapaxes(1, 2)):
        raise InvalidWinsError("Ties must be symmetric and of the shape of the wins.")
    at = np.zeros((len(wins), wins.shape[1] + 1))
    moving = np.arange(len(wins))
    for _ in range(MAX_STEPS):
        if not moving.size:
            break
        step = _newton_step(at[moving], wins[moving], ties[moving])
        # The exponents that the likelihood compares change by at most this; see fit_many.
        spread = np.ptp(step[:, :-1], axis=1) + np.abs(step[:, -1])
        at[moving] += step * (np.log1p(spread) / np.maximum(spread, TOLERANCE))[:, np.newaxis]
        moving = moving[spread > TOLERANCE]
    if moving.size:
        raise NotConvergedError(f"{moving.size} of {len(wins)} fits still move after {MAX_STEPS} steps.")
    strengths = at[:, :-1]
    return strengths - strengths.mean(axis=1, keepdims=True), at[:, -1]


def _newton_step(at: FloatArray, wins: FloatArray, ties: FloatArray) -> FloatArray:
    """Compute the Newton step of strengths and tie parameter, the mean of the strengths held at zero.

    For a pair, the outcomes first won, second won and tied have the gradients e_i, e_j and (e_i + e_j) / 2 + e_t.
    """
    n = wins.shape[1]
    games = wins + wins.swapaxes(1, 2) + ties
    win, tie = _chances(at)
    share, tied = win + tie / 2, games * tie
    gradient = -PENALTY * at
    gradient[:, :n] += (wins + ties / 2 - games * share).sum(axis=2)
    gradient[:, n] += (ties - tied).sum(axis=(1, 2)) / 2
    hessian = np.zeros((len(at), n + 1, n + 1))
    diagonal = np.arange(n)
    # Covariances of the outcome's gradient under the model: i with itself, i with j, i with t, t with itself.
    with_itself = games * (win + tie / 4 - share**2)
    with_other = games * (tie / 4 - share * share.swapaxes(1, 2))
    hessian[:, :n, :n] = with_other
    hessian[:, diagonal, diagonal] = with_itself.sum(axis=2)
    hessian[:, :n, n] = hessian[:, n, :n] = (tied * (0.5 - share)).sum(axis=2)
    hessian[:, n, n] = (tied * (1 - tie)).sum(axis=(1, 2)) / 2
    whole_diagonal = np.arange(n + 1)
    hessian[:, whole_diagonal, whole_diagonal] += PENALTY
    step = np.asarray(np.linalg.solve(hessian, gradient[:, :, np.newaxis])[:, :, 0], dtype=np.float64)
    step[:, :n] -= step[:, :n].mean(axis=1, keepdims=True)
    return step


def _chances(at: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give the probabilities that i beats j and that they tie, each of shape (r, n, n)."""
    half = (at[:, :-1, np.newaxis] - at[:, np.newaxis, :-1]) / 2
    tie = np.broadcast_to(at[:, -1, np.newaxis, np.newaxis], half.shape)
    highest: FloatArray = np.maximum(np.abs(half), tie)
    forward, backward, tied = np.exp(half - highest), np.exp(-half - highest), np.exp(tie - highest)
    total = forward + backward + tied
    return forward / total, tied / total
