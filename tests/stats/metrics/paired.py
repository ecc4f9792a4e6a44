"""One pair of metrics, and all pairs of systems, by the comparison with one system that boards make."""

import numpy as np

from stats.metrics.significance import ROUNDS, compare_with, holm


def paired_randomization(differences, *, seed, rounds=ROUNDS):
    """Two-sided p-value that the mean of these differences is zero; NaN for fewer than two."""
    return float(compare_with(np.stack([differences, np.zeros(len(differences))]), 1, seed=seed, rounds=rounds).p[0])


def compare_all(values, *, seed, rounds=ROUNDS):
    """Every pair of systems: difference (row minus column), documents, p and p_holm, each of shape (n, n)."""
    n = len(values)
    columns = [compare_with(values, chosen, seed=seed, rounds=rounds) for chosen in range(n)]
    found = {name: np.array([getattr(c, name) for c in columns]).T for name in ("difference", "documents", "p")}
    above = np.triu_indices(n, 1)
    p_holm = np.full((n, n), np.nan)
    p_holm[above] = p_holm.T[above] = holm(found["p"][above])
    return found | {"p_holm": p_holm}
