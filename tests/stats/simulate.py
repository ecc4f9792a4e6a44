"""Votes drawn from known strengths, and votes written down by hand."""

import numpy as np

from stats.votes.arrays import OutcomeCode, VoteArrays

A, B, TIE, BOTH_BAD = OutcomeCode.A, OutcomeCode.B, OutcomeCode.TIE, OutcomeCode.BOTH_BAD


def votes(rows, n_systems):
    """rows: (a, b, outcome) or (a, b, outcome, document, annotator)."""
    table = np.array([(*row, i, 0)[:5] if len(row) == 3 else row for i, row in enumerate(rows)], dtype=np.int64)
    columns = table.reshape(len(rows), 5).T
    return VoteArrays(*columns, n_systems)


def simulated(seed, *, n_votes, n_systems, n_documents=50, n_annotators=20, ties=0.2, strengths=None):
    rng = np.random.default_rng(seed)
    strengths = rng.normal(0, 1, n_systems) if strengths is None else np.asarray(strengths)
    a = rng.integers(n_systems, size=n_votes)
    b = (a + rng.integers(1, n_systems, size=n_votes)) % n_systems
    a_wins = rng.random(n_votes) < 1 / (1 + np.exp(strengths[b] - strengths[a]))
    outcome = np.where(rng.random(n_votes) < ties, rng.choice([TIE, BOTH_BAD], n_votes), np.where(a_wins, A, B))
    documents, annotators = rng.integers(n_documents, size=n_votes), rng.integers(n_annotators, size=n_votes)
    return VoteArrays(a, b, outcome, documents, annotators, n_systems)
