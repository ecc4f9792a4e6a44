import numpy as np
import pytest

from stats.ratings.ratings import rate
from stats.strengths.bradley_terry import fit_bradley_terry
from stats.uncertainty import bootstrap
from stats.uncertainty.bootstrap import bootstrap_strengths, draw, percentile_interval, telling_strengths
from stats.votes.arrays import VoteArrays
from stats.votes.tallies import Draws, aggregate, resampled_tallies
from tests.stats.simulate import BOTH_BAD, TIE, A, B, simulated, votes


def repeated(sample, documents, annotators):
    """The naive way: every vote written out as often as its document and its annotator were drawn."""
    rows = []
    for a, b, outcome, document, annotator in zip(
        sample.system_a, sample.system_b, sample.outcome, sample.document, sample.annotator, strict=True
    ):
        rows += [(a, b, outcome, document, annotator)] * int(documents[document] * annotators[annotator])
    return votes(rows, sample.n_systems)


def test_draws_are_as_many_as_there_are_units():
    drawn = draw(np.random.default_rng(0), 7, 3, 500)
    assert (drawn.documents.sum(axis=1) == 7).all()
    assert (drawn.annotators.sum(axis=1) == 3).all()
    # Each unit is drawn once on average, and left out with chance (1 - 1/7)^7 = 0.34.
    assert drawn.documents.mean(axis=0) == pytest.approx(np.ones(7), abs=0.2)
    assert (drawn.documents == 0).mean() == pytest.approx((6 / 7) ** 7, abs=0.03)


def test_a_vote_weighs_its_document_times_its_annotator():
    # Worked by hand: document 0 drawn 2 times, annotator 1 drawn 3 times: their vote counts 6.
    sample = votes([(0, 1, A, 0, 1), (0, 1, B, 1, 0), (1, 2, TIE, 0, 0), (0, 2, BOTH_BAD, 0, 1)], 3)
    wins = resampled_tallies(aggregate(sample), Draws(np.array([[2.0, 1.0]]), np.array([[1.0, 3.0]]))).wins_matrices()
    assert wins[0].tolist() == [[0, 6, 3], [1, 0, 1], [3, 1, 0]]


def test_weights_are_those_of_votes_written_out(monkeypatch):
    monkeypatch.setattr(bootstrap, "NUMBERS_AT_ONCE", 300)  # several chunks of votes and of resamples
    sample = simulated(3, n_votes=400, n_systems=5, n_documents=9, n_annotators=6)
    draws = draw(np.random.default_rng(4), 9, 6, 30)
    full = fit_bradley_terry(sample.wins())
    together = bootstrap_strengths(sample, full, draws)
    for i in range(30):
        naive = repeated(sample, draws.documents[i], draws.annotators[i])
        assert together[i] == pytest.approx(fit_bradley_terry(naive.wins()), abs=1e-6)


def test_a_system_without_votes_in_a_resample_has_no_rating_there_and_moves_no_other():
    # System 2 is in document 1 only; without it the others keep the mean they have in the full set.
    sample = votes([(0, 1, A, 0, 0), (0, 1, B, 0, 0), (1, 2, A, 1, 0), (2, 1, A, 1, 0)], 3)
    full = np.array([0.5, 1.0, -1.5])
    drawn = bootstrap_strengths(sample, full, Draws(np.array([[2.0, 0.0]]), np.array([[1.0]])))
    assert np.isnan(drawn[0, 2])
    assert drawn[0, :2] == pytest.approx([0.75, 0.75])


def test_a_resample_that_falls_apart_says_nothing():
    # 0-1 and 2-3 are connected by document 1 alone.
    sample = votes([(0, 1, A, 0, 0), (2, 3, A, 0, 0), (1, 2, A, 1, 0)], 4)
    drawn = bootstrap_strengths(sample, np.zeros(4), Draws(np.array([[2.0, 0.0], [1.0, 1.0]]), np.ones((2, 1))))
    assert np.isnan(drawn[0]).all()
    assert np.isfinite(drawn[1]).all()


def test_a_resample_without_any_vote_says_nothing():
    sample = votes([(0, 1, A, 0, 0), (0, 1, B, 1, 1)], 2)
    drawn = bootstrap_strengths(sample, np.zeros(2), Draws(np.array([[2.0, 0.0]]), np.array([[0.0, 2.0]])))
    assert np.isnan(drawn).all()


def test_percentiles_leave_out_what_is_undefined():
    values = np.column_stack([np.r_[np.arange(101.0), np.nan], np.full(102, np.nan)])
    lower, upper = percentile_interval(values)
    assert (lower[0], upper[0]) == pytest.approx((2.5, 97.5))
    assert np.isnan([lower[1], upper[1]]).all()


