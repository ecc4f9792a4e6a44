"""Studies in which documents, readers and systems err as a model says, to hold intervals against."""

import numpy as np

from stats.marks.rates import Counts


def answers(rng, *, documents=12, readers=4, rate=0.8, spread=0.5, both=None, share=False):
    """Errors in one summary of each document by each reader; documents and readers differ by `spread` in log units.

    both: Effects of documents and readers to use again, for a second system.
    """
    of_document, of_reader = both or (rng.normal(0, spread, documents), rng.normal(0, spread, readers))
    document, reader = (part.ravel() for part in np.meshgrid(np.arange(documents), np.arange(readers), indexing="ij"))
    words = rng.integers(60, 180, documents)[document] / 100
    mean = rate * np.exp(of_document[document] + of_reader[reader] - spread**2)
    count = rng.poisson(mean * (1 if share else words)).astype(float)
    made = Counts(
        np.minimum(count, 1) if share else count, np.ones(len(words)) if share else words, document, reader, share=share
    )
    return made, (of_document, of_reader)


def true_share(rate, spread):
    """The share of summaries with an error, by drawing many."""
    rng = np.random.default_rng(0)
    means = rate * np.exp(rng.normal(0, spread, 200_000) + rng.normal(0, spread, 200_000) - spread**2)
    return float((1 - np.exp(-means)).mean())
