"""Test whether some documents are like the others, by everything that metrics measure on them."""

from dataclasses import dataclass

import numpy as np

from stats.votes.arrays import BoolArray, FloatArray, InvalidVotesError

PERMUTATIONS = 1999
LEVEL = 0.05
# With fewer documents on either side a difference could hardly be seen.
LEAST_DOCUMENTS = 5
NUMBERS_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Likeness:
    """Hold how far chosen documents differ from the others in each of k features.

    Attributes:
        difference: Mean of the chosen less mean of the others, in standard deviations, shape (k,); 0 for a constant.
        p: Share of random choices in which any feature differs as much as this one, shape (k,), from above 0 to 1.
        chosen, others: Number of documents.
    """

    difference: FloatArray
    p: FloatArray
    chosen: int
    others: int

    @property
    def smallest(self) -> float:
        """Give p of all features together: the smallest, which is corrected for their number."""
        return float(self.p.min(initial=1.0))

    @property
    def differs(self) -> BoolArray:
        """Tell which features differ, all held at once at LEVEL."""
        return np.asarray(self.p <= LEVEL)


def likeness(features: FloatArray, chosen: BoolArray, *, seed: int, permutations: int = PERMUTATIONS) -> Likeness:
    """Test whether documents look like a random choice from all of them.

    The largest standardized difference of means over all features is compared with that of random choices of as many
    documents. One test for all features, so that many of them raise no false alarms, and no shape of their
    distributions is assumed.

    Args:
        features: Shape (documents, k), in any units; NaN where unknown, which counts as the mean.
        chosen: Shape (documents,), which documents were chosen; some, and not all.
        seed: Of the random choices.
        permutations: Number of random choices.
    Raises:
        InvalidVotesError: The shapes differ, or all or no documents are chosen.
    Source:
        Standardized differences: Austin (2009), Statistics in Medicine 28, 3083-3107. The largest over all features,
        single step: Westfall and Young (1993), Resampling-based multiple testing, chapter 2. p counts the choice
        itself: Phipson and Smyth (2010), Statistical Applications in Genetics and Molecular Biology 9, 39.
    """
    n, total = int(chosen.sum()), len(chosen)
    if features.ndim != 2 or len(features) != total or not 0 < n < total:
        raise InvalidVotesError("Features of every document are needed, and some of the documents, not all, chosen.")
    values = _standardized(features)
    observed = np.abs(_differences(chosen[np.newaxis, :].astype(np.float64), values, n))[0]
    rng = np.random.default_rng(seed)
    at_least = np.zeros(len(observed))
    size = max(1, NUMBERS_AT_ONCE // total)
    for begin in range(0, permutations, size):
        batch = min(size, permutations - begin)
        drawn = rng.permuted(np.tile(chosen.astype(np.float64), (batch, 1)), axis=1)
        largest = np.abs(_differences(drawn, values, n)).max(axis=1, initial=0)
        # Rounding must not make the choice itself look rarer than it is.
        at_least += (largest[:, np.newaxis] >= observed - 1e-9).sum(axis=0)
    signed = _differences(chosen[np.newaxis, :].astype(np.float64), values, n)[0]
    return Likeness(signed, (1 + at_least) / (1 + permutations), n, total - n)


def _standardized(features: FloatArray) -> FloatArray:
    """Scale each feature to mean 0 and standard deviation 1; 0 where unknown or constant."""
    is_known = np.isfinite(features)
    count = np.maximum(is_known.sum(axis=0), 1)
    centred = np.where(is_known, features, 0) - np.where(is_known, features, 0).sum(axis=0) / count
    centred = np.where(is_known, centred, 0)
    spread = np.sqrt((centred**2).sum(axis=0) / np.maximum(count - 1, 1))
    scale = np.abs(np.where(is_known, features, 0)).max(axis=0, initial=0)
    defined = spread > 1e-12 * scale
    return np.asarray(np.where(defined, centred / np.where(defined, spread, 1), 0))


def _differences(chosen: FloatArray, values: FloatArray, n: int) -> FloatArray:
    """Subtract means of others from those of chosen; shape (choices, k)."""
    sums = chosen @ values
    gaps: FloatArray = sums / n - (values.sum(axis=0) - sums) / (len(values) - n)
    return gaps
