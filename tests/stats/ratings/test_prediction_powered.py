from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t

from benchmarks.intervals import coverage
from stats.ratings.prediction_powered import Predictions, powered_ratings
from stats.strengths.bradley_terry import fit_bradley_terry
from stats.uncertainty.calibrated import precision
from stats.uncertainty.sandwich import covariance_parts
from stats.votes.arrays import InvalidVotesError, VoteArrays
from tests.stats.ratings.powered_mean import powered_mean
from tests.stats.simulate import A, B, votes


def test_perfect_predictions_are_as_good_as_labels_for_all():
    # PPI++, by hand: with f = y, t = 1 / (1 + n/m) and the variance is s^2 / (n + m): n + m effective labels.
    rng = np.random.default_rng(0)
    y, rest = rng.normal(size=200), rng.normal(size=600)
    rest = (rest - rest.mean()) / rest.std(ddof=1) * y.std(ddof=1) + rest.mean()
    found = powered_mean(y, y, rest)
    assert found.tuning == pytest.approx(600 / 800)
    assert found.effective == pytest.approx(800)
    assert found.value == pytest.approx(np.r_[y, rest].mean())
    assert found.upper - found.lower == pytest.approx(2 * 1.959964 * y.std(ddof=1) / np.sqrt(800))


def test_by_hand():
    # y = 1, 0, 1, 0; f = 1, 0, 1, 1, so that cov = (1/3) * (0.5*0.25 - 0.5*-0.75 + 0.5*0.25 - 0.5*0.25) = 1/6,
    # var f = 1/4, var y = 1/3; others 1, 0, 1, 0 with variance 1/3. t = (1/6 / 4) / (1/16 + 1/12) = 0.2857.
    found = powered_mean(np.array([1.0, 0, 1, 0]), np.array([1.0, 0, 1, 1]), np.array([1.0, 0, 1, 0]))
    assert found.tuning == pytest.approx(2 / 7)
    assert found.value == pytest.approx(0.5 + 2 / 7 * (0.5 - 0.75))
    # 1/12 - 2 t / 24 + t^2 * 7/48 = 0.0714.
    assert found.effective == pytest.approx(4 * (1 / 12) / (1 / 12 - 1 / 42 + 4 / 49 * 7 / 48))


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(2, 12), st.integers(2, 30), st.floats(-1, 1))
def test_never_wider_than_without(seed, n, m, link):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n).astype(float)
    found = powered_mean(y, link * y + rng.normal(size=n), rng.normal(size=m))
    assert found.upper - found.lower <= found.classical_upper - found.classical_lower + 1e-12
    assert found.effective >= n - 1e-9
    assert 0 <= found.tuning <= 1


def test_useless_predictions_change_nothing():
    y = np.array([0.0, 1, 1, 0, 1])
    for useless in (np.zeros(5), 1 - y):
        found = powered_mean(y, useless, np.array([0.0, 1, 0]))
        assert (found.tuning, found.value, found.effective) == (0, y.mean(), 5)


@pytest.mark.simulation
def test_the_interval_covers_and_is_shorter():
    # 400 studies, true mean 0.5; Binomial(400, 0.05) exceeds 35 once in 2,000.
    rng = np.random.default_rng(1)
    outside, gains = 0, []
    for _ in range(400):
        latent = rng.normal(size=560)
        y = (latent + rng.normal(0, 0.5, 560) > 0).astype(float)
        f = 1 / (1 + np.exp(-2 * latent)) + 0.1  # a metric that favours one side
        found = powered_mean(y[:60], f[:60], f[60:])
        outside += not found.lower <= 0.5 <= found.upper
        gains.append(found.effective / 60)
    assert outside <= 35
    assert np.median(gains) > 1.5


@pytest.mark.parametrize("sizes", [(1, 1, 5), (3, 2, 5), (3, 3, 1)])
def test_too_little_is_refused(sizes):
    with pytest.raises(InvalidVotesError):
        powered_mean(*(np.zeros(size) for size in sizes))


