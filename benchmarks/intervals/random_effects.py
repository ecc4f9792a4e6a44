"""Try a crossed random-effects Bradley–Terry model, fitted by Laplace approximation, as an interval: a candidate.

Each annotator and each document has a taste for every system, so an effect on each pair: the very model that draws the
simulated votes, and it is told how wide the band of ties is. Strengths, tastes and their standard deviations are
integrated out: tastes and strengths by Laplace's approximation, standard deviations over a grid.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from benchmarks.intervals.candidates import calibrated
from benchmarks.intervals.designs import HELD_OUT, Design
from benchmarks.intervals.draw import NODES, Studies, draw_studies, fitted, truth
from benchmarks.intervals.moments import contrasts, moments_of
from stats.decisions.power import TIE_BAND, expected_share
from stats.strengths.bradley_terry import PENALTY
from stats.votes.arrays import FloatArray

NORMAL = 1.959964
# Standard deviations of tastes that are tried, and their weights for a flat prior.
GRID = np.array([0.05, 0.2, 0.4, 0.6, 0.9, 1.3, 1.8])
SPACING = np.gradient(GRID)
STEPS, SMALL_STEP = 30, 1e-4
STUDIES_AT_ONCE = 25
# Designs of the held-out grid that are small enough for a dense fit.
SMALL = [d for d in HELD_OUT if d.documents * d.systems * (d.annotators * d.systems) ** 2 < 1e6 and not d.question]


@dataclass(frozen=True)
class Fit:
    """Hold what s studies say at given standard deviations of tastes.

    Attributes:
        strengths: Conditional on no taste, in log-odds, shape (s, n).
        covariance: Of these, shape (s, n, n).
        evidence: Log marginal likelihood up to a constant, shape (s,).
    """

    strengths: FloatArray
    covariance: FloatArray
    evidence: FloatArray


class Model:
    """Votes of s studies, and where the search for the mode stands."""

    def __init__(self, studies: Studies) -> None:
        design = studies.design
        self.n, self.a, self.b = design.systems, studies.a, studies.b
        self.size = (len(studies.a), design.documents, design.annotators, self.n)
        self.document, self.annotator, self.share = studies.document, studies.annotator, studies.share
        self.row = np.arange(self.size[0])[:, np.newaxis]
        self.cell = (self.row * self.size[1] + self.document) * self.size[2] + self.annotator
        self.strengths = fitted(studies)
        self.of_document, self.of_annotator = (np.zeros((len(self.a), units, self.n)) for units in self.size[1:3])

    def _log_odds(self) -> FloatArray:
        at = self.strengths[self.row, self.a] - self.strengths[self.row, self.b]
        for taste, unit in ((self.of_document, self.document), (self.of_annotator, self.annotator)):
            at = at + taste[self.row, unit, self.a] - taste[self.row, unit, self.b]
        return np.asarray(at)

    def _sums(self, values: FloatArray) -> FloatArray:
        """Sum values of a, and their negatives of b, by document, annotator and system."""
        total = np.bincount((self.cell * self.n + self.a).ravel(), values.ravel(), int(np.prod(self.size)))
        total = total - np.bincount((self.cell * self.n + self.b).ravel(), values.ravel(), int(np.prod(self.size)))
        return np.asarray(total.reshape(self.size))

    def _squares(self, values: FloatArray) -> FloatArray:
        """Sum values of (e_a - e_b)(e_a - e_b)' by document and annotator."""
        n, count = self.n, int(np.prod(self.size)) * self.n
        total = np.zeros(count)
        for i, j, sign in ((self.a, self.a, 1), (self.b, self.b, 1), (self.a, self.b, -1), (self.b, self.a, -1)):
            total += sign * np.bincount(((self.cell * n + i) * n + j).ravel(), values.ravel(), count)
        return total.reshape(*self.size, n)

    def at(self, sd_annotator: float, sd_document: float) -> Fit:
        """Find the mode from where the search stands, and approximate around it."""
        for _ in range(STEPS):
            system = self._system(sd_annotator, sd_document)
            if self._step(*system) < SMALL_STEP:
                break
        schur, documents, *_ = self._system(sd_annotator, sd_document)
        worth = self._log_likelihood() - (self.of_annotator**2).sum(axis=(1, 2)) / (2 * sd_annotator**2)
        worth = worth - (self.of_document**2).sum(axis=(1, 2)) / (2 * sd_document**2)
        worth = worth - PENALTY / 2 * (self.strengths**2).sum(axis=1)
        _, papers, people, n = self.size
        worth = worth - n * (people * np.log(sd_annotator) + papers * np.log(sd_document))
        worth = worth - np.linalg.slogdet(documents)[1].sum(axis=1) / 2 - np.linalg.slogdet(schur)[1] / 2
        return Fit(self.strengths.copy(), np.linalg.inv(schur)[:, :n, :n], worth)

    def _log_likelihood(self) -> FloatArray:
        at = self._log_odds()
        won, lost = expit(at - TIE_BAND), expit(-at - TIE_BAND)
        chance = np.where(self.share == 1, won, np.where(self.share == 0, lost, 1 - won - lost))
        return np.asarray(np.log(chance).sum(axis=1))

    def _system(self, sd_annotator: float, sd_document: float) -> tuple[FloatArray, ...]:
        """Give the negative Hessian without documents, that of documents, both mixed, and both gradients."""
        at, n, (s, papers, people, _) = self._log_odds(), self.n, self.size
        won, lost = expit(at - TIE_BAND), expit(-at - TIE_BAND)
        # A vote's slope and curvature: those of two logistic thresholds.
        slope = np.where(self.share == 1, 1 - won, np.where(self.share == 0, lost - 1, lost - won))
        own, other = won * (1 - won), lost * (1 - lost)
        bend = np.where(self.share == 1, own, np.where(self.share == 0, other, own + other))
        gradient, square = self._sums(slope), self._squares(bend)
        of_people, of_papers = square.sum(axis=1), square.sum(axis=2)
        outer = np.zeros((s, (people + 1) * n, (people + 1) * n))
        outer[:, :n, :n] = of_people.sum(axis=1) + PENALTY * np.eye(n)
        for k in range(people):
            here = slice((k + 1) * n, (k + 2) * n)
            outer[:, :n, here] = outer[:, here, :n] = of_people[:, k]
            outer[:, here, here] = of_people[:, k] + np.eye(n) / sd_annotator**2
        documents = of_papers + np.eye(n) / sd_document**2
        mixed = np.concatenate([of_papers[:, :, np.newaxis], square], axis=2)
        mixed = mixed.transpose(0, 1, 3, 2, 4).reshape(s, papers, n, (people + 1) * n)
        solved = np.linalg.solve(documents, mixed)
        schur = outer - np.einsum("sdij,sdik->sjk", mixed, solved, optimize=True)
        down = gradient.sum(axis=2) - self.of_document / sd_document**2
        by_person = gradient.sum(axis=1)
        rest = by_person.sum(axis=1) - PENALTY * self.strengths
        up = np.concatenate([rest, (by_person - self.of_annotator / sd_annotator**2).reshape(s, -1)], axis=1)
        return schur, documents, mixed, up, down

    def _step(
        self, schur: FloatArray, documents: FloatArray, mixed: FloatArray, up: FloatArray, down: FloatArray
    ) -> float:
        """Take one Newton step, shortened where it is long; give its largest change."""
        first = np.linalg.solve(documents, down[..., np.newaxis])
        right = up - np.einsum("sdij,sdi->sj", mixed, first[..., 0], optimize=True)
        outer = np.linalg.solve(schur, right[..., np.newaxis])[..., 0]
        inner = first[..., 0] - np.linalg.solve(documents, (mixed @ outer[:, np.newaxis, :, np.newaxis]))[..., 0]
        change = np.maximum(np.abs(outer).max(axis=1), np.abs(inner).max(axis=(1, 2)))
        short = (np.log1p(change) / np.maximum(change, 1e-12))[:, np.newaxis]
        self.strengths = self.strengths + short * outer[:, : self.n]
        self.of_annotator = self.of_annotator + (short * outer[:, self.n :]).reshape(self.of_annotator.shape)
        self.of_document = self.of_document + short[..., np.newaxis] * inner
        return float(change.max())


