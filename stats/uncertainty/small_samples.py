"""Widen the bootstrap's intervals where documents or annotators are few."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtrit

from stats.uncertainty.sandwich import CovarianceParts, about_circles, covariance_parts, document_and_annotator
from stats.votes.arrays import BoolArray, FloatArray, VoteArrays, renumbered
from stats.votes.tallies import units

LEVEL = 0.95


def expansion(
    votes: VoteArrays, strengths: FloatArray, *, circle: BoolArray | None = None, level: float = LEVEL
) -> FloatArray:
    """Give the factors by which bounds of the two-way bootstrap must lie farther from the estimate.

    Resampling k units shows (k - 1) / k of the variance between them, and a variance estimated from k units needs the
    quantile of t instead of the normal one. Both matter with five annotators and vanish with many units. How much they
    matter depends on the share of documents, annotators and single votes in the variance, by the two-way sandwich.

    Args:
        votes: Votes that connect all their systems; documents and annotators numbered from 0 without gaps.
        strengths: Shape (n,), their fit_bradley_terry, in log-odds.
        circle: Shape (n, n), which systems belong together; see graphs.same_circle. All of them if None.
        level: Of the interval, between 0 and 1.
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
    """Hold how many units of each kind have votes.

    Attributes:
        documents, annotators: Documents and annotators with votes.
        cells: Pairs of a document and an annotator with votes.
    """

    documents: int
    annotators: int
    cells: int


def counts_of(votes: VoteArrays) -> UnitCounts:
    """Count documents, annotators and cells that have votes."""
    documents, annotators = (units(renumbered(index)) for index in (votes.document, votes.annotator))
    return UnitCounts(documents, annotators, units(renumbered(document_and_annotator(votes))))


@dataclass(frozen=True)
class Components:
    """Hold unbiased variances of strengths and of their differences, by source.

    Sources are (document, annotator) cells, documents if there are several, annotators if there are several, and those
    that with_source adds.

    Attributes:
        variances: Variance from each source, shape (n, n), indexed as in `expansion`, in squared log-odds.
        shown: Share of each source's variance that resampling its units shows.
        freedoms: Degrees of freedom of each source.
        squares: Mean square of each source, shape (n, n), 0 where it has no part in the variance. Those of documents
            and of annotators include what cells add, so the variance is their sum less the square of the cells.
    """

    variances: tuple[FloatArray, ...]
    shown: tuple[float, ...]
    freedoms: tuple[int, ...]
    squares: tuple[FloatArray, ...]

    @classmethod
    def of(cls, parts: CovarianceParts, counts: UnitCounts) -> "Components":
        """Correct the parts of a sandwich for the number of units."""
        cell = _variances(parts.vote)
        sources: list[tuple[FloatArray, float, int]] = [(cell, 1.0, max(1, counts.cells - 1))]
        squares = []
        for part, count in ((parts.document, counts.documents), (parts.annotator, counts.annotators)):
            if count > 1:
                whole = _variances(part + parts.vote) * count / (count - 1)
                between = np.maximum(whole - cell, 0)
                sources.append((between, 1 - 1 / count, count - 1))
                squares.append(np.where(between > 0, whole, 0))
        # If exactly one square includes that of the cells, nothing of theirs is left to add or to subtract.
        including = np.sum([square > 0 for square in squares], axis=0)
        variances, shown, freedoms = zip(*sources, strict=True)
        return cls(variances, shown, freedoms, (np.where(including == 1, 0, cell), *squares))

    def with_source(self, covariance: FloatArray, units: int) -> "Components":
        """Add a source of variance: independent units beside all others.

        Args:
            covariance: What the source adds, shape (n, n), without correction for the number of units.
            units: How many units it comes from.
        """
        own, df = _variances(covariance) * units / max(1, units - 1), max(1, units - 1)
        shown = (*self.shown, 1 - 1 / units)
        return Components((*self.variances, own), shown, (*self.freedoms, df), (*self.squares, own))

    @property
    def variance(self) -> FloatArray:
        """Sum the variances of all sources, shape (n, n)."""
        return np.sum(self.variances, axis=0)

    @property
    def freedom(self) -> FloatArray:
        """Give the degrees of freedom for bounds by the sandwich: Satterthwaite's, for sums and differences of squares.

        A mean square is as uncertain as everything in it, the noise of single votes included, and subtracting that
        noise makes it no more certain. Differences could fall below the fewest degrees of freedom of any source that
        has a part in the variance; the result never does. It is infinite where there is no variance.

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
        """Give the quantile of t for two-sided bounds by the sandwich, shape (n, n)."""
        quantile: FloatArray = stdtrit(self.freedom, 0.5 + level / 2)
        return quantile

    def expansion(self, level: float = LEVEL) -> FloatArray:
        """Give the factors for the bootstrap's bounds, shape (n, n).

        The bootstrap counts the noise of single votes up to three times, a reserve that the sandwich lacks. Degrees of
        freedom are therefore those of variances without that noise.
        """
        shown = np.sum([part * share for part, share in zip(self.variances, self.shown, strict=True)], axis=0)
        hidden = np.where(shown > 0, self.variance / np.where(shown > 0, shown, 1), 1)
        quantile = stdtrit(self._satterthwaite(self.variances), 0.5 + level / 2)
        factor = quantile / ndtri(0.5 + level / 2) * np.sqrt(hidden)
        # The order of the votes changes the last digits of sums; it must not change an interval.
        return np.round(factor, 9)

    def _satterthwaite(self, parts: tuple[FloatArray, ...]) -> FloatArray:
        """Give Satterthwaite's degrees of freedom of the variance; infinite where there is none."""
        sources = np.sum([part**2 / df for part, df in zip(parts, self.freedoms, strict=True)], axis=0)
        return np.where(sources > 0, self.variance**2 / np.where(sources > 0, sources, 1), np.inf)


def _variances(covariance: FloatArray) -> FloatArray:
    """Give variances on the diagonal and those of differences elsewhere, none below 0; shape (n, n)."""
    own = np.diag(covariance)
    variances: FloatArray = own[:, np.newaxis] + own[np.newaxis, :] - 2 * covariance
    np.fill_diagonal(variances, own)
    return np.maximum(variances, 0)


def expanded(bound: FloatArray, estimate: FloatArray | float, factor: FloatArray | float) -> FloatArray:
    """Move a bound to this many times its distance from the estimate."""
    farther: FloatArray = estimate + factor * (bound - estimate)
    return farther
