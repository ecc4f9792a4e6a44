"""The one rule of what differs, against a second implementation and by what must hold of any votes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, t

from stats.ratings.ratings import rate
from stats.strengths.bradley_terry import fit_bradley_terry
from stats.uncertainty.calibrated import precision
from stats.uncertainty.differences import DRAWS, SEED, Told
from stats.uncertainty.sandwich import bread
from stats.uncertainty.simultaneous import draw_errors
from stats.votes.arrays import VoteArrays
from tests.stats.simulate import A, B, simulated, votes


def differences(sample):
    return rate(sample, seed=0, resamples=100).parts[0].differences


@pytest.mark.parametrize("seed", range(4))
def test_pair_by_pair_and_draw_by_draw(seed):
    sample = simulated(seed, n_votes=500, n_systems=4, strengths=[0.6, 0.3, 0.2, -1])
    strengths = fit_bradley_terry(sample.wins())
    sure = precision(sample, strengths)
    drawn = draw_errors(bread(sample.wins(), strengths), SEED, DRAWS)
    pairs = [(i, j) for i in range(4) for j in range(i)]
    spread = {(i, j): np.std([row[i] - row[j] for row in drawn], ddof=1) for i, j in pairs}
    largest = [max(abs(row[i] - row[j]) / spread[i, j] for i, j in pairs) for row in drawn]
    tail = norm.sf(np.quantile(largest, 0.95))
    found = differences(sample)
    for i, j in pairs:
        reach = t.isf(tail, sure.freedom[i, j]) * sure.error[i, j]
        gap = strengths[i] - strengths[j]
        assert (found.gap[i, j], found.reach[i, j]) == (pytest.approx(gap), pytest.approx(reach))
        assert found.told(i, j) == (Told.DIFFER if abs(gap) > reach else Told.OPEN)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 7), st.integers(5, 400))
def test_the_answer_is_one_whichever_way_it_is_asked(seed, n, n_votes):
    sample = simulated(seed, n_votes=n_votes, n_systems=n, n_documents=30, n_annotators=8)
    first, second = (rate(sample, seed=s, resamples=60) for s in (seed, seed + 1))
    for part, again in zip(first.parts, second.parts, strict=True):
        found, system = part.differences, part.systems[0]
        if found is None or first.open_ranks_reason[system]:
            continue
        # Neither the seed nor the order of the two matters, and nothing differs from itself.
        if not second.open_ranks_reason[system]:
            assert (found.differ == again.differences.differ).all()
        assert (found.differ == found.differ.T).all() and not found.differ.diagonal().any()
        # A better rank is closed exactly by those who are told to be better.
        better = found.differ & (found.gap < 0)
        assert first.best_rank[part.systems].tolist() == (1 + better.sum(axis=1)).tolist()


def test_no_pair_differs_on_which_too_little_was_said():
    rows = [(0, 1, B if i % 9 == 0 else A, i % 8, i % 4) for i in range(200)]
    assert differences(votes(rows, 2)).told(0, 1) == Told.DIFFER
    two_people = [(*row[:4], row[4] % 2) for row in rows]
    two_documents = [(*row[:3], row[3] % 2, row[4]) for row in rows]
    for few in (rows[:18], two_people, two_documents):
        found = differences(votes(few, 2))
        assert found.told(0, 1) == found.told(1, 0) == Told.TOO_FEW
        assert found.ranks()[0].tolist() == [1, 1]


def test_equals_are_told_apart_in_a_twentieth_of_studies_at_most():
    # All pairs at once: of 100 studies of six equals 5 are expected; more than 12 come once in 2,000.
    wrong = 0
    for seed in range(100):
        sample = simulated(seed, n_votes=600, n_systems=6, n_documents=40, n_annotators=15, strengths=np.zeros(6))
        wrong += differences(sample).differ.any()
    assert wrong <= 12


def test_the_votes_of_people_who_differ_tell_less_than_as_many_of_people_alike():
    rng = np.random.default_rng(1)
    document, annotator = (index.ravel() for index in np.indices((60, 6)))
    zeros = np.zeros(len(document), dtype=np.int64)

    def told(by_annotator):
        gap = 0.6 + by_annotator[annotator]
        outcome = np.where(rng.random(len(gap)) < 1 / (1 + np.exp(-gap)), A, B)
        return differences(VoteArrays(zeros, zeros + 1, outcome, document, annotator, 2)).told(0, 1)

    assert told(np.zeros(6)) == Told.DIFFER
    assert told(np.array([2.5, -2.0, 2.5, -2.0, 2.0, -1.5])) == Told.OPEN