def attenuation(variance: float) -> float:
    """Give how much smaller marginal log-odds are than conditional ones where gaps vary by this variance."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    step = 1e-4
    chance = expected_share(step + np.sqrt(variance) * nodes) @ weights / weights.sum()
    return float(4 * (chance - 0.5) / step)


def integrated(studies: Studies) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give estimates of all contrasts, half the width of their intervals, shape (s, contrasts), and mean sds (s, 2)."""
    model, linear = Model(studies), contrasts(studies.design.systems)[0]
    evidence, middle, variance, tried = [], [], [], []
    for i, of_annotator in enumerate(GRID):
        # There and back, so that the search for the mode goes on from a neighbour.
        for j in range(len(GRID))[:: -1 if i % 2 else 1]:
            of_document = GRID[j]
            fit = model.at(float(of_annotator), float(of_document))
            shrunk = attenuation(2 * (of_annotator**2 + of_document**2))
            prior = np.log(SPACING[i] * SPACING[j])
            evidence.append(fit.evidence + prior)
            middle.append(shrunk * fit.strengths @ linear.T)
            variance.append(shrunk**2 * np.einsum("sij,qi,qj->sq", fit.covariance, linear, linear))
            tried.append((of_annotator, of_document))
    weight = np.array(evidence)
    weight = np.exp(weight - weight.max(axis=0))
    weight = weight / weight.sum(axis=0)
    values, spread = np.array(middle), np.array(variance)
    mean = np.einsum("ks,ksq->sq", weight, values)
    total = np.einsum("ks,ksq->sq", weight, spread + (values - mean) ** 2)
    return mean, NORMAL * np.sqrt(total), weight.T @ np.array(tried)


