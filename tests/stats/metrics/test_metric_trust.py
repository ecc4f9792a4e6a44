import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from stats.metrics.correlation import COEFFICIENTS, correlations
from stats.metrics.metric_trust import metric_trust
from stats.votes.arrays import VoteArrays
from tests.stats.simulate import BOTH_BAD, TIE, A, B, votes

NAN = np.nan


def trust(sample, metric, **kwargs):
    return metric_trust(sample, np.asarray(metric, dtype=float), seed=0, resamples=kwargs.pop("resamples", 200))


def study(seed, *, quality, noise, n_documents=40, n_annotators=8, per_document=30):
    """Summaries with a quality of their own, a metric that sees it through noise, and votes that follow it."""
    rng = np.random.default_rng(seed)
    n = len(quality)
    own = np.asarray(quality)[:, None] + rng.normal(0, 1, (n, n_documents))
    document = np.repeat(np.arange(n_documents), per_document)
    a = rng.integers(n, size=len(document))
    b = (a + rng.integers(1, n, size=len(document))) % n
    gap = own[a, document] - own[b, document]
    outcome = np.where(np.abs(gap) < 0.2, TIE, np.where(rng.random(len(gap)) < 1 / (1 + np.exp(-2 * gap)), A, B))
    sample = VoteArrays(a, b, outcome, document, rng.integers(n_annotators, size=len(gap)), n)
    return sample, own + rng.normal(0, noise, own.shape)


@settings(max_examples=100)
@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 0.1, 0.3, 2, NAN]), st.sampled_from([0.1, 1, 5, NAN])), min_size=2, max_size=9
    )
)
def test_coefficients_are_scipys(pairs):
    x, y = np.array(pairs).T
    known = ~np.isnan(x + y)
    found = correlations(x[None], y[None])[:, 0]
    if len(set(x[known])) < 2 or len(set(y[known])) < 2:
        assert np.isnan(found).all()
        return
    theirs = [f(x[known], y[known]).statistic for f in (stats.kendalltau, stats.spearmanr, stats.pearsonr)]
    assert found == pytest.approx(theirs)


def test_kendalls_own_example_with_ties():
    # By hand: of 6 pairs x ties in (1, 1), y in (2, 2); 4 are untied in both, all agree: 4 / sqrt(5 * 5) = 0.8.
    found = correlations(np.array([[1.0, 1, 2, 3]]), np.array([[1.0, 2, 3, 3]]))
    assert found[0, 0] == pytest.approx(0.8)


def test_system_level_by_hand():
    # 0 beats 1 beats 2; the metric puts 1 before 0 before 2: two of three pairs agree, tau = (2 - 1) / 3.
    sample = votes(
        [(0, 1, A, d, d) for d in range(4)] + [(1, 2, A, d, d) for d in range(4)] + [(0, 1, B, 4, 0), (1, 2, B, 4, 0)],
        3,
    )
    metric = [[0.5] * 5, [0.9] * 5, [0.1] * 5]
    found = trust(sample, metric)
    assert found.system["kendall"].value == pytest.approx(1 / 3)
    assert found.system["spearman"].value == pytest.approx(0.5)
    assert (found.n_systems, found.n_documents, found.n_votes) == (3, 5, 10)


def test_summary_level_by_hand():
    # Document 0: win rates 1, 1/2, 0 against 3, 2, 1: tau 1. Document 1: 0, 1/2, 1 against 3, 2, 1: -1.
    # Document 2: only two systems have votes: left out. Mean 0.
    rows = [(0, 1, A, 0, 0), (1, 2, A, 0, 0), (1, 0, A, 1, 1), (2, 1, A, 1, 1), (0, 1, A, 2, 0)]
    found = trust(votes(rows, 3), [[3] * 3, [2] * 3, [1] * 3])
    assert [found.summary[name].value for name in COEFFICIENTS] == pytest.approx([0, 0, 0])


