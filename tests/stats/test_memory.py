"""What many votes hold in memory while they are rated, and that holding less changes no number."""

import subprocess
import sys
import tracemalloc
from dataclasses import fields, replace

import numpy as np
import pyarrow.parquet as pq
import pytest

from leaderboards.exports.columns import VOTE_TYPES
from stats.raters.agreement import krippendorff_alpha
from stats.ratings.ratings import rate
from stats.strengths.bradley_terry import fit_bradley_terry
from stats.uncertainty import bootstrap, clusters
from stats.uncertainty.bootstrap import draw, multiplicities
from stats.uncertainty.sandwich import covariance_parts, sandwich_covariance
from stats.votes import arrays, tallies
from stats.votes.arrays import InvalidVotesError, VoteArrays, check_once
from tests.stats.simulate import simulated

MANY = 200_000


def narrow(sample):
    """As a release holds them."""
    kinds = (np.int16, np.int16, np.int8, np.int32, np.int32)
    columns = (sample.system_a, sample.system_b, sample.outcome, sample.document, sample.annotator)
    return VoteArrays(*(c.astype(kind) for c, kind in zip(columns, kinds, strict=True)), sample.n_systems)


def most_bytes(work):
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.fixture(scope="module")
def many():
    # What is imported on the way is not held by votes.
    rate(simulated(1, n_votes=300, n_systems=3), seed=1, resamples=2)
    return narrow(simulated(1, n_votes=MANY, n_systems=10, n_documents=200, n_annotators=500))


def test_ratings_hold_few_bytes_a_vote(many):
    # 40 a vote by cells and their keys, and some megabytes whatever the number of votes.
    assert most_bytes(lambda: rate(many, seed=1, resamples=100)) < 45 * MANY + 5_000_000


def test_weights_take_little_more(many):
    weighted = replace(many, weight=np.random.default_rng(2).uniform(0.2, 5, MANY))
    assert most_bytes(lambda: rate(weighted, seed=1, resamples=100)) < 55 * MANY + 5_000_000


def test_agreement_holds_few_bytes_a_vote(many):
    item = np.arange(MANY, dtype=np.int32) // 25
    judge = np.arange(MANY, dtype=np.int32) % 25
    document = item // 45

    def work():
        krippendorff_alpha(item, judge, many.outcome, document=document, seed=1, resamples=100)

    assert most_bytes(work) < 20 * MANY + 1_000_000


def test_numbers_held_in_fewer_bytes_give_the_same_ratings():
    sample = simulated(2, n_votes=5_000, n_systems=6, n_documents=300, n_annotators=40)
    wide, small = (rate(one, seed=3, resamples=200, apart=True) for one in (sample, narrow(sample)))
    for field in fields(wide):
        if field.name != "parts":
            np.testing.assert_array_equal(getattr(wide, field.name), getattr(small, field.name), err_msg=field.name)
    ours, theirs = (one.parts[0].differences for one in (wide, small))
    np.testing.assert_array_equal(ours.reach, theirs.reach)
    np.testing.assert_array_equal(ours.differ, theirs.differ)


def test_documents_times_annotators_may_be_more_than_32_bits_hold():
    n = 50_000  # 50,000 documents and as many annotators: 2.5 * 10**9 pairs of them
    sample = simulated(4, n_votes=n, n_systems=4)
    place = np.random.default_rng(5).permutation(n)
    sample = VoteArrays(sample.system_a, sample.system_b, sample.outcome, np.arange(n), place, 4)
    wide, small = (rate(one, seed=3, resamples=4) for one in (sample, narrow(sample)))
    assert small.lower.tolist() == wide.lower.tolist()
    assert np.isfinite(small.lower).all()


@pytest.mark.parametrize("weighted", [False, True])
def test_few_votes_at_once_give_the_numbers_of_all_at_once(monkeypatch, weighted):
    sample = simulated(6, n_votes=900, n_systems=5, n_documents=40, n_annotators=9)
    if weighted:
        weight = np.random.default_rng(7).uniform(0.2, 5, 900)
        columns = (sample.system_a, sample.system_b, sample.outcome, sample.document, sample.annotator)
        sample = VoteArrays(*columns, 5, weight)
    strengths = fit_bradley_terry(sample.wins())

    def found():
        votes = replace(sample)  # of which nothing is worked out yet
        cells = tallies.aggregate(votes)
        parts = covariance_parts(votes, strengths)
        return [
            *(votes.wins(), votes.decided_wins(), votes.ties(), sandwich_covariance(votes, strengths)),
            *(parts.document, parts.annotator, parts.vote),
            *(cells.first, cells.group, cells.document, cells.annotator, cells.weight, cells.totals),
        ]

    at_once = found()
    for module in (clusters, arrays):
        monkeypatch.setattr(module, "VOTES_AT_ONCE", 7)
    monkeypatch.setattr(arrays.stretches, "__defaults__", (7,))
    monkeypatch.setattr(clusters, "NUMBERS_AT_ONCE", 30)
    for one, other in zip(found(), at_once, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("units", [3, 300, 70_000])
def test_draws_are_the_same_however_many_are_made_at_once(monkeypatch, units):
    at_once = multiplicities(np.random.default_rng(8), units, 7)
    monkeypatch.setattr(bootstrap, "DRAWN_AT_ONCE", 2 * units)
    assert (multiplicities(np.random.default_rng(8), units, 7) == at_once).all()
    whole = np.random.default_rng(8).integers(units, size=(7, units))
    assert at_once[3].tolist() == np.bincount(whole[3], minlength=units).tolist()


def test_draws_in_few_bytes_are_the_same_draws():
    usual, small = (draw(np.random.default_rng(8), 300, 5, 7, small=one) for one in (False, True))
    assert small.documents.dtype == np.uint16
    assert small.documents.tolist() == usual.documents.tolist()
    assert small.annotators.tolist() == usual.annotators.tolist()


def test_two_votes_of_one_person_are_found_among_large_numbers():
    item, person = np.array([2**40, 2**61, 2**40]), np.array([3, 2**30, 3])
    with pytest.raises(InvalidVotesError, match="two votes"):
        check_once(item, person)
    check_once(item, np.array([3, 3, 4]))


def test_writing_parquet_loads_no_pandas(tmp_path):
    """pyarrow loads it for lists of Python values wherever it is installed: 50 MB of a worker's memory."""
    row = dict.fromkeys(VOTE_TYPES) | {"id": "é", "comparison_id": 1, "lead_time": 0.5}
    path = tmp_path / "votes.parquet"
    code = f"""
import sys
from pathlib import Path
from leaderboards.exports.columns import VOTE_TYPES, parquet_parts, schema_of
Path({str(path)!r}).write_bytes(b"".join(parquet_parts([{row!r}], schema_of(VOTE_TYPES))))
assert "pandas" not in sys.modules
"""
    done = subprocess.run([sys.executable, "manage.py", "shell", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert pq.read_table(path).to_pylist() == [row]