def test_two_systems_with_a_vote_on_each_document_are_a_mean():
    # By documents the votes are labels of one comparison: the metric counts as much, and moves the strengths as far as
    # one Newton step from the log-odds of the labels' mean moves them.
    rng = np.random.default_rng(10)
    latent = rng.normal(size=1200)
    label, told = (latent + rng.normal(0, 0.5, 1200) > 0).astype(float), 1 / (1 + np.exp(-2 * latent))
    n, zeros = 300, np.zeros(1200, dtype=int)
    sample = votes([(0, 1, A if label[i] else B, i, 0) for i in range(n)], 2)
    others = Predictions(zeros[n:], zeros[n:] + 1, told[n:], np.arange(n, 1200))
    found, mean = powered_ratings(sample, told[:n], others), powered_mean(label[:n], told[:n], told[n:])
    assert found.tuning == pytest.approx(mean.tuning, rel=0.01)
    step = (mean.value - mean.classical) / (mean.classical * (1 - mean.classical))
    moved = found.strengths - found.classical
    assert moved[0] - moved[1] == pytest.approx(step, rel=0.02)
    assert found.effective == pytest.approx(mean.effective, rel=0.02)


TRUE = np.array([0.6, 0.1, -0.7])


def study(seed, *, labelled=60, others=600, per_document=6, skill=1.0):
    """Documents have tastes of their own; the metric sees them, with a bias for system 2."""
    rng = np.random.default_rng(seed)
    documents = np.repeat(np.arange(labelled + others), per_document)
    a = rng.integers(3, size=len(documents))
    b = (a + rng.integers(1, 3, size=len(documents))) % 3
    taste = rng.normal(0, 1.5, (labelled + others, 3))
    gap = (TRUE + taste[documents])[np.arange(len(a)), a] - (TRUE + taste[documents])[np.arange(len(a)), b]
    outcome = np.where(rng.random(len(a)) < 1 / (1 + np.exp(-gap)), A, B)
    bias = np.array([0, 0, 0.5])
    noise = rng.normal(0, 1, (labelled + others, 3))
    seen = skill * (TRUE + taste) + bias + noise
    share = 1 / (1 + np.exp(-(seen[documents, a] - seen[documents, b])))
    has = documents < labelled
    sample = VoteArrays(a[has], b[has], outcome[has], documents[has], np.zeros(has.sum(), dtype=int), 3)
    return sample, share[has], Predictions(a[~has], b[~has], share[~has], documents[~has])


def test_ratings_get_narrower_with_a_good_metric_and_never_wider():
    found = powered_ratings(*study(2))
    assert (found.effective > 1.2 * 360).all()
    noise = powered_ratings(*study(3, skill=0.0))
    assert (noise.upper - noise.lower <= noise.classical_upper - noise.classical_lower + 1e-12).all()
    assert noise.tuning < 0.25
    assert found.strengths.sum() == pytest.approx(0, abs=1e-9)


def test_classical_bounds_are_those_of_clustered_documents():
    sample, share, others = study(4)
    found = powered_ratings(sample, share, others)
    parts = covariance_parts(sample, found.classical)
    reach = found.classical_upper - found.classical
    assert reach == pytest.approx(np.diag(precision(sample, found.classical).reach()), rel=1e-6)
    # 60 documents: 60/59 of the variance between them, and t in place of the normal quantile.
    error = np.sqrt(np.diag(parts.document + parts.vote) * 60 / 59)
    assert reach / t.ppf(0.975, 60) == pytest.approx(error, rel=1e-2)


def test_few_annotators_make_bounds_wide_with_and_without_the_metric():
    sample, share, others = study(4)
    apart = replace(sample, annotator=np.arange(len(sample)) % 3)
    found = powered_ratings(apart, share, others)
    single = powered_ratings(sample, share, others)
    assert (found.upper - found.lower <= found.classical_upper - found.classical_lower + 1e-12).all()
    assert (found.effective >= len(sample)).all()
    assert found.classical == pytest.approx(single.classical)


