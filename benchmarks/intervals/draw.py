"""Draw the votes of many studies of one design at once."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from benchmarks.intervals.designs import Design, Work
from stats.decisions.power import TIE_BAND, expected_share
from stats.decisions.sampling import question_probabilities
from stats.strengths.bradley_terry import fit_bradley_terry, fit_many
from stats.votes.arrays import FloatArray, IntArray

NODES = 60
ROUNDS = 10  # after each of which an adaptive study looks at its counts
EVEN_SHARE = 0.2  # of adaptive draws


@dataclass(frozen=True)
class Studies:
    """Votes of s studies, in arrays of shape (s, votes).

    Attributes:
        a, b: Systems.
        share: What a gets of each vote: 1, 1/2 for a tie, or 0.
        document, annotator: Who voted on what.
        cell: Number of each vote's document and annotator together.
        order: Places of the votes in order of time, as which they are drawn where earlier ones decide on later ones.
        taste_document: Tastes of the documents for each system, in log-odds, shape (s, documents, systems).
    """

    design: Design
    a: IntArray
    b: IntArray
    share: FloatArray
    document: IntArray
    annotator: IntArray
    cell: IntArray
    order: IntArray
    taste_document: FloatArray

    @property
    def wins(self) -> FloatArray:
        """Count wins, ties half each way; shape (s, n, n)."""
        return wins_of(self.a, self.b, self.share, self.design.systems)


def wins_of(a: IntArray, b: IntArray, share: FloatArray, n: int) -> FloatArray:
    """Count wins of each study, shape (s, n, n)."""
    studies = len(a)
    row = np.arange(studies)[:, np.newaxis] * n * n
    size = studies * n * n
    won = np.bincount((row + a * n + b).ravel(), share.ravel(), size)
    lost = np.bincount((row + b * n + a).ravel(), 1 - share.ravel(), size)
    return np.asarray((won + lost).reshape(studies, n, n))


def pairs_of(n: int) -> tuple[IntArray, IntArray]:
    first, second = np.triu_indices(n, 1)
    return first.astype(np.int64), second.astype(np.int64)


def strengths_of(design: Design) -> FloatArray:
    """Give the systems' strengths at no taste, with mean zero."""
    places = np.arange(design.systems, dtype=np.float64)
    strengths = -design.gap * places
    strengths[-1] += design.last_ahead
    return np.asarray(strengths - strengths.mean())


def work_shares(design: Design) -> FloatArray:
    """Give the share of the votes that each annotator is asked for."""
    k = design.annotators
    if design.work == Work.ONE:
        return np.r_[0.6, np.full(k - 1, 0.4 / (k - 1))]
    weights = 1 / np.arange(1, k + 1) if design.work == Work.HEAVY else np.ones(k)
    shares: FloatArray = weights / weights.sum()
    return shares


def draw_studies(design: Design, studies: int, rng: np.random.Generator) -> Studies:
    """Draw studies of a design."""
    document, annotator = draw_cells(design, studies, rng)
    by_annotator = rng.normal(0, design.taste_annotator, (studies, design.annotators, design.systems))
    by_annotator[:, :, 0] *= design.polarising
    by_document = rng.normal(0, design.taste_document, (studies, design.documents, design.systems))
    liking = _Liking(strengths_of(design), by_annotator, by_document)
    columns = [np.repeat(units, design.pairs, axis=1) for units in (document, annotator)]
    if design.adaptive:
        order = rng.random(columns[0].shape).argsort(axis=1)
        a, b, share = _draw_adaptively(design, liking, *columns, order, rng)
    else:
        order = np.broadcast_to(np.arange(design.votes), columns[0].shape)
        draw = _draw_for_question if design.question else _draw_evenly
        a, b, share = draw(design, liking, *columns, rng)
    cell = np.broadcast_to(np.repeat(np.arange(design.cells), design.pairs), a.shape)
    return Studies(design, a, b, share, columns[0], columns[1], cell, order, by_document)


