"""Say what correlations of true values votes and metrics leave open, when both are seen with errors.

Resamples of noisy values are noisier than these by as much again, so their correlations lie nearer to 0 than those of
the values, which lie nearer to 0 than those of the truth: percentiles of resamples miss it. Here the errors are taken
away instead, by a model of how true values are spread.
"""

from dataclasses import dataclass

import numpy as np

from stats.metrics.correlation import COEFFICIENTS, correlations
from stats.votes.arrays import FloatArray

LEVEL = 0.95
CHAINS, BURN, KEPT = 200, 40, 20
# Numbers of pairs of systems to look at over all draws: with many systems there are fewer draws, but no fewer chains.
MOST_PAIRS = 400_000_000
PAIRS_AT_ONCE = 4_000_000
# The prior of the true values' covariance: its degrees of freedom make every correlation alike, its scale is a small
# part of the variance seen.
PRIOR_FREEDOM = 3.0
PRIOR_SCALE = 0.1
# No error variance is below this share of the mean, and no two errors correlate more than this.
LEAST_SHARE = 0.1
MOST_CORRELATED = 0.95
NO_ERROR = 1e-6  # of the variance of the values
ORDERS = 200  # drawn errors, to see how far from a common order they take values that have one


@dataclass(frozen=True)
class NoisyValues:
    """Hold ratings and metric means of n systems with the sizes of their errors, shape (n,) each.

    Attributes:
        ratings: In log-odds.
        means: In the metric's unit.
        rating_variance, mean_variance: Of the errors; those of two systems add up to that of their difference.
        covariance: Of both errors of a system, which drawing other documents moves together.
        freedom: Degrees of freedom of the ratings' error variance as a whole.
    """

    ratings: FloatArray
    means: FloatArray
    rating_variance: FloatArray
    mean_variance: FloatArray
    covariance: FloatArray
    freedom: float

    def __post_init__(self) -> None:
        for name, seen in (("rating_variance", self.ratings), ("mean_variance", self.means)):
            errors = getattr(self, name)
            # A positive floor: with no error at all, a value would be a point that no draw could leave.
            least = max(LEAST_SHARE * float(errors.mean()), NO_ERROR * (float(seen.var()) or 1))
            object.__setattr__(self, name, np.maximum(errors, least))


def quasi_variances(differences: FloatArray) -> FloatArray:
    """Give each system a variance so that those of two systems add up to that of their difference, by least squares.

    Args:
        differences: Variances of differences, shape (n, n), n at least 3; the diagonal is not read. Covariances of
            differences of two kinds work alike.
    Returns:
        Shape (n,); exact for three systems.
    Source:
        Firth and de Menezes (2004), Quasi-variances, Biometrika 91, 65-80.
    """
    n = len(differences)
    by_system = differences.sum(axis=1) - np.diag(differences)
    return np.asarray((by_system - by_system.sum() / (2 * (n - 1))) / (n - 2))


