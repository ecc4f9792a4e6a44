"""Ranks left open by a covariance, or by draws alone: second implementations beside those of boards."""

import numpy as np
from scipy.stats import chi2, norm

from stats.uncertainty.differences import every_pair
from stats.uncertainty.simultaneous import family_quantile, ranks


def rank_interval(drawn, estimate, *, level=0.95):
    """Best and worst ranks by max-t over all pairs, with the spread of the draws as error."""
    gap = estimate - estimate[:, np.newaxis]
    error = np.array([(drawn - drawn[:, [j]]).std(axis=0, ddof=1) for j in range(len(estimate))])
    reach = family_quantile(drawn - estimate, every_pair(len(estimate)), level=level) * error
    return ranks(gap, (reach > 1e-9) & (np.abs(gap) > reach))


def rank_interval_from_covariance(estimate, covariance, *, level=0.95, chi_square=False):
    """Best and worst ranks by Bonferroni over all pairs, or by the chi-square set (Scheffe).

    The chi-square set holds for every contrast of the systems and is the wider one; it is what Chiang et al. use.

    Source:
        Chiang et al. (2024), Chatbot Arena, arXiv 2403.04132, section 5.
    """
    n = len(estimate)
    bonferroni = norm.ppf(1 - (1 - level) / (2 * max(1, n * (n - 1) // 2)))
    factor = np.sqrt(chi2.ppf(level, max(1, n - 1))) if chi_square else bonferroni
    own = np.diag(covariance)
    errors = np.sqrt(np.maximum(own[:, np.newaxis] + own - 2 * covariance, 0))
    gap = estimate - estimate[:, np.newaxis]
    return ranks(gap, (errors > 0) & (np.abs(gap) > factor * errors))
