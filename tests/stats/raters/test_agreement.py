import itertools
from itertools import combinations

import evalica
import krippendorff
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t

from benchmarks.raters.alpha import AlphaDesign, alpha_row
from stats.raters import agreement
from stats.raters.agreement import NO_PAIRS, NO_VARIATION, agreement_with_others, krippendorff_alpha
from stats.votes.arrays import InvalidVotesError
from tests.stats.raters.simulate import codes, ratings

# Krippendorff (2011), section C: four observers, twelve units, "." missing.
PUBLISHED = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."]


def published():
    cells = [(u, a, int(v)) for a, row in enumerate(PUBLISHED) for u, v in enumerate(row) if v != "."]
    return tuple(codes(column) for column in zip(*cells, strict=True))


def by_item(item, outcome):
    return [outcome[item == u].tolist() for u in np.unique(item)]


def naive_alpha(units):
    """Every pair of votes of one item, weighed 1 / (m - 1), against every pair of all those votes."""
    units = [unit for unit in units if len(unit) >= 2]
    pooled = [value for unit in units for value in unit]
    observed = sum((x != y) / (len(unit) - 1) for unit in units for x, y in combinations(unit, 2)) / len(pooled)
    expected = sum(x != y for x, y in combinations(pooled, 2)) / (len(pooled) * (len(pooled) - 1))
    return 1 - observed / expected if expected else np.nan


def test_the_published_example():
    result = krippendorff_alpha(*published(), seed=1)
    assert result.alpha == pytest.approx(0.743, abs=5e-4)
    assert (result.n_items, result.n_votes, result.n_alone) == (11, 40, 1)


def test_a_case_worked_by_hand():
    # Items {a a}, {a b}, {b b b}, {a}: D_o = (0 + 2 + 0) / 7 and D_e = (49 - 9 - 16) / 42, so alpha = 1 - 1/2.
    item, annotator, outcome = (
        codes([0, 0, 1, 1, 2, 2, 2, 3]),
        codes([0, 1, 0, 1, 0, 1, 2, 0]),
        codes([0] * 3 + [1] * 4 + [0]),
    )
    result = krippendorff_alpha(item, annotator, outcome, seed=1)
    assert result.alpha == pytest.approx(0.5)
    # Pairs: 1 + 1 + 3, of which 4 agree; two of the seven votes agree with chance (3 * 2 + 4 * 3) / (7 * 6).
    assert (result.observed, result.n_pairs, result.n_alone) == (0.8, 5, 1)
    assert result.expected == pytest.approx(18 / 42)


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 15), st.integers(2, 5), st.floats(0.2, 1))
def test_evalica_and_a_loop_over_pairs_give_the_same(seed, n_items, n_annotators, rate):
    item, annotator, outcome = ratings(
        np.random.default_rng(seed), n_items=n_items, n_annotators=n_annotators, rate=rate, values=3
    )
    result = krippendorff_alpha(item, annotator, outcome, seed=1, resamples=10)
    if result.alpha is None:
        assert np.isnan(naive_alpha(by_item(item, outcome))) if result.reason == NO_VARIATION else not result.n_pairs
        return
    assert result.alpha == pytest.approx(naive_alpha(by_item(item, outcome)))
    table = pd.DataFrame({"item": item, "annotator": annotator, "outcome": outcome})
    theirs = evalica.alpha(table.pivot(index="annotator", columns="item", values="outcome"), distance="nominal")
    assert result.alpha == pytest.approx(theirs.alpha)


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(2, 25), st.integers(2, 6), st.floats(0.2, 1), st.integers(2, 4))
def test_the_krippendorff_package_gives_the_same_with_votes_missing(seed, n_items, n_annotators, rate, values):
    rng = np.random.default_rng(seed)
    item, annotator, outcome = ratings(rng, n_items=n_items, n_annotators=n_annotators, rate=rate, values=values)
    result = krippendorff_alpha(item, annotator, outcome, seed=1, resamples=10)
    if result.alpha is None:
        assert result.reason in (NO_PAIRS, NO_VARIATION)
        return
    table = np.full((n_annotators, n_items), np.nan)
    table[annotator, item] = outcome
    theirs = krippendorff.alpha(reliability_data=table, level_of_measurement="nominal")
    assert result.alpha == pytest.approx(theirs, abs=1e-12)


def naive_interval(item, outcome, document, *, seed, resamples):
    """Votes written out as often as their document was drawn, each copy as an item of its own; t around alpha."""
    rng, names = np.random.default_rng(seed), np.unique(document)
    found = []
    for _ in range(resamples):
        drawn = names[rng.integers(len(names), size=len(names))]
        found.append(naive_alpha([u for d in drawn for u in by_item(item[document == d], outcome[document == d])]))
    error = np.nanstd(found, ddof=1) * len(names) / (len(names) - 1)
    return naive_alpha(by_item(item, outcome)) + t.ppf([0.025, 0.975], len(names) - 1) * error