def draw_cells(design: Design, studies: int, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
    """Draw who votes on which document, shape (s, cells) each, in random order of documents."""
    shares, m = work_shares(design), design.per_document
    # Gumbel's trick draws m different annotators with these weights.
    score = np.log(shares) + rng.gumbel(size=(studies, design.documents, design.annotators))
    annotator = np.argpartition(-score, m - 1, axis=2)[:, :, :m] if m < design.annotators else np.argsort(score, axis=2)
    document = np.broadcast_to(np.arange(design.documents)[:, np.newaxis], annotator.shape)
    return document.reshape(studies, -1).astype(np.int64), annotator.reshape(studies, -1).astype(np.int64)


@dataclass(frozen=True)
class _Liking:
    """Strengths of the systems, and tastes of annotators and documents for each."""

    strengths: FloatArray
    annotator: FloatArray
    document: FloatArray

    def answers(
        self, a: IntArray, b: IntArray, document: IntArray, annotator: IntArray, rng: np.random.Generator
    ) -> FloatArray:
        """Draw what a gets of each vote."""
        row = np.arange(len(a))[:, np.newaxis]
        at = self.strengths[a] - self.strengths[b]
        at = at + self.annotator[row, annotator, a] - self.annotator[row, annotator, b]
        at = at + self.document[row, document, a] - self.document[row, document, b]
        chance = rng.random(at.shape)
        return np.where(chance < expit(at - TIE_BAND), 1.0, np.where(chance > expit(at + TIE_BAND), 0.0, 0.5))


Drawn = tuple[IntArray, IntArray, FloatArray]


def _draw_evenly(
    design: Design, liking: _Liking, document: IntArray, annotator: IntArray, rng: np.random.Generator
) -> Drawn:
    """Draw different pairs for each cell, all alike."""
    a, b = draw_pairs(design, len(document), rng)
    return a, b, liking.answers(a, b, document, annotator, rng)


def draw_pairs(design: Design, studies: int, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
    """Draw different pairs for each cell, all alike, shape (s, votes) each."""
    first, second = pairs_of(design.systems)
    order = rng.random((studies, design.cells, len(first))).argsort(axis=2)[:, :, : design.pairs]
    pair = order.reshape(studies, -1)
    return first[pair], second[pair]


def _draw_for_question(
    design: Design, liking: _Liking, document: IntArray, annotator: IntArray, rng: np.random.Generator
) -> Drawn:
    """Draw the last two systems, or any pair evenly, one for each cell (stats.decisions.sampling)."""
    first, second = pairs_of(design.systems)
    probabilities = question_probabilities(np.arange(len(first)) == len(first) - 1, epsilon=design.question)
    pair = rng.choice(len(first), size=document.shape, p=probabilities)
    a, b = first[pair], second[pair]
    return a, b, liking.answers(a, b, document, annotator, rng)


def _draw_adaptively(
    design: Design,
    liking: _Liking,
    document: IntArray,
    annotator: IntArray,
    order: IntArray,
    rng: np.random.Generator,
) -> Drawn:
    """Draw pairs by how much one more vote would narrow their interval (Chiang et al. 2024, eq. 9), some evenly."""
    first, second = pairs_of(design.systems)
    n, (studies, votes) = design.systems, document.shape
    a, b, share = np.zeros((3, studies, votes))
    a, b = a.astype(np.int64), b.astype(np.int64)
    for places in np.array_split(np.arange(votes), ROUNDS):
        at = order[:, places]
        wins = wins_of(a, b, share, n) if places[0] else np.zeros((studies, n, n))
        for axis in (np.arange(n),):
            wins[:, axis, axis] = 0
        games = wins + wins.swapaxes(1, 2)
        rate = (wins + 0.5)[:, first, second] / (games + 1)[:, first, second]
        met = games[:, first, second] + 1
        gain = np.sqrt(rate * (1 - rate) / met) - np.sqrt(rate * (1 - rate) / (met + 1))
        chance = EVEN_SHARE / len(first) + (1 - EVEN_SHARE) * gain / gain.sum(axis=1, keepdims=True)
        pair = (rng.random((studies, len(places), 1)) > chance.cumsum(axis=1)[:, np.newaxis, :]).sum(axis=2)
        pair = np.minimum(pair, len(first) - 1)
        new_a, new_b = first[pair], second[pair]
        row = np.arange(studies)[:, np.newaxis]
        a[row, at], b[row, at] = new_a, new_b
        share[row, at] = liking.answers(new_a, new_b, document[row, at], annotator[row, at], rng)
    return a, b, share


def truth(design: Design, games: FloatArray) -> FloatArray:
    """Fit the chances that infinitely many annotators and documents would give to pairs drawn as often as these.

    Args:
        games: Shape (n, n), how often each pair was drawn.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    n, strengths = design.systems, strengths_of(design)
    scale = np.ones(n)
    scale[0] = design.polarising
    own = (design.taste_annotator * scale) ** 2 + design.taste_document**2
    wins = np.zeros((n, n))
    for i, j in zip(*pairs_of(n), strict=True):
        at = strengths[i] - strengths[j] + np.sqrt(own[i] + own[j]) * nodes
        chance = float((expected_share(at) @ weights) / weights.sum())
        wins[i, j], wins[j, i] = games[i, j] * chance, games[i, j] * (1 - chance)
    return fit_bradley_terry(1e6 * wins / wins.sum())


def fitted(studies: Studies) -> FloatArray:
    """Fit the strengths of every study, shape (s, n)."""
    return fit_many(studies.wins, start=strengths_of(studies.design))
