"""Centrality of sentences in transcripts too long for sumy, which compares all pairs of sentences one by one in Python.

The scores are sumy's: the same weights, thresholds and stopping rules, held to it by a test. LexRank keeps one bit for
each pair of sentences, TextRank nothing; sumy keeps a number of eight bytes and takes minutes.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import scipy
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

BLOCK = 256  # sentences that are compared with all others at once
LEXRANK_THRESHOLD, LEXRANK_EPSILON = 0.1, 0.1
TEXTRANK_DAMPING, TEXTRANK_EPSILON, TEXTRANK_NO_ZERO = 0.85, 1e-4, 1e-7


def lexrank(sentences: Sequence[Sequence[str]]) -> FloatArray:
    """Return the score of each sentence, given as words, none of them empty.

    Source:
        Erkan & Radev (2004), with the constants of sumy's LexRankSummarizer.
    """
    vectors = _tf_idf(sentences)
    neighbours = [_neighbours(vectors, start) for start in range(0, len(sentences), BLOCK)]
    degrees = np.concatenate([np.unpackbits(block, axis=1).sum(axis=1, dtype=np.int64) for block in neighbours])
    scores = np.full(len(sentences), 1 / len(sentences))
    change = 1.0
    while change > LEXRANK_EPSILON:
        # Being similar is mutual, so that the transposed matrix is the rows with the degrees on the other side.
        shares = scores / np.maximum(degrees, 1)
        moved = np.concatenate([np.unpackbits(b, axis=1, count=len(sentences)) @ shares for b in neighbours])
        length = np.linalg.norm(moved)
        if not length:  # no sentence is similar to any, itself included
            return scores
        moved /= length
        change = float(np.linalg.norm(moved - scores))
        scores = moved
    return scores


def textrank(sentences: Sequence[Sequence[str]]) -> FloatArray:
    """Return the score of each sentence, given as words, none of them empty.

    Similarity is the number of shared words over the sum of the logarithms of the lengths. Sentences of one length are
    added up before they meet the others, so that no matrix of all pairs is needed.

    Source:
        Mihalcea & Tarau (2004), with the constants of sumy's TextRankSummarizer.
    """
    counts = _counts(sentences)
    lengths = np.array([len(sentence) for sentence in sentences])
    classes = np.unique(lengths)
    of_length = scipy.sparse.csr_matrix(
        (np.ones(len(lengths)), (np.searchsorted(classes, lengths), np.arange(len(lengths))))
    )
    logarithms = np.log(lengths)[:, None] + np.log(classes)[None, :]
    weight = 1 / np.where(logarithms > 0, logarithms, 1)  # two sentences of one word: sumy counts the word itself

    def similarity_times(vector: FloatArray) -> FloatArray:
        summed = (of_length.multiply(vector) @ counts).T  # words by lengths
        product = counts @ summed
        dense = product.toarray() if scipy.sparse.issparse(product) else np.asarray(product)
        return np.asarray((dense * weight).sum(axis=1))

    n = len(sentences)
    row_sums = similarity_times(np.ones(n)) + TEXTRANK_NO_ZERO
    scores = np.full(n, 1 / n)
    change = 1.0
    while change > TEXTRANK_EPSILON:
        jump = (1 - TEXTRANK_DAMPING) / n * scores.sum()
        moved = jump + TEXTRANK_DAMPING * similarity_times(scores / row_sums)
        change = float(np.linalg.norm(moved - scores))
        scores = moved
    return scores


def _counts(sentences: Sequence[Sequence[str]]) -> scipy.sparse.csr_matrix:
    """Return how often each word is in each sentence: sentences by words."""
    place: dict[str, int] = {}
    rows, columns, values = [], [], []
    for row, sentence in enumerate(sentences):
        for word, count in Counter(sentence).items():
            rows.append(row)
            columns.append(place.setdefault(word, len(place)))
            values.append(float(count))
    return scipy.sparse.csr_matrix((values, (rows, columns)), shape=(len(sentences), len(place)))


def _tf_idf(sentences: Sequence[Sequence[str]]) -> scipy.sparse.csr_matrix:
    """Return the sentences as vectors of length 1; one whose words are in nearly every sentence stays zero."""
    counts = _counts(sentences)
    found_in = np.bincount(counts.indices, minlength=counts.shape[1])
    idf = np.array([math.log(len(sentences) / (1 + n)) for n in found_in])
    most = np.maximum(counts.max(axis=1).toarray().ravel(), 1)
    vectors = scipy.sparse.diags(1 / most) @ counts @ scipy.sparse.diags(idf)
    norms = np.sqrt(np.asarray(vectors.multiply(vectors).sum(axis=1)).ravel())
    return (scipy.sparse.diags(1 / np.where(norms > 0, norms, 1)) @ vectors).tocsr()


def _neighbours(vectors: scipy.sparse.csr_matrix, start: int) -> NDArray[np.uint8]:
    """Return which sentences are similar to each of a block of them, a bit for each."""
    similar = vectors[start : start + BLOCK] @ vectors.T
    return np.packbits((similar > LEXRANK_THRESHOLD).toarray(), axis=1)