@pytest.mark.parametrize("numbers", [1_000_000, 50])
def test_the_interval_is_that_of_documents_written_out_again(monkeypatch, numbers):
    monkeypatch.setattr(agreement, "NUMBERS_AT_ONCE", numbers)
    item, annotator, outcome = ratings(np.random.default_rng(2), n_items=24, n_annotators=3, rate=0.9)
    document = item // 3
    result = krippendorff_alpha(item, annotator, outcome, document=document, seed=5, resamples=60)
    assert (result.lower, result.upper) == pytest.approx(
        tuple(naive_interval(item, outcome, document, seed=5, resamples=60))
    )
    assert (result.n_documents, result.resamples_used, result.interval_reason) == (8, 60, "")


def test_votes_that_depend_on_the_document_widen_the_interval():
    # Ten documents with ten items each; on half of the documents everybody agrees, on the others nobody.
    rng = np.random.default_rng(3)
    item, annotator = np.repeat(np.arange(100), 3), np.tile(np.arange(3), 100)
    document = item // 10
    outcome = np.where(document % 2, item % 3, rng.integers(3, size=300))
    widths = []
    for clusters in (document, None):
        result = krippendorff_alpha(item, annotator, outcome, document=clusters, seed=4)
        widths.append(result.upper - result.lower)
    assert widths[0] > 1.5 * widths[1]


@pytest.mark.simulation
def test_three_annotators_on_twenty_documents_are_covered():
    # Percentiles of the resamples, the interval up to 0.8, cover 90 to 92 % of such studies.
    design = AlphaDesign(3, 20, 1, 0.6)
    _, old, _, new, _ = alpha_row(design, 600, 3).removeprefix(design.name).split()
    assert float(new) >= 93
    assert float(new) > float(old) + 1


@pytest.mark.simulation
def test_the_interval_covers_the_truth():
    # Two annotators give an item's value with chance 0.7, else any of two: alpha is 0.7^2 in the long run.
    rng, covered = np.random.default_rng(6), []
    for _ in range(200):
        sample = ratings(rng, n_items=80, n_annotators=2, values=2, agree=0.7)
        result = krippendorff_alpha(*sample, seed=7, resamples=300)
        covered.append(result.lower <= 0.49 <= result.upper)
    assert np.mean(covered) > 0.9


def test_random_votes_have_alpha_near_zero():
    result = krippendorff_alpha(*ratings(np.random.default_rng(8), n_items=400, n_annotators=3, agree=0), seed=1)
    assert result.lower < 0 < result.upper
    assert abs(result.alpha) < 0.1


@settings(max_examples=40)
@given(st.permutations([0, 1, 2, 3]), st.integers(0, 1000))
def test_renaming_values_and_annotators_changes_nothing(order, seed):
    item, annotator, outcome = ratings(np.random.default_rng(seed), n_items=8, n_annotators=4, rate=0.8)
    renamed = krippendorff_alpha(item, codes(order)[annotator], codes(order)[outcome], seed=1, resamples=20)
    result = krippendorff_alpha(item, annotator, outcome, seed=1, resamples=20)
    assert renamed.alpha == pytest.approx(result.alpha)
    assert renamed.lower == pytest.approx(result.lower)


def test_the_same_seed_gives_the_same_interval():
    sample = ratings(np.random.default_rng(9), n_items=20, n_annotators=3)
    assert krippendorff_alpha(*sample, seed=1) == krippendorff_alpha(*sample, seed=1)
    assert krippendorff_alpha(*sample, seed=1).lower != krippendorff_alpha(*sample, seed=2).lower


@pytest.mark.parametrize(("item", "annotator", "outcome"), [([], [], []), ([0, 1, 2], [0, 1, 0], [0, 1, 0])])
def test_nobody_shares_an_item(item, annotator, outcome):
    result = krippendorff_alpha(codes(item), codes(annotator), codes(outcome), seed=1)
    assert (result.alpha, result.lower, result.observed, result.expected) == (None, None, None, None)
    assert result.reason == result.interval_reason == NO_PAIRS


def test_votes_all_the_same_have_no_alpha_though_everybody_agrees():
    result = krippendorff_alpha(codes([0, 0, 1, 1]), codes([0, 1, 0, 1]), codes([2, 2, 2, 2]), seed=1)
    assert (result.alpha, result.reason, result.observed) == (None, NO_VARIATION, 1.0)


def test_one_document_has_alpha_and_no_interval():
    sample = ratings(np.random.default_rng(10), n_items=10, n_annotators=3)
    result = krippendorff_alpha(*sample, document=np.zeros(30, dtype=np.int64), seed=1)
    assert result.alpha is not None
    assert (result.lower, result.upper) == (None, None)
    assert "one document" in result.interval_reason