def test_accuracy_with_ties_by_hand():
    # Gaps 0.1 tie, 0.2 tie, 0.3 right, 0.05 wrong, 0.4 right: calling gaps up to 0.2 ties is right on the two ties and
    # the two large gaps: 4 of 5. Without ties it is 2 of 5.
    metric = [[0.1, 0.2, 0.3, 0.05, 0.4], [0.0] * 5]
    rows = [(0, 1, TIE, 0, 0), (0, 1, BOTH_BAD, 1, 0), (0, 1, A, 2, 1), (0, 1, B, 3, 1), (1, 0, B, 4, 0)]
    found = trust(votes(rows, 2), metric)
    assert found.accuracy.value == pytest.approx(0.8)
    assert found.tie_threshold == pytest.approx(0.2)
    assert found.system["kendall"].reason == "fewer than three systems have votes and values"


def test_equal_values_are_ties_for_the_metric():
    metric = [[0.5, 0.5], [0.5, 0.5]]
    found = trust(votes([(0, 1, A, 0, 0), (0, 1, TIE, 1, 1)], 2), metric)
    assert (found.accuracy.value, found.tie_threshold) == (0.5, 0.0)


@settings(max_examples=30)
@given(st.integers(0, 1000))
def test_accuracy_is_the_best_over_all_thresholds(seed):
    sample, metric = study(seed, quality=[0.5, 0, -0.5], noise=1, n_documents=6, per_document=5)
    metric = metric.round(1)
    gap = metric[sample.system_a, sample.document] - metric[sample.system_b, sample.document]
    human = np.array([1, -1, 0, 0])[sample.outcome]
    by_threshold = [(np.where(np.abs(gap) <= t, 0, np.sign(gap)) == human).mean() for t in [0, *np.abs(gap)]]
    found = trust(sample, metric, resamples=2)
    assert found.accuracy.value == pytest.approx(max(by_threshold))
    calls = np.where(np.abs(gap) <= found.tie_threshold, 0, np.sign(gap))
    assert (calls == human).mean() == pytest.approx(found.accuracy.value)


def test_a_good_metric_is_told_from_noise():
    quality = np.linspace(1, -1, 5)
    sample, good = study(1, quality=quality, noise=0.3)
    noise = np.random.default_rng(2).normal(0, 1, good.shape)
    trusted, noisy = trust(sample, good), trust(sample, noise)
    for name in COEFFICIENTS:
        assert trusted.system[name].value > 0.75
        assert trusted.summary[name].lower > 0.4
        assert noisy.summary[name].lower < 0 < noisy.summary[name].upper
    assert trusted.accuracy.lower > noisy.accuracy.upper


def test_intervals_of_summaries_and_votes_hold_their_own_value():
    # The metric sees what people see. Percentiles of resamples, which hold fewer people, left it out in 11 of 25.
    for seed in range(6):
        sample, metric = study(
            seed, quality=[0.5, 0, -0.5], noise=0.1, n_documents=200, n_annotators=20, per_document=20
        )
        found = trust(sample, metric, resamples=2)
        for figure in (*found.summary.values(), found.accuracy):
            assert -1 <= figure.lower < figure.value < figure.upper <= 1


@pytest.mark.parametrize(("order", "value"), [((0, 1, 2), 1), ((0, 2, 1), 1 / 3)])
def test_documents_that_all_say_the_same_are_not_sure(order, value):
    rows = [(i, j, A, d, r) for d in range(6) for r in range(3) for i, j in ((0, 1), (1, 2), (0, 2))]
    metric = np.repeat(np.array([3.0, 2, 1])[list(order), None], 6, axis=1)
    found = trust(votes(rows, 3), metric, resamples=2).summary["kendall"]
    assert found.value == pytest.approx(value)
    assert 0 < found.lower < value - 0.1
    assert found.upper == 1 or found.upper > value + 0.1