def effects_row(design: Design, studies: int, seed: int) -> str:
    """Compare coverage and width with those of boards on the same studies."""
    rng = np.random.default_rng([seed, design.annotators, design.votes])
    drawn = [draw_studies(design, STUDIES_AT_ONCE, rng) for _ in range(studies // STUDIES_AT_ONCE)]
    moments = [moments_of(part) for part in drawn]
    begin = time.process_time()
    found = [integrated(part) for part in drawn]
    seconds = (time.process_time() - begin) / studies
    true = contrasts(design.systems)[0] @ truth(design, np.asarray(sum(part.games for part in moments)))
    estimate = np.concatenate([part.estimate for part in moments])
    boards = np.concatenate([calibrated(part, design.systems) for part in moments])
    middle, reach, sds = (np.concatenate(parts) for parts in zip(*found, strict=True))
    ideal = NORMAL * estimate.std(axis=0)
    cells = [
        f"{100 * (np.abs(at - true) <= width).mean():6.1f} {(width.mean(axis=0) / ideal).mean():5.2f}"
        for at, width in ((estimate, boards), (middle, reach))
    ]
    sd = "/".join(f"{value:.2f}" for value in sds.mean(axis=0))
    return f"{design.name:62s}{cells[0]}  {cells[1]}   {sd:>10s} {seconds:8.3f}"


def effects_table(designs: list[Design], studies: int, seed: int) -> Iterator[str]:
    """Give the table line by line."""
    yield f"{'covers in %, width / ideal; mean sds; seconds a study':62s}{'boards':>12s}  {'Laplace':>12s}"
    for design in designs:
        yield effects_row(design, studies, seed)
