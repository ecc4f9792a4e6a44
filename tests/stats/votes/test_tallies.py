import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stats.strengths.bradley_terry import fit_bradley_terry, fit_many
from stats.strengths.refit import refit
from stats.uncertainty.bootstrap import bootstrap_strengths, draw
from stats.votes import tallies as module
from stats.votes.arrays import InvalidVotesError, VoteArrays, renumbered
from stats.votes.tallies import Draws, aggregate, resampled_tallies
from tests.stats.simulate import TIE, A, B, simulated, votes


def weighted(sample, weight):
    columns = (sample.system_a, sample.system_b, sample.outcome, sample.document, sample.annotator)
    return VoteArrays(*columns, sample.n_systems, weight)


def naive(sample, documents, annotators):
    """Vote by vote, with plain loops."""
    n = sample.n_systems
    wins, ties = np.zeros((n, n)), np.zeros((n, n))
    for i in range(len(sample)):
        a, b = sample.system_a[i], sample.system_b[i]
        weight = documents[sample.document[i]] * annotators[sample.annotator[i]] * sample.weights[i]
        if sample.outcome[i] == A:
            wins[a, b] += weight
        elif sample.outcome[i] == B:
            wins[b, a] += weight
        else:
            ties[a, b] += weight
            ties[b, a] += weight
    return wins, ties


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.booleans(), st.sampled_from([3, 512]))
def test_tallies_are_what_plain_loops_count(seed, with_weights, cells_at_once):
    rng = np.random.default_rng(seed)
    sample = simulated(seed, n_votes=60, n_systems=4, n_documents=5, n_annotators=4)
    if with_weights:
        sample = weighted(sample, rng.uniform(0.2, 5, 60))
    draws = draw(rng, 5, 4, 6)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CELLS_AT_ONCE", cells_at_once)
        counted = resampled_tallies(aggregate(sample), draws)
    assert counted.ties.dtype == (np.float64 if with_weights else np.float32)
    for i in range(6):
        wins, ties = naive(sample, draws.documents[i], draws.annotators[i])
        assert counted.wins_matrices(tie_share=0)[i] == pytest.approx(wins)
        assert counted.tie_matrices()[i] == pytest.approx(ties)
        assert counted.wins_matrices()[i] == pytest.approx(wins + ties / 2)


def test_counts_too_large_for_single_precision_are_in_double():
    # 3 votes in one cell, drawn 4,000 times 4,000 times: 48,000,001 is not a single-precision number, nor 2**24 + 1.
    sample = votes([(0, 1, A, 0, 0)] * 3 + [(0, 1, A, 1, 1)], 2)
    counted = resampled_tallies(aggregate(sample), Draws(np.array([[4000.0, 1.0]]), np.array([[4000.0, 1.0]])))
    assert counted.first_wins.tolist() == [[48_000_001.0]]


@pytest.mark.parametrize(("systems", "documents", "annotators"), [(8, 60, 30), (4, 6, 3), (3, 3, 2)])
def test_refits_are_what_newtons_method_finds(systems, documents, annotators):
    sample = simulated(5, n_votes=3000, n_systems=systems, n_documents=documents, n_annotators=annotators)
    draws = draw(np.random.default_rng(6), documents, annotators, 80)
    counted = resampled_tallies(aggregate(sample), draws)
    once = Draws(np.ones((1, documents)), np.ones((1, annotators)))
    games = resampled_tallies(aggregate(sample), once).games()[:, 0]
    full = fit_bradley_terry(sample.wins())
    found = refit(counted, full, games)
    assert found == pytest.approx(fit_many(counted.wins_matrices()), abs=2e-6)


def test_resamples_far_from_the_full_set_are_fitted_as_well():
    # In the full set 0 and 1 are even; each of the two annotators is all for one of them.
    rows = [(0, 1, A, i, 0) for i in range(20)] + [(0, 1, B, i, 1) for i in range(20)]
    sample = votes([*rows, (0, 1, TIE, 0, 0), (0, 1, TIE, 0, 1)], 2)
    draws = Draws(np.ones((2, 20)), np.array([[2.0, 0.0], [0.0, 2.0]]))
    drawn = bootstrap_strengths(sample, fit_bradley_terry(sample.wins()), draws)
    alone = [sample.take(sample.annotator == i).wins() * 2 for i in (0, 1)]
    assert drawn == pytest.approx(np.stack([fit_bradley_terry(wins) for wins in alone]), abs=2e-6)


def test_threads_change_nothing():
    sample = simulated(7, n_votes=500, n_systems=5)
    full, draws = fit_bradley_terry(sample.wins()), draw(np.random.default_rng(8), 50, 20, 300)
    one, two = (bootstrap_strengths(sample, full, draws, threads=n) for n in (1, 2))
    assert one.tolist() == two.tolist()


def test_weights_count_in_wins_as_votes_written_out_do():
    sample = simulated(9, n_votes=50, n_systems=3)
    repeats = np.random.default_rng(0).integers(1, 5, 50)
    written_out = sample.take(np.repeat(np.arange(50), repeats))
    by_weight = weighted(sample, repeats.astype(float))
    assert by_weight.wins() == pytest.approx(written_out.wins())
    assert by_weight.decided_wins() == pytest.approx(written_out.decided_wins())
    assert by_weight.ties() == pytest.approx(written_out.ties())
    assert by_weight.count_by_system().tolist() == sample.count_by_system().tolist()


def test_decided_wins_and_half_of_ties_are_the_wins():
    sample = simulated(10, n_votes=300, n_systems=4)
    assert sample.decided_wins() + sample.ties() / 2 == pytest.approx(sample.wins())


@pytest.mark.parametrize("weight", [[1.0], [1.0, 0.0], [1.0, -1.0], [1.0, np.nan], [1.0, np.inf]])
def test_what_is_no_weight_is_refused(weight):
    with pytest.raises(InvalidVotesError, match=r"[Ww]eight"):
        weighted(votes([(0, 1, A), (0, 1, B)], 2), np.array(weight))


@given(st.lists(st.integers(0, 200), max_size=30))
def test_renumbering_leaves_no_gaps_and_keeps_the_order(numbers):
    found = renumbered(np.array(numbers, dtype=np.int64))
    assert found.tolist() == np.unique(numbers, return_inverse=True)[1].tolist()