def test_pairs_count_as_often_as_among_the_votes():
    sample, share, others = study(8)
    # The pair (0, 1) three times as often among the others, and the answer stays what it was.
    chosen = np.flatnonzero((others.system_a < 2) & (others.system_b < 2))
    rows = np.r_[np.arange(len(others.share)), chosen, chosen]
    more = Predictions(others.system_a[rows], others.system_b[rows], others.share[rows], others.unit[rows])
    found, again = powered_ratings(sample, share, others), powered_ratings(sample, share, more)
    assert again.strengths == pytest.approx(found.strengths, abs=1e-9)


def test_a_pair_nobody_voted_on_tells_nothing():
    sample, share, others = study(9)
    of_two = np.flatnonzero((sample.system_a != 2) & (sample.system_b != 2))
    first = replace(sample.take(of_two), n_systems=2)
    met = (others.system_a != 2) & (others.system_b != 2)
    kept = Predictions(others.system_a[met], others.system_b[met], others.share[met], others.unit[met])
    three = replace(first, n_systems=3)
    assert fit_bradley_terry(three.wins())[2] == pytest.approx(0)
    found = powered_ratings(first, share[of_two], kept)
    with_more = powered_ratings(three, share[of_two], others)
    assert np.diff(with_more.strengths[:2]) == pytest.approx(np.diff(found.strengths), abs=0.01)


def test_ratings_of_a_perfect_metric_are_nearly_those_of_all_votes():
    sample, _, others = study(5)
    rng = np.random.default_rng(6)
    told = (rng.random(len(others.share)) < others.share).astype(float)
    found = powered_ratings(sample, sample.a_share, Predictions(others.system_a, others.system_b, told, others.unit))
    together = VoteArrays(
        np.r_[sample.system_a, others.system_a],
        np.r_[sample.system_b, others.system_b],
        np.r_[sample.outcome, np.where(told == 1, A, B)],
        np.r_[sample.document, others.unit],
        np.zeros(len(told) + len(sample), dtype=int),
        3,
    )
    assert found.tuning == pytest.approx(10 / 11, abs=0.05)
    assert found.strengths == pytest.approx(fit_bradley_terry(together.wins()), abs=0.05)


@pytest.mark.simulation
def test_bounds_of_ratings_cover():
    # The value of endless data, then 120 studies; Binomial(120, 0.05) exceeds 15 once in 1,000.
    true = fit_bradley_terry(study(7, labelled=60_000, others=1)[0].wins())
    outside = 0
    for seed in range(100, 220):
        found = powered_ratings(*study(seed))
        outside += not found.lower[0] <= true[0] <= found.upper[0]
    assert outside <= 15


@pytest.mark.simulation
def test_bounds_cover_where_five_annotators_differ():
    # Noise of single votes in what annotators seem to differ by: taken for sure, it left coverage at 91 %.
    setting = coverage.Setting(annotator=0.6, document=0.6, pairs=1)
    true, covers, wider = coverage.truth(setting), [], []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        sample, taste = coverage.study(setting, rng)
        found = coverage.helped(setting, sample, coverage.metric(setting, taste, rng), seed)
        bounds = ((found.classical_lower, found.classical_upper), (found.lower, found.upper))
        covers.append([(lower <= true) & (true <= upper) for lower, upper in bounds])
        wider.append((found.upper - found.lower) / (found.classical_upper - found.classical_lower))
    alone, helped = np.mean(covers, axis=(0, 2))
    assert 0.92 <= alone <= 0.98
    assert 0.92 <= helped <= 0.98
    assert np.max(wider) <= 1 + 1e-12


def test_predictions_must_be_there():
    with pytest.raises(InvalidVotesError):
        powered_ratings(votes([(0, 1, A)], 2), np.zeros(2), Predictions(*np.zeros((4, 1), dtype=int)))
    with pytest.raises(InvalidVotesError):
        powered_ratings(votes([(0, 1, A)], 2), np.zeros(1), Predictions(*np.zeros((4, 0), dtype=int)))
