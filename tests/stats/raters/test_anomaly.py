import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, chi2

from stats.raters.anomaly import ALPHA, MINIMUM_VOTES, anomalies, vote_p_values
from stats.votes.arrays import InvalidVotesError
from tests.stats.raters.simulate import BOTH_BAD, CLEAR, TIE, A, B, codes, pair_votes

# Pairs as they are in a real study: some clear, some close, many ties.
MIXED = np.array([[0.9, 0.05, 0.03, 0.02], [0.3, 0.3, 0.25, 0.15], [0.2, 0.6, 0.15, 0.05], [0.45, 0.45, 0.05, 0.05]])


def test_p_values_worked_by_hand():
    # Others: 6 a, 2 b, 1 tie, nobody both bad. With this vote added a has 7, or b 3, or tie 2, or both bad 1.
    others = [A] * 6 + [B] * 2 + [TIE]
    expected = {
        A: (1 + 9) / 10,  # nothing is more frequent than a
        B: (1 + 2 + 1) / 10,  # b and tie are at most as frequent as b with 3
        TIE: (1 + 2 + 1) / 10,  # tie has 2 now, as b has
        BOTH_BAD: (1 + 1) / 10,  # both bad has 1 now, as tie has
    }
    for vote, p in expected.items():
        found = vote_p_values(np.zeros(10, dtype=np.int64), codes([0] * 9 + [1]), codes([*others, vote]))
        assert found[-1] == pytest.approx(p)


@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(2, 5))
def test_a_loop_over_votes_gives_the_same(seed, n_pairs, n_annotators):
    rng = np.random.default_rng(seed)
    pair, annotator, outcome = pair_votes(rng, MIXED[:n_pairs], n_annotators=n_annotators, votes_each=6)
    found = vote_p_values(pair, annotator, outcome)
    for i in range(len(pair)):
        others = outcome[(pair == pair[i]) & (annotator != annotator[i])].tolist()
        if not others:
            assert np.isnan(found[i])
            continue
        bag = [*others, outcome[i]]
        usual = bag.count(outcome[i])
        assert found[i] == pytest.approx(np.mean([bag.count(value) <= usual for value in bag]))


@given(st.lists(st.integers(0, 3), min_size=2, max_size=12))
def test_p_is_valid_whichever_vote_of_a_bag_is_the_last(bag):
    # Exchangeable: each vote of the bag is equally likely to be this one. Then P(p <= t) <= t for every t, exactly.
    found = []
    for last in range(len(bag)):
        others = bag[:last] + bag[last + 1 :]
        votes = codes([*others, bag[last]])
        who = codes([0] * len(others) + [1])
        found.append(vote_p_values(np.zeros(len(bag), dtype=np.int64), who, votes)[-1])
    for t in found:
        assert np.mean(np.array(found) <= t) <= t + 1e-12


def flag_rate(rng, chances, *, repeats, n_annotators=20, votes_each=60, spoil=None):
    """Share of annotators flagged; with `spoil`, of annotators 0 whose outcomes it changed."""
    flagged = []
    for repeat in range(repeats):
        pair, annotator, outcome = pair_votes(rng, chances, n_annotators=n_annotators, votes_each=votes_each)
        if spoil:
            outcome = np.where(annotator == 0, spoil(rng, pair, outcome), outcome)
        found = anomalies(pair, annotator, outcome, seed=repeat)
        flagged += [found[0].flagged] if spoil else [anomaly.flagged for anomaly in found.values()]
    return np.mean(flagged), len(flagged)


@pytest.mark.parametrize("chances", [CLEAR, MIXED, np.full((6, 4), 0.25), np.tile([0.5, 0.5, 0, 0], (3, 1))])
@pytest.mark.parametrize("n_annotators", [3, 20])
def test_honest_annotators_are_flagged_at_most_at_the_stated_rate(chances, n_annotators):
    rng = np.random.default_rng(1)
    rate, tests = flag_rate(rng, chances, repeats=600 // n_annotators, n_annotators=n_annotators)
    assert rate * tests <= binom.ppf(0.999, tests, ALPHA)


def clicks_at_random(rng, pair, outcome):
    return rng.integers(4, size=len(outcome))


def contradicts(rng, pair, outcome):
    return np.where(outcome == A, B, np.where(outcome == B, A, outcome))


@pytest.mark.parametrize("spoil", [clicks_at_random, contradicts])
def test_random_clickers_and_contrarians_are_found_in_a_clear_study(spoil):
    rate, _ = flag_rate(np.random.default_rng(2), CLEAR, repeats=60, spoil=spoil)
    assert rate > 0.9


def test_nobody_can_be_found_where_nobody_agrees():
    rate, _ = flag_rate(np.random.default_rng(3), np.full((4, 4), 0.25), repeats=60, spoil=clicks_at_random)
    assert rate <= 0.1


def test_fisher_at_each_look_is_compared_with_chi_square():
    rng = np.random.default_rng(4)
    pair, annotator, outcome = pair_votes(rng, CLEAR, n_annotators=4, votes_each=30)
    found = anomalies(pair, annotator, outcome, seed=5)[2]
    p = vote_p_values(pair, annotator, outcome)[annotator == 2]
    assert len(set(found.looks)) == 5 and max(found.looks) <= 30
    for look, statistic, limit in zip(found.looks, found.statistic, found.limit, strict=True):
        assert statistic == pytest.approx(-2 * np.log(p[:look]).sum())
        assert limit == pytest.approx(chi2.ppf(1 - ALPHA / 5, 2 * look))
    assert found.flagged == any(s >= x for s, x in zip(found.statistic, found.limit, strict=True))
    assert found.flagged == (found.p_value <= ALPHA)


def test_looks_stay_within_the_first_hundred_votes():
    rng = np.random.default_rng(6)
    found = anomalies(*pair_votes(rng, CLEAR, n_annotators=3, votes_each=300), seed=1)
    assert all(look <= 100 for anomaly in found.values() for look in anomaly.looks)


def test_the_same_seed_gives_the_same_looks_whoever_else_there_is():
    rng = np.random.default_rng(7)
    pair, annotator, outcome = pair_votes(rng, CLEAR, n_annotators=5, votes_each=40)
    everybody = anomalies(pair, annotator, outcome, seed=3)
    kept = annotator != 4
    assert anomalies(pair[kept], annotator[kept], outcome[kept], seed=3)[1].looks == everybody[1].looks
    assert anomalies(pair, annotator, outcome, seed=4)[1].looks != everybody[1].looks


def test_too_few_votes_are_undecided():
    pair, annotator, outcome = codes([0] * 4 + [9] * 20), codes([0, 1, 0, 1] + [0] * 20), codes([A] * 24)
    found = anomalies(pair, annotator, outcome, seed=1)
    assert (found[0].flagged, found[0].p_value, found[0].n_votes, found[0].n_alone) == (None, None, 2, 20)
    assert str(MINIMUM_VOTES) in found[0].reason


def test_no_votes_are_no_annotators():
    assert anomalies(codes([]), codes([]), codes([]), seed=1) == {}


@pytest.mark.parametrize(("outcome", "alpha"), [([4], 0.05), ([0], 0.0), ([0], 1.0)])
def test_what_cannot_be_tested_is_refused(outcome, alpha):
    with pytest.raises(InvalidVotesError):
        anomalies(codes([0]), codes([0]), codes(outcome), seed=1, alpha=alpha)
