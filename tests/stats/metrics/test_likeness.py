"""Are documents with votes like the others? Held against all choices, and against what simulation promises."""

from itertools import combinations

import numpy as np
import pytest

from benchmarks.intervals.designs import Design
from benchmarks.intervals.helped import Choice, Helped, simulate
from stats.metrics.likeness import LEVEL, likeness
from stats.votes.arrays import InvalidVotesError


def first(n, total):
    return np.arange(total) < n


def by_all_choices(features, chosen):
    """Second implementation: the p of every feature over all choices of as many documents, by loops."""
    n, total = int(chosen.sum()), len(chosen)

    def largest(rows):
        others = [i for i in range(total) if i not in rows]
        return [
            abs(column[list(rows)].mean() - column[others].mean()) / column.std(ddof=1)
            for column in features.T
            if column.std() > 0
        ]

    found = largest(np.flatnonzero(chosen).tolist())
    drawn = [max(largest(rows)) for rows in combinations(range(total), n)]
    return [np.mean([most >= own - 1e-9 for most in drawn]) for own in found]


def test_p_is_that_of_all_choices():
    rng = np.random.default_rng(3)
    features = rng.normal(size=(10, 3))
    features[:4, 1] += 2.0
    chosen = first(4, 10)
    found = likeness(features, chosen, seed=1, permutations=20_000)
    # Standard error at most 0.0036; five of them.
    assert found.p == pytest.approx(by_all_choices(features, chosen), abs=0.018)
    assert found.p[1] == found.smallest


def test_the_difference_is_in_standard_deviations():
    # 1, 2 | 3, 6: means 1.5 and 4.5; mean of all 3, variance (4 + 1 + 0 + 9) / 3.
    found = likeness(np.array([[1.0], [2], [3], [6]]), first(2, 4), seed=0)
    assert found.difference[0] == pytest.approx(-3 / np.sqrt(14 / 3))
    assert (found.chosen, found.others) == (2, 2)


def test_scale_and_shift_change_nothing():
    rng = np.random.default_rng(4)
    features, chosen = rng.normal(size=(30, 2)), first(10, 30)
    one, other = (likeness(values, chosen, seed=5) for values in (features, 1e6 * features + 7))
    assert one.difference == pytest.approx(other.difference)
    assert one.p == pytest.approx(other.p)


def test_unknown_values_count_as_the_mean_and_constants_never_differ():
    features = np.array([[np.nan, 5.0], [1, 5], [3, 5], [2, 5]])
    found = likeness(features, first(2, 4), seed=0)
    # Known 1, 3, 2: mean 2, standard deviation 1; so 0, -1 | 1, 0.
    assert found.difference == pytest.approx([-1.0, 0.0])
    assert found.p[1] == 1
    assert not likeness(np.full((4, 1), np.nan), first(2, 4), seed=0).differs.any()
    assert likeness(np.empty((4, 0)), first(2, 4), seed=0).smallest == 1


@pytest.mark.parametrize("n", [0, 4])
def test_some_must_be_chosen_and_not_all(n):
    with pytest.raises(InvalidVotesError):
        likeness(np.zeros((4, 1)), first(n, 4), seed=0)
    with pytest.raises(InvalidVotesError):
        likeness(np.zeros((5, 1)), first(2, 4), seed=0)


@pytest.mark.simulation
def test_many_features_raise_no_false_alarms():
    # Binomial(300, 0.05) exceeds 27 once in 1,000.
    rng = np.random.default_rng(6)
    warned = sum(
        likeness(rng.exponential(size=(60, 40)), first(15, 60), seed=seed, permutations=199).smallest <= LEVEL
        for seed in range(300)
    )
    assert warned <= 27


@pytest.mark.simulation
def test_helped_ratings_hold_where_documents_are_drawn_and_are_refused_where_metrics_see_the_choice():
    # 100 studies of 4 systems each; a system's intervals of one study go together, so the bounds are wide.
    design = Design(10, 60, 4, 3, 2, taste_annotator=0.3, taste_document=0.8)
    drawn, seen, unseen = (
        [simulate(Helped(design, choice), seed) for seed in range(100)]
        for choice in (Choice.DRAWN, Choice.SEEN, Choice.UNSEEN)
    )
    holds, warns = (
        [np.mean(values) for values in each]
        for each in (
            [[study.helped for study in studies] for studies in (drawn, seen, unseen)],
            [[study.p <= LEVEL for study in studies] for studies in (drawn, seen, unseen)],
        )
    )
    assert holds[0] >= 0.91
    assert warns[0] <= 0.13
    assert warns[1] >= 0.95
    # What no metric sees no test can show: only drawing at random keeps ratings right.
    assert holds[2] <= 0.85
    assert warns[2] <= 0.2
    assert max(study.wider.max() for study in drawn) <= 1.01
