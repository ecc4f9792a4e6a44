"""Ratings drawn from known probabilities."""

import numpy as np

from stats.votes.arrays import OutcomeCode

A, B, TIE, BOTH_BAD = OutcomeCode
# A clear study: nine in ten prefer the same system of each pair. Of half the pairs it is the first.
CLEAR = np.array([[0.90, 0.03, 0.04, 0.03], [0.03, 0.90, 0.04, 0.03]])


def codes(values):
    return np.array(values, dtype=np.int64)


def ratings(rng, *, n_items, n_annotators, rate=1.0, values=4, agree=0.6):
    """Item, annotator, outcome: each item has a value that an annotator gives with chance `agree`, else any."""
    item, annotator = (grid.ravel() for grid in np.meshgrid(np.arange(n_items), np.arange(n_annotators), indexing="ij"))
    kept = rng.random(len(item)) < rate
    item, annotator = item[kept], annotator[kept]
    usual = rng.integers(values, size=n_items)
    outcome = np.where(rng.random(len(item)) < agree, usual[item], rng.integers(values, size=len(item)))
    return item, annotator, outcome


def pair_votes(rng, chances, *, n_annotators, votes_each):
    """Pair, annotator, outcome in the order of time; chances of shape (n_pairs, 4)."""
    annotator = np.tile(np.arange(n_annotators), votes_each)
    pair = rng.integers(len(chances), size=len(annotator))
    outcome = (chances[pair].cumsum(axis=1) < rng.random((len(pair), 1))).sum(axis=1)
    return pair, annotator, np.minimum(outcome, 3)
