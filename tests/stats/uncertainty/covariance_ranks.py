"""Ranks left open by a covariance, without resamples: a second implementation beside those of resamples."""

import numpy as np
from scipy.stats import chi2, norm

from stats.uncertainty.simultaneous import ranks


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
    return ranks(estimate - estimate[:, np.newaxis], factor * errors)
