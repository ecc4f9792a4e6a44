"""Sums over clusters are those of a loop over the clusters, whichever way they are added up."""

import numpy as np
import pytest

from stats.uncertainty import clusters
from stats.uncertainty.clusters import sum_of_clusters, sum_of_votes
from tests.stats.simulate import simulated

# Most numbers held in full, systems by votes from which a cluster is held in full, votes at once
WAYS = {
    "one table": (500_000, 16, 65_536),
    "each in full": (10, 1e9, 200),
    "by votes": (10, 1e-9, 200),
    "both": (10, 1.5, 65_536),
    "both in small parts": (10, 1.5, 7),
}


def looped(votes, residuals, cluster):
    """Add up the gradient of each cluster, and its outer product with itself."""
    total = np.zeros((votes.n_systems, votes.n_systems))
    for number in np.unique(cluster):
        gradient = np.zeros(votes.n_systems)
        for vote in np.flatnonzero(cluster == number):
            gradient[votes.system_a[vote]] += residuals[vote]
            gradient[votes.system_b[vote]] -= residuals[vote]
        total += np.outer(gradient, gradient)
    return total


@pytest.fixture
def votes():
    return simulated(9, n_votes=1500, n_systems=7, n_documents=60, n_annotators=11)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("sizes", ["alike", "one large", "alone", "one"])
def test_clusters_are_summed_as_by_a_loop(votes, way, sizes, monkeypatch):
    rng = np.random.default_rng(1)
    cluster = {
        "alike": votes.document * 11 + votes.annotator,
        "one large": np.where(rng.random(1500) < 0.4, 3, rng.integers(5, 900, size=1500)),
        "alone": rng.permutation(1500),
        "one": np.full(1500, 4),
    }[sizes]
    residuals = rng.normal(size=1500)
    in_full, cost, at_once = WAYS[way]
    monkeypatch.setattr(clusters, "NUMBERS_AT_ONCE", in_full)
    monkeypatch.setattr(clusters, "FULL_COST", cost)
    monkeypatch.setattr(clusters, "VOTES_AT_ONCE", at_once)
    monkeypatch.setattr(clusters.stretches, "__defaults__", (at_once,))
    assert sum_of_clusters(votes, residuals, cluster) == pytest.approx(looped(votes, residuals, cluster), abs=1e-9)


def test_votes_are_summed_as_clusters_of_one(votes):
    residuals = np.random.default_rng(2).normal(size=1500)
    assert sum_of_votes(votes, residuals) == pytest.approx(looped(votes, residuals, np.arange(1500)), abs=1e-9)