def test_resamples_without_variation_are_left_out():
    # Two items, one of them with all the variation: a quarter of the resamples miss it.
    result = krippendorff_alpha(codes([0, 0, 1, 1]), codes([0, 1, 0, 1]), codes([0, 1, 0, 0]), seed=1)
    assert result.interval_reason == ""
    assert result.resamples_used == pytest.approx(750, abs=60)


def test_too_few_resamples_with_variation_are_no_interval(monkeypatch):
    monkeypatch.setattr(agreement, "_resampled", lambda *_: np.r_[np.ones(400), np.full(600, np.nan)])
    result = krippendorff_alpha(codes([0, 0, 1, 1]), codes([0, 1, 0, 1]), codes([0, 1, 0, 0]), seed=1)
    assert result.alpha is not None
    assert (result.lower, result.upper) == (None, None)
    assert "only in 400 of 1,000" in result.interval_reason


@pytest.mark.parametrize(
    ("item", "annotator", "outcome", "document"),
    [
        ([0, 0], [1, 1], [0, 1], [0, 0]),
        ([0, 0], [0, 1], [0, -1], [0, 0]),
        ([0, 0], [0, 1], [0, 1], [0, 1]),
        ([0, 0], [0, 1], [0], [0, 0]),
    ],
)
def test_what_are_no_ratings_is_refused(item, annotator, outcome, document):
    columns = codes(item), codes(annotator), codes(outcome)
    with pytest.raises(InvalidVotesError):
        krippendorff_alpha(*columns, document=codes(document), seed=1)
    with pytest.raises(InvalidVotesError):
        agreement_with_others(*columns, document=codes(document))


def test_agreement_of_one_annotator_worked_by_hand():
    # Annotator 0 and two others on items 0 and 1, alone on item 2: agrees with 1 of 2, then with 2 of 2.
    item, annotator, outcome = codes([0, 0, 0, 1, 1, 1, 2]), codes([0, 1, 2, 0, 1, 2, 0]), codes([0, 0, 1, 3, 3, 3, 1])
    shares = agreement_with_others(item, annotator, outcome)
    assert {person: (share.hits, share.n) for person, share in shares.items()} == {0: (3, 4), 1: (3, 4), 2: (2, 4)}


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.floats(0.1, 1))
def test_a_loop_over_pairs_counts_the_same_agreement(seed, rate):
    item, annotator, outcome = ratings(np.random.default_rng(seed), n_items=10, n_annotators=4, rate=rate)
    votes = list(zip(item.tolist(), annotator.tolist(), outcome.tolist(), strict=True))
    for person, share in agreement_with_others(item, annotator, outcome).items():
        pairs = [
            mine[2] == other[2]
            for mine in votes
            for other in votes
            if mine[0] == other[0] and mine[1] == person != other[1]
        ]
        assert (share.hits, share.n) == (sum(pairs), len(pairs))


def test_an_annotator_alone_agrees_with_nobody():
    shares = agreement_with_others(codes([0, 0, 5]), codes([0, 1, 7]), codes([0, 0, 0]))
    assert (shares[7].value, shares[7].n) == (None, 0)
    assert (shares[0].value, shares[0].lower) == (1.0, None)
    assert "one item" in shares[0].reason


def test_who_disagrees_is_below_the_others():
    item, annotator, outcome = ratings(np.random.default_rng(11), n_items=60, n_annotators=4, agree=0.9)
    outcome = np.where(annotator == 2, (outcome + 1) % 4, outcome)
    shares = agreement_with_others(item, annotator, outcome, document=item // 3)
    assert shares[2].upper < min(shares[person].lower for person in (0, 1, 3))


def test_which_of_two_summaries_is_called_a_changes_nothing():
    # Everybody prefers the summaries of one system; whether that is a or b was decided by the import.
    item, annotator = codes([0, 0, 1, 1, 2, 2, 3, 3]), codes([0, 1] * 4)
    outcome = codes([0, 0, 0, 0, 0, 1, 0, 2])
    found = set()
    for flipped in itertools.product([False, True], repeat=4):
        swap = np.array(flipped)[item]
        relabelled = np.where(swap, codes([1, 0, 2])[outcome], outcome)
        result = krippendorff_alpha(item, annotator, relabelled, exchangeable=(0, 1), seed=1, resamples=20)
        found.add(round(result.alpha, 12))
    # Votes of 3.5 for each label and 1 tie: D_e = (64 - 2 * 3.5^2 - 1) / 56 = 38.5 / 56; D_o = (2 + 2) / 8.
    assert found == {round(1 - 0.5 / (38.5 / 56), 12)}
    plain = {
        round(krippendorff_alpha(item, annotator, order, seed=1, resamples=20).alpha, 6)
        for order in (outcome, np.where(item < 2, codes([1, 0, 2])[outcome], outcome))
    }
    assert len(plain) == 2
