"""How much wider than the bootstrap's an interval must be where documents or annotators are few."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, t

from leaderboards.stats.arrays import FloatArray, VoteArrays, renumbered
from leaderboards.stats.sandwich import CovarianceParts, covariance_parts, document_and_annotator
from leaderboards.stats.tallies import units

LEVEL = 0.95


def expansion(votes: VoteArrays, strengths: FloatArray, *, level: float = LEVEL) -> FloatArray:
    """Factors by which bounds of the two-way bootstrap must be farther from the estimate.

    Drawing k units again shows (k - 1) / k of the variance between them, and a variance estimated from k units asks
    for a quantile of t in place of the normal one. Both matter with five annotators and vanish with many units. How
    much depends on where the variance comes from: documents, annotators, or single votes, by the two-way sandwich.

    Args:
        votes: Votes that connect all their systems; documents and annotators numbered from 0 without gaps.
        strengths: Shape (n,), their fit_bradley_terry.
    Returns:
        Shape (n, n), from 1 up: [i, i] for strength i (mean zero), [i, j] for the difference of i and j.
    Source:
        Hesterberg (2015), What teachers should know about the bootstrap, American Statistician 69, 371-386, section
        4.2 (the expanded percentile interval: sqrt(k / (k - 1)) and t for z). Degrees of freedom where the variance
        has several sources: Satterthwaite (1946), An approximate distribution of estimates of variance components,
        Biometrics Bulletin 2, 110-114. k / (k - 1) and t in the two-way sandwich: Cameron, Gelbach and Miller (2011).
    """
    parts, counts = covariance_parts(votes, strengths), counts_of(votes)
    return Components.of(parts, counts).expansion(level)


@dataclass(frozen=True)
class Counts:
    """cells: pairs of a document and an annotator that have votes."""

    documents: int
    annotators: int
    cells: int


def counts_of(votes: VoteArrays) -> Counts:
    documents, annotators = (units(renumbered(index)) for index in (votes.document, votes.annotator))
    return Counts(documents, annotators, units(renumbered(document_and_annotator(votes))))


@dataclass(frozen=True)
class Components:
    """Unbiased variances of strengths and of their differences by source, each of shape (n, n) as in `expansion`.

    shown: the share of each source's variance that drawing its units again shows. freedoms: degrees of freedom.
    """

    variances: tuple[FloatArray, ...]
    shown: tuple[float, ...]
    freedoms: tuple[int, ...]

    @classmethod
    def of(cls, parts: CovarianceParts, counts: Counts) -> "Components":
        cell = _variances(parts.vote)
        found: list[tuple[FloatArray, float, int]] = [(cell, 1.0, max(1, counts.cells - 1))]
        for part, count in ((parts.document, counts.documents), (parts.annotator, counts.annotators)):
            if count > 1:
                between = np.maximum(_variances(part + parts.vote) * count / (count - 1) - cell, 0)
                found.append((between, 1 - 1 / count, count - 1))
        variances, shown, freedoms = zip(*found, strict=True)
        return cls(variances, shown, freedoms)

    def with_source(self, covariance: FloatArray, units: int) -> "Components":
        """One more source of variance, from so many units apart from all others."""
        own = _variances(covariance) * units / max(1, units - 1)
        return Components((*self.variances, own), (*self.shown, 1 - 1 / units), (*self.freedoms, max(1, units - 1)))

    @property
    def variance(self) -> FloatArray:
        return np.sum(self.variances, axis=0)

    @property
    def freedom(self) -> FloatArray:
        """Satterthwaite's degrees of freedom; infinite where there is no variance."""
        sources = np.sum([part**2 / df for part, df in zip(self.variances, self.freedoms, strict=True)], axis=0)
        return np.where(sources > 0, self.variance**2 / np.where(sources > 0, sources, 1), np.inf)

    def quantile(self, level: float = LEVEL) -> FloatArray:
        """Of t, for two-sided bounds."""
        quantile: FloatArray = t.ppf(0.5 + level / 2, self.freedom)
        return quantile

    def expansion(self, level: float = LEVEL) -> FloatArray:
        shown = np.sum([part * share for part, share in zip(self.variances, self.shown, strict=True)], axis=0)
        hidden = np.where(shown > 0, self.variance / np.where(shown > 0, shown, 1), 1)
        factor = self.quantile(level) / norm.ppf(0.5 + level / 2) * np.sqrt(hidden)
        # The order of the votes changes sums in the last digits, and must not change an interval.
        return np.round(factor, 9)


def _variances(covariance: FloatArray) -> FloatArray:
    own = np.diag(covariance)
    variances: FloatArray = own[:, np.newaxis] + own[np.newaxis, :] - 2 * covariance
    np.fill_diagonal(variances, own)
    return np.maximum(variances, 0)


def expanded(bound: FloatArray, estimate: FloatArray | float, factor: FloatArray | float) -> FloatArray:
    """The bound, so many times as far from the estimate."""
    farther: FloatArray = estimate + factor * (bound - estimate)
    return farther