def iid_width(sample, full, resamples):
    rng = np.random.default_rng(5)
    gaps = []
    for _ in range(resamples):
        chosen = rng.integers(len(sample), size=len(sample))
        columns = (sample.system_a, sample.system_b, sample.outcome, sample.document, sample.annotator)
        again = VoteArrays(*(column[chosen] for column in columns), sample.n_systems)
        gaps.append(np.diff(fit_bradley_terry(again.wins()))[0])
    return np.ptp(np.quantile(gaps, [0.025, 0.975]))


def test_annotators_who_disagree_widen_the_interval():
    # Four annotators prefer system 0 in 90 % of their votes, four in 10 %: eight opinions, not 800.
    rng = np.random.default_rng(6)
    annotator = np.repeat(np.arange(8), 100)
    likes_0 = rng.random(800) < np.where(annotator < 4, 0.9, 0.1)
    zeros, ones = np.zeros(800, dtype=int), np.ones(800, dtype=int)
    sample = VoteArrays(zeros, ones, np.where(likes_0, A, B), np.tile(np.arange(20), 40), annotator, 2)
    full = fit_bradley_terry(sample.wins())
    drawn = bootstrap_strengths(sample, full, draw(np.random.default_rng(7), 20, 8, 500))
    width = np.ptp(np.quantile(np.diff(drawn, axis=1), [0.025, 0.975]))
    assert width > 3 * iid_width(sample, full, 200)


@pytest.mark.simulation
def test_intervals_cover_where_annotators_and_documents_have_tastes():
    # Even systems, tastes of 40 documents and 25 annotators. 100 studies: Binomial(100, 0.05) exceeds 12 once in 700, and
    # the percentile interval is a little short with 25 annotators: 15. Intervals of single votes miss in most studies.
    outside = outside_single = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        document, annotator = (index.ravel() for index in np.indices((40, 25)))
        taste = rng.normal(0, 0.8, 40)[document] + rng.normal(0, 1.2, 25)[annotator]
        outcome = np.where(rng.random(1000) < 1 / (1 + np.exp(-taste)), A, B)
        zeros = np.zeros(1000, dtype=int)
        found = rate(VoteArrays(zeros, zeros + 1, outcome, document, annotator, 2), seed=seed, resamples=150)
        outside += not found.lower[0] <= 1000 <= found.upper[0]
        outside_single += not found.iid_lower[0] <= 1000 <= found.iid_upper[0]
    assert outside <= 15
    assert outside_single >= 30


def test_only_the_first_resamples_are_looked_at_where_they_tell_enough():
    sample = simulated(5, n_votes=600, n_systems=4, n_documents=12, n_annotators=6)
    draws, full = draw(np.random.default_rng(1), 12, 6, 300), fit_bradley_terry(sample.wins())
    assert telling_strengths(sample, full, draws) == pytest.approx(bootstrap_strengths(sample, full, draws)[:100])
    # A system with votes on one document of twelve is missing in some of the first: then all are drawn.
    kept = sample.take(((sample.system_a != 0) & (sample.system_b != 0)) | (sample.document == 0))
    full = fit_bradley_terry(kept.wins())
    assert len(telling_strengths(kept, full, draws)) == 300


def test_many_systems_take_one_step_that_is_close_to_a_fit(monkeypatch):
    sample = simulated(6, n_votes=40_000, n_systems=6, n_documents=400, n_annotators=200)
    draws, full = draw(np.random.default_rng(3), 400, 200, 40), fit_bradley_terry(sample.wins())
    fitted = bootstrap_strengths(sample, full, draws)
    monkeypatch.setattr(bootstrap, "MOST_FITTED", 5)
    stepped = bootstrap_strengths(sample, full, draws)
    spread = fitted.std(axis=0).mean()
    assert not np.array_equal(stepped, fitted)
    assert np.abs(stepped - fitted).max() < spread / 3


def test_many_systems_with_gaps_miss_in_the_same_resamples(monkeypatch):
    sample = simulated(7, n_votes=40, n_systems=8, n_documents=9, n_annotators=5)
    draws, full = draw(np.random.default_rng(4), 9, 5, 60), fit_bradley_terry(sample.wins())
    fitted = np.isnan(bootstrap_strengths(sample, full, draws))
    assert fitted.any() and not fitted.all()
    monkeypatch.setattr(bootstrap, "MOST_FITTED", 5)
    assert (np.isnan(bootstrap_strengths(sample, full, draws)) == fitted).all()
