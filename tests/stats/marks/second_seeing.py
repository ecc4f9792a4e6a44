"""A second way to say how well marked parts are found: every pair one by one, and documents drawn again."""

import numpy as np


def auc_by_pairs(suspicion, marked):
    """Count for each marked and each other part which looks worse."""
    pairs = [(a > b) + 0.5 * (a == b) for a in suspicion[marked] for b in suspicion[~marked]]
    return float(np.mean(pairs))


def precision_by_orders(suspicion, marked, rng, rounds=4000):
    """Pick as many of the worst as are marked, ties in random order, again and again."""
    wanted, shares = int(marked.sum()), []
    for _ in range(rounds):
        order = np.lexsort((rng.random(len(suspicion)), -suspicion))
        shares.append(marked[order[:wanted]].mean())
    return float(np.mean(shares))


def spread_by_drawing(figure, suspicion, marked, document, rng, rounds=600):
    """Return the standard deviation of a figure over draws of documents."""
    of_document = [np.flatnonzero(document == d) for d in np.unique(document)]
    values = []
    for _ in range(rounds):
        chosen = np.concatenate([of_document[i] for i in rng.integers(len(of_document), size=len(of_document))])
        if 0 < marked[chosen].sum() < len(chosen):
            values.append(figure(suspicion[chosen], marked[chosen]))
    return float(np.std(values))
