import numpy as np
import pytest
from scipy.special import stdtrit

from stats.judges.clustered import mean
from stats.uncertainty.proportions import clustered_wilson
from stats.uncertainty.two_way import UnitSums, spread_of
from stats.votes.arrays import InvalidVotesError

RNG = np.random.default_rng


def test_one_kind_of_equal_clusters_is_the_clustered_interval_of_elsewhere():
    # 40 documents of 10 answers: the variance between documents is what clustered_wilson takes.
    rng = RNG(1)
    hits = rng.binomial(10, rng.beta(2, 2, 40))
    values = np.concatenate([np.repeat([1.0, 0.0], [h, 10 - h]) for h in hits])
    found = mean(values, np.repeat(np.arange(40), 10))
    other = clustered_wilson(hits, np.full(40, 10), cluster="document")
    assert found.value == pytest.approx(other.value)
    assert (found.lower, found.upper) == pytest.approx((other.lower, other.upper), abs=0.004)


def test_by_hand():
    # Two documents with values 1, 1 and 0, 0: between them everything. Single answers: sum of (1/8)^2 * 4 = 1/16,
    # times 4/3 for 4 answers = 1/12. Documents: sums 1/4 and -1/4, over shares of 1/2: 1/4; less 1 * 1/12, over
    # 1 - 1/2, times 1/2: 1/6. Together 1/4, which is the variance of a mean of two documents: (1/2) / 2.
    values, document = np.array([1.0, 1, 0, 0]), np.array([0, 0, 1, 1])
    spread = spread_of((values - 0.5) / 4, np.ones(4), document, None)
    assert spread.variance == pytest.approx(1 / 12 + 1 / 6)
    assert spread.freedom == pytest.approx(1)
    found = mean(values, document, share=False)
    assert found.upper - found.value == pytest.approx(-stdtrit(1, 0.025) * 0.5)
    assert found.reason.startswith("too few to say: 4 votes")


def test_weights_count_answers_more_than_once():
    rng = RNG(2)
    values, document, annotator = rng.random(60), rng.integers(12, size=60), rng.integers(5, size=60)
    weight = rng.integers(1, 4, size=60)
    found = mean(values, document, annotator, weight=weight.astype(float))
    assert found.value == pytest.approx(np.repeat(values, weight).mean())


def test_all_alike_counts_a_document_once():
    found = mean(np.ones(300), np.repeat(np.arange(30), 10), np.tile(np.arange(10), 30))
    assert found.value == found.upper == 1
    t = -stdtrit(29, 0.025)
    assert found.lower == pytest.approx(1 / (1 + t**2 / 30))


@pytest.mark.parametrize(("values", "reason"), [([], "no answers"), ([1.0, 0.0] * 20, "one document")])
def test_too_little_is_said(values, reason):
    found = mean(np.array(values), np.zeros(len(values), dtype=int), np.arange(len(values)) % 4)
    assert found.lower is None
    assert reason in found.reason
    assert not found.told
    assert not found.above(-1)


def test_shapes_must_fit():
    with pytest.raises(InvalidVotesError):
        mean(np.zeros(3), np.zeros(2, dtype=int))


def test_people_in_pairs_by_hand():
    # Three people, each pair's mean: person u's half sums are (m_uv + m_uw) / 2 less the mean, over 3.
    means = {(0, 1): 0.9, (0, 2): 0.5, (1, 2): 0.4}
    first, second = np.array(list(means)).T
    influence = (np.array(list(means.values())) - 0.6) / 3
    units = UnitSums.of_pairs(influence, np.ones(3), first, second)
    assert units.influence == pytest.approx([(0.3 - 0.1) / 6, (0.3 - 0.2) / 6, (-0.1 - 0.2) / 6])
    assert units.share == pytest.approx(1 / 3)
    assert (units.noise, units.gain) == pytest.approx((0.5, 16))


@pytest.mark.simulation
@pytest.mark.parametrize("people", [4, 12])
def test_the_variance_of_pairs_of_people_is_right(people):
    # Values g_u + g_v + noise for all pairs of people: the variance of their mean is 4 Var(g) / k + Var(noise) / pairs.
    rng = RNG(people)
    first, second = np.triu_indices(people, 1)
    variances, estimates = [], []
    for _ in range(2000):
        g = rng.normal(0, 0.3, people)
        values = g[first] + g[second] + rng.normal(0, 0.5, len(first))
        influence = (values - values.mean()) / len(first)
        units = UnitSums.of_pairs(influence, np.ones(len(first)), first, second)
        squares = (units.share**2).sum()
        noise = 0.25 / len(first)
        found = (units.influence**2 / units.share).sum()
        variances.append(noise + units.gain * squares / (1 - squares) * (found - units.noise * noise))
        estimates.append(values.mean())
    assert np.mean(variances) == pytest.approx(np.var(estimates), rel=0.1)