def test_annotators_who_differ_leave_the_order_within_documents_open():
    # Every document has the same coefficient, so documents alone would leave no doubt.
    def said(reversed_by):
        rows = []
        for d in range(40):
            for r in range(5):
                rows += [(0, 1, A, d, r), (0, 2, A, d, r), (1, 2, B if r in reversed_by else A, d, r)]
        return votes(rows, 3)

    metric = np.repeat([[3.0], [2], [1]], 40, axis=1)
    alike, split = (trust(said(who), metric, resamples=2).summary["pearson"] for who in ((), (0, 1)))
    assert alike.value == pytest.approx(1)
    assert alike.lower > 0.7
    assert split.value > 0.9
    assert split.lower < 0.5


@pytest.mark.simulation
def test_intervals_cover_the_value_of_endless_data():
    # Summary-level Pearson of 4 systems; its true value from 1,500 documents, then 40 small studies.
    kwargs = {"quality": np.linspace(1, -1, 4), "noise": 0.7, "per_document": 30}
    true = trust(*study(0, n_documents=1500, **kwargs), resamples=2).summary["pearson"].value
    outside = 0
    for seed in range(1, 41):
        found = trust(*study(seed, n_documents=20, **kwargs), resamples=60).summary["pearson"]
        outside += not found.lower <= true <= found.upper
    assert outside <= 8  # Binomial(40, 0.05) exceeds 8 once in 10,000


def test_missing_values_take_their_votes_with_them():
    sample, metric = study(3, quality=[1, 0, -1], noise=0.5)
    metric[0, :10] = NAN
    left = sample.take(~((sample.document < 10) & ((sample.system_a == 0) | (sample.system_b == 0))))
    found = trust(sample, metric)
    assert found.n_votes == len(left)
    assert found.accuracy == trust(left, metric).accuracy


def test_degenerate_inputs_have_reasons():
    none = trust(votes([], 3), np.zeros((3, 2)))
    assert none.accuracy.reason == "no votes on summaries with values"
    assert np.isnan(none.tie_threshold)
    single = trust(votes([(0, 1, A, 0, 0), (1, 2, A, 0, 0)], 3), [[3.0], [2], [1]])
    assert single.system["kendall"].value == pytest.approx(1)
    assert (
        single.system["kendall"].interval_reason
        == "one document rated by one annotator: nothing shows how far documents or people differ"
    )
    constant = trust(votes([(0, 1, A, 0, 0), (1, 2, A, 1, 1)], 3), np.ones((3, 2)))
    assert (
        constant.system["pearson"].reason
        == "the metric gives all systems the same value, or the votes rate them all alike"
    )
    apart = trust(votes([(0, 1, A, 0, 0), (2, 3, A, 1, 1)], 4), np.random.default_rng(0).random((4, 2)))
    assert apart.system["pearson"].reason == "the votes do not connect these systems"


def test_the_same_seed_gives_the_same_answer():
    sample, metric = study(4, quality=[1, 0, -1], noise=0.5, n_documents=8)
    assert trust(sample, metric) == trust(sample, metric)


def test_the_interval_over_systems_holds_a_perfect_metric():
    # The metric is what the votes follow; resamples of both give a Pearson below 1 each time.
    quality = np.linspace(0.8, -0.8, 6)
    sample, _ = study(7, quality=quality, noise=0, n_documents=30, n_annotators=5, per_document=12)
    found = trust(sample, np.repeat(quality[:, None], 30, axis=1))
    for name in COEFFICIENTS:
        assert found.system[name].lower <= found.system[name].value <= found.system[name].upper == 1
    assert 0.5 < found.system["pearson"].lower < found.system["pearson"].value < 1


def test_systems_that_won_everything_leave_the_correlation_open():
    rows = [(0, 1, A, d, r) for d in range(4) for r in range(3)] + [(1, 2, (A, B)[d % 2], d, 0) for d in range(4)]
    found = trust(votes(rows, 3), [[3.0] * 4, [2.0] * 4, [1.0] * 4])
    for name in COEFFICIENTS:
        assert not np.isnan(found.system[name].value)
        assert np.isnan(found.system[name].lower)
        assert "won or lost every vote" in found.system[name].interval_reason