def intervals(values: NoisyValues, seed: int) -> tuple[FloatArray, FloatArray]:
    """Give 95 % intervals for the correlations that the true ratings and the true means of these systems have.

    True values are drawn from what the seen ones leave open: normal errors with the variances given, of which that of
    the ratings is itself unsure (t), and true values that are normal over systems with any covariance. The bounds are
    quantiles of the coefficients of such draws. As a perfect coefficient is the end of its range, which no quantile
    reaches, the interval ends at 1 (or -1) where the values are no farther from one common order than errors take
    values that have one. It also holds the coefficient of the values as seen.

    Args:
        values: Ratings and means with their errors.
        seed: Of the draws.
    Returns:
        Lower and upper bounds, shape (3,) each, in the order of COEFFICIENTS.
    Source:
        Attenuation by errors: Spearman (1904), American Journal of Psychology 15, 72-101. The model: Lindley and Smith
        (1972), Bayes estimates for the linear model, Journal of the Royal Statistical Society B 34, 1-41; sampled as
        in Gelfand and Smith (1990), Journal of the American Statistical Association 85, 398-409. A common order:
        Robertson, Wright and Dykstra (1988), Order Restricted Statistical Inference, chapter 2. How well it covers:
        benchmarks/intervals/correlations.py.
    """
    generator = np.random.default_rng(seed)
    n = len(values.ratings)
    kept = int(np.clip(MOST_PAIRS // (CHAINS * n * n), 1, KEPT))
    draws = _coefficients(*draw_true_values(values, generator, kept=kept))
    lower, upper = np.nanquantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=1)
    seen = correlations(values.means[np.newaxis], values.ratings[np.newaxis])[:, 0]
    lower, upper = np.minimum(lower, seen), np.maximum(upper, seen)
    if may_share_order(values, generator):
        upper = np.ones(len(COEFFICIENTS))
    if may_share_order(values, generator, opposite=True):
        lower = -np.ones(len(COEFFICIENTS))
    return lower, upper


def _coefficients(ratings: FloatArray, means: FloatArray) -> FloatArray:
    """Correlate row by row, shape (3, r)."""
    size = max(1, PAIRS_AT_ONCE // ratings.shape[1] ** 2)
    parts = [slice(begin, begin + size) for begin in range(0, len(ratings), size)]
    return np.concatenate([correlations(means[part], ratings[part]) for part in parts], axis=1)


def draw_true_values(
    values: NoisyValues, generator: np.random.Generator, *, chains: int = CHAINS, burn: int = BURN, kept: int = KEPT
) -> tuple[FloatArray, FloatArray]:
    """Draw true ratings and means, each with an arbitrary origin, by Gibbs sampling in many chains at once.

    Returns:
        Ratings and means, shape (chains * kept, n) each.
    """
    seen = np.column_stack([values.ratings - values.ratings.mean(), values.means - values.means.mean()])
    scale = np.where(seen.std(axis=0) > 0, seen.std(axis=0), 1)
    seen = seen / scale
    precision = _inverse(_errors(values, scale, generator, chains))
    weighted = (precision @ seen[..., np.newaxis])[..., 0]
    spread = np.broadcast_to(0.7 * np.cov(seen.T, ddof=0) + 0.1 * np.eye(2), (chains, 2, 2))
    centre, drawn = np.zeros((chains, 2)), []
    for step in range(burn + kept):
        true = _draw_values(precision, weighted, spread, centre, generator)
        if step >= burn:
            drawn.append(true * scale)
        centre = true.mean(axis=1) + _correlated(spread / len(seen), generator, (chains,))
        spread = _draw_spread(true - centre[:, np.newaxis], generator)
    together = np.concatenate(drawn)
    return together[..., 0], together[..., 1]


def _errors(values: NoisyValues, scale: FloatArray, generator: np.random.Generator, chains: int) -> FloatArray:
    """Give the covariance of both errors of each system, shape (chains, n, 2, 2).

    The size of the ratings' errors differs by chain, as its degrees of freedom leave it open.
    """
    size = values.freedom / generator.chisquare(values.freedom, chains)[:, np.newaxis]
    errors = np.empty((chains, len(values.ratings), 2, 2))
    errors[..., 0, 0] = size * values.rating_variance / scale[0] ** 2
    errors[..., 1, 1] = values.mean_variance / scale[1] ** 2
    most = MOST_CORRELATED * np.sqrt(errors[..., 0, 0] * errors[..., 1, 1])
    together = np.sqrt(size) * values.covariance / (scale[0] * scale[1])
    errors[..., 0, 1] = errors[..., 1, 0] = np.clip(together, -most, most)
    return errors


def _draw_values(
    precision: FloatArray, weighted: FloatArray, spread: FloatArray, centre: FloatArray, generator: np.random.Generator
) -> FloatArray:
    """Draw the true values of each system given how such values are spread; shape (chains, n, 2)."""
    between = _inverse(spread)
    covariance = _inverse(precision + between[:, np.newaxis])
    pull = weighted + (between @ centre[..., np.newaxis])[:, np.newaxis, :, 0]
    mean = (covariance @ pull[..., np.newaxis])[..., 0]
    return np.asarray(mean + _correlated(covariance, generator, mean.shape[:-1]))


def _draw_spread(off: FloatArray, generator: np.random.Generator) -> FloatArray:
    """Draw the covariance of true values from its inverse Wishart distribution; shape (chains, 2, 2).

    Source:
        Bartlett (1933), Proceedings of the Royal Society of Edinburgh 53, 260-283 (the triangular factor).
    """
    chains, freedom = len(off), PRIOR_FREEDOM + off.shape[1]
    squares = off.swapaxes(1, 2) @ off + PRIOR_SCALE * np.eye(2)
    triangle = np.zeros((chains, 2, 2))
    triangle[:, 0, 0] = np.sqrt(generator.chisquare(freedom, chains))
    triangle[:, 1, 1] = np.sqrt(generator.chisquare(freedom - 1, chains))
    triangle[:, 1, 0] = generator.standard_normal(chains)
    factor = _root(_inverse(squares)) @ triangle
    return np.asarray(_inverse(factor @ factor.swapaxes(1, 2)))


def _correlated(covariance: FloatArray, generator: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
    """Draw two normal numbers for each covariance, shape (..., 2)."""
    numbers = generator.standard_normal((*shape, 2, 1))
    return np.asarray((_root(covariance) @ numbers)[..., 0])


def _inverse(matrices: FloatArray) -> FloatArray:
    """Invert symmetric matrices of shape (..., 2, 2); NumPy's function takes ten times as long for such small ones."""
    a, b, c = matrices[..., 0, 0], matrices[..., 0, 1], matrices[..., 1, 1]
    inverse = np.stack([np.stack([c, -b], axis=-1), np.stack([-b, a], axis=-1)], axis=-2)
    return np.asarray(inverse / (a * c - b * b)[..., np.newaxis, np.newaxis])


def _root(matrices: FloatArray) -> FloatArray:
    """Give the lower triangular factors of positive definite matrices of shape (..., 2, 2)."""
    factor = np.zeros(matrices.shape)
    factor[..., 0, 0] = np.sqrt(matrices[..., 0, 0])
    factor[..., 1, 0] = matrices[..., 1, 0] / factor[..., 0, 0]
    factor[..., 1, 1] = np.sqrt(np.maximum(matrices[..., 1, 1] - factor[..., 1, 0] ** 2, 0))
    return factor


def may_share_order(values: NoisyValues, generator: np.random.Generator, *, opposite: bool = False) -> bool:
    """Tell whether errors alone may be why the ratings and the means (or their opposites) differ in order.

    The distance of both from their nearest common order, in squared errors, is held against that of values which have
    this order and get errors anew: it may not be among the largest 2.5 %.
    """
    means = -values.means if opposite else values.means
    distance, ratings_in_order, means_in_order = _off_common_order(values, values.ratings, means)
    if distance < 1e-12:
        return True
    size = np.sqrt(values.freedom / generator.chisquare(values.freedom, ORDERS))
    larger = 0
    for factor in size.tolist():
        noise = generator.standard_normal((2, len(means)))
        ratings = ratings_in_order + factor * np.sqrt(values.rating_variance) * noise[0]
        drawn = means_in_order + np.sqrt(values.mean_variance) * noise[1]
        larger += _off_common_order(values, ratings, drawn)[0] >= distance
    return (1 + larger) / (1 + ORDERS) > (1 - LEVEL) / 2


def _off_common_order(
    values: NoisyValues, ratings: FloatArray, means: FloatArray
) -> tuple[float, FloatArray, FloatArray]:
    """Give the squared distance to a near common order, in squared errors, and the values in that order.

    Three orders are tried: that of the ratings, that of the means, and that of both, each weighing by how sure it is.
    """
    # Loaded here, because it takes time that every start of the site and of a worker would wait for.
    from scipy.optimize import isotonic_regression

    both = sum(
        (value - value.mean()) * value.std() / variance.mean()
        for value, variance in ((ratings, values.rating_variance), (means, values.mean_variance))
    )
    nearest: tuple[float, FloatArray, FloatArray] = (np.inf, ratings, means)
    for key in (ratings, means, both):
        order = np.argsort(key, kind="stable")
        fitted, distance = [], 0.0
        for value, variance in ((ratings, values.rating_variance), (means, values.mean_variance)):
            in_order = np.empty(len(value))
            in_order[order] = isotonic_regression(value[order], weights=1 / variance[order]).x
            distance += float(((value - in_order) ** 2 / variance).sum())
            fitted.append(in_order)
        if distance < nearest[0]:
            nearest = (distance, fitted[0], fitted[1])
    return nearest
