"""How much wider than the bootstrap's an interval must be where documents or annotators are few."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, t

from stats.uncertainty.sandwich import CovarianceParts, about_circles, covariance_parts, document_and_annotator
from stats.votes.arrays import BoolArray, FloatArray, VoteArrays, renumbered
from stats.votes.tallies import units

LEVEL = 0.95


def expansion(
    votes: VoteArrays, strengths: FloatArray, *, circle: BoolArray | None = None, level: float = LEVEL
) -> FloatArray:
    """Factors by which bounds of the two-way bootstrap must be farther from the estimate.

    Drawing k units again shows (k - 1) / k of the variance between them, and a variance estimated from k units asks
    for a quantile of t in place of the normal one. Both matter with five annotators and vanish with many units. How
    much depends on where the variance comes from: documents, annotators, or single votes, by the two-way sandwich.

    Args:
        votes: Votes that connect all their systems; documents and annotators numbered from 0 without gaps.
        strengths: Shape (n,), their fit_bradley_terry.
        circle: Shape (n, n), which systems belong together; see graphs.same_circle. All if left out.
    Returns:
        Shape (n, n), from 1 up: [i, i] for strength i less its circle's mean, [i, j] for the difference of i and j.
    Source:
        Hesterberg (2015), What teachers should know about the bootstrap, American Statistician 69, 371-386, section
        4.2 (the expanded percentile interval: sqrt(k / (k - 1)) and t for z). Degrees of freedom where the variance
        has several sources: Satterthwaite (1946), An approximate distribution of estimates of variance components,
        Biometrics Bulletin 2, 110-114. k / (k - 1) and t in the two-way sandwich: Cameron, Gelbach and Miller (2011).
    """
    parts, counts = covariance_parts(votes, strengths), counts_of(votes)
    factor = Components.of(parts, counts).expansion(level)
    if circle is not None and not circle.all():
        held = CovarianceParts(*(about_circles(part, circle) for part in (parts.document, parts.annotator, parts.vote)))
        np.fill_diagonal(factor, np.diag(Components.of(held, counts).expansion(level)))
    return factor


@dataclass(frozen=True)
class UnitCounts:
    """cells: pairs of a document and an annotator that have votes."""

    documents: int
    annotators: int
    cells: int


def counts_of(votes: VoteArrays) -> UnitCounts:
    documents, annotators = (units(renumbered(index)) for index in (votes.document, votes.annotator))
    return UnitCounts(documents, annotators, units(renumbered(document_and_annotator(votes))))


@dataclass(frozen=True)
class Components:
    """Unbiased variances of strengths and of their differences by source, each of shape (n, n) as in `expansion`.

    shown: the share of each source's variance that drawing its units again shows. freedoms: degrees of freedom.
    squares: by source, the mean square as far as it has a part in the variance, else 0: those of documents and of
    annotators hold what cells add too, so their sum less that of the cells is the variance.
    """

    variances: tuple[FloatArray, ...]
    shown: tuple[float, ...]
    freedoms: tuple[int, ...]
    squares: tuple[FloatArray, ...]

    @classmethod
    def of(cls, parts: CovarianceParts, counts: UnitCounts) -> "Components":
        cell = _variances(parts.vote)
        found: list[tuple[FloatArray, float, int]] = [(cell, 1.0, max(1, counts.cells - 1))]
        squares = []
        for part, count in ((parts.document, counts.documents), (parts.annotator, counts.annotators)):
            if count > 1:
                whole = _variances(part + parts.vote) * count / (count - 1)
                between = np.maximum(whole - cell, 0)
                found.append((between, 1 - 1 / count, count - 1))
                squares.append(np.where(between > 0, whole, 0))
        # One square that holds the cells' leaves nothing of theirs to add or to take away.
        holders = np.sum([square > 0 for square in squares], axis=0)
        variances, shown, freedoms = zip(*found, strict=True)
        return cls(variances, shown, freedoms, (np.where(holders == 1, 0, cell), *squares))

    def with_source(self, covariance: FloatArray, units: int) -> "Components":
        """One more source of variance, from so many units apart from all others."""
        own, df = _variances(covariance) * units / max(1, units - 1), max(1, units - 1)
        shown = (*self.shown, 1 - 1 / units)
        return Components((*self.variances, own), shown, (*self.freedoms, df), (*self.squares, own))

    @property
    def variance(self) -> FloatArray:
        return np.sum(self.variances, axis=0)

    @property
    def freedom(self) -> FloatArray:
        """Of bounds by the sandwich: Satterthwaite's degrees of freedom of a sum and difference of mean squares.

        A mean square is as unsure as all it holds, single votes' noise included; taking the noise away does not make
        it surer. Never below the fewest of a source that has a part, which differences could fall under; infinite where
        there is no variance.

        Source:
            Gaylor and Hopper (1969), Estimating the degrees of freedom for linear combinations of mean squares by
            Satterthwaite's formula, Technometrics 11, 691-706. The fewest units less 1: Cameron, Gelbach and Miller
            (2011), section 2.3.
        """
        fewest = np.min(
            [np.where(square > 0, df, np.inf) for square, df in zip(self.squares, self.freedoms, strict=True)], axis=0
        )
        return np.maximum(self._satterthwaite(self.squares), fewest)

    def quantile(self, level: float = LEVEL) -> FloatArray:
        """Of t, for two-sided bounds by the sandwich."""
        quantile: FloatArray = t.ppf(0.5 + level / 2, self.freedom)
        return quantile

    def expansion(self, level: float = LEVEL) -> FloatArray:
        """The bootstrap counts single votes' noise up to three times, a reserve that the sandwich lacks: variances
        without it are taken for their degrees of freedom."""
        shown = np.sum([part * share for part, share in zip(self.variances, self.shown, strict=True)], axis=0)
        hidden = np.where(shown > 0, self.variance / np.where(shown > 0, shown, 1), 1)
        quantile = t.ppf(0.5 + level / 2, self._satterthwaite(self.variances))
        factor = quantile / norm.ppf(0.5 + level / 2) * np.sqrt(hidden)
        # The order of the votes changes sums in the last digits, and must not change an interval.
        return np.round(factor, 9)

    def _satterthwaite(self, parts: tuple[FloatArray, ...]) -> FloatArray:
        """Infinite where there is no variance."""
        sources = np.sum([part**2 / df for part, df in zip(parts, self.freedoms, strict=True)], axis=0)
        return np.where(sources > 0, self.variance**2 / np.where(sources > 0, sources, 1), np.inf)


def _variances(covariance: FloatArray) -> FloatArray:
    own = np.diag(covariance)
    variances: FloatArray = own[:, np.newaxis] + own[np.newaxis, :] - 2 * covariance
    np.fill_diagonal(variances, own)
    return np.maximum(variances, 0)


def expanded(bound: FloatArray, estimate: FloatArray | float, factor: FloatArray | float) -> FloatArray:
    """The bound, so many times as far from the estimate."""
    farther: FloatArray = estimate + factor * (bound - estimate)
    return farther
